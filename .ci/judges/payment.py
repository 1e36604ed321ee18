"""A terminal's side of a payment card: commands with the MACs they need, keys of one card."""

from des import encipher, mac
from reader import Client, expect

OK = b"\x90\x00"


def diversified(master, factor):
    """The key of the card with this number: E(master, factor), E(master, NOT factor)."""
    return encipher(master, factor) + encipher(master, bytes(0xFF - byte for byte in factor))


class Terminal(Client):
    """Sends commands, with the MACs they need; fetches what a card on T=0 has to say."""

    def transmit(self, command):
        answer = super().transmit(command)
        data = answer[:-2]
        while answer[-2] == 0x61:
            answer = super().transmit(b"\x00\xC0\x00\x00" + answer[-1:])
            data += answer[:-2]
        return data + answer[-2:]

    def expect(self, command, data=b"", status=OK):
        expect(f"{bytes(command).hex().upper()}", self.transmit(bytes(command)), data + status)

    def status(self, command):
        return self.transmit(bytes(command))[-2:]

    def data(self, command, length):
        """The data of an answer of this length."""
        answer = self.transmit(bytes(command))
        name = f"length of the answer to {bytes(command).hex().upper()}, and its end"
        expect(name, (len(answer), answer[-2:]), (length + 2, OK))
        return answer[:-2]

    def run(self, script):
        for line in script.split():
            self.expect(bytes.fromhex(line))

    def challenge(self, length=4):
        """Returns it as the initial value of the next MAC."""
        return self.data([0x00, 0x84, 0x00, 0x00, length], length) + bytes(8 - length)

    def with_mac(self, key, header, data=b"", le=b"", wrong=False):
        """Returns the answer and the initial value of its MAC."""
        initial = self.challenge()
        command = bytes(header) + bytes([len(data) + 4]) + data
        code = bytearray(mac(key, command, initial))
        code[0] ^= wrong
        return self.transmit(command + bytes(code) + le), initial

    def select(self, name):
        return self.transmit(b"\x00\xA4\x04\x00" + bytes([len(name)]) + name + b"\x00")

    def verify(self, pin):
        return self.transmit(b"\x00\x20\x00\x00" + bytes([len(pin)]) + pin)
