"""A host of a serial CCID reader, without pcscd and without a line of the product: frames, messages,
and T=1 of its own, which goes on where a reader's driver gives up.
"""

import os
import select
import struct
import tty

POWER_ON, POWER_OFF, STATUS, TRANSFER = 0x62, 0x63, 0x65, 0x6F
SET_PARAMETERS, GET_PARAMETERS, ESCAPE = 0x61, 0x6C, 0x6B
MUTE, PARITY = 0xFE, 0xFD


class Refused(Exception):
    """The reader's answer is an error."""

    def __init__(self, error):
        super().__init__(f"error {error:02X}")
        self.error = error


def check_of(data):
    value = 0
    for byte in data:
        value ^= byte
    return value


class Host:
    """One host at the line of a reader."""

    def __init__(self, device, echoes=True):
        self.file = os.open(device, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.file)
        self.echoes, self.sequence, self.left = echoes, 0, b""
        self.notices, self.patience = [], 0

    def close(self):
        os.close(self.file)

    def write(self, data):
        os.write(self.file, data)

    def read(self, count, seconds=5):
        """So many bytes, or fewer when nothing comes for so long."""
        while len(self.left) < count:
            ready, _, _ = select.select([self.file], [], [], seconds)
            if not ready:
                break
            self.left += os.read(self.file, 4096)
        got, self.left = self.left[:count], self.left[count:]
        return got

    def frame(self):
        """The next frame of the reader: a message, "again", or nothing. Notices are kept apart."""
        while True:
            first = self.read(1)
            if first == b"\x50":
                self.notices.append(self.read(1)[0])
            elif first and first[0] >= 0x80:
                self.patience += 1
            else:
                break
        if not first:
            return None
        second = self.read(1)
        if first + second == b"\x03\x15":
            return "again" if self.read(1) == b"\x16" else None
        if first + second != b"\x03\x06":
            return None
        head = self.read(10)
        data = self.read(struct.unpack("<I", head[1:5])[0])
        return head + data if check_of(b"\x03\x06" + head + data + self.read(1)) == 0 else None

    def message(self, kind, data=b"", slot=0, specific=b"\0\0\0"):
        """The message, framed."""
        self.sequence = (self.sequence + 1) & 0xFF
        message = bytes([kind]) + struct.pack("<I", len(data)) + bytes([slot, self.sequence])
        message = b"\x03\x06" + message + specific + data
        return message + bytes([check_of(message)])

    def ask(self, kind, data=b"", slot=0, specific=b"\0\0\0"):
        """Sends a request and returns the answer's header and data."""
        sent = self.message(kind, data, slot, specific)
        self.write(sent)
        if self.echoes and self.read(len(sent)) != sent:
            raise AssertionError("the line did not hand back what was sent")
        answer = self.frame()
        if not isinstance(answer, bytes) or answer[5:7] != bytes([slot, self.sequence]):
            raise AssertionError(f"no answer to {sent.hex()}: {answer!r}")
        return answer[:10], answer[10:]

    def do(self, *arguments, **named):
        """The data of the answer."""
        head, data = self.ask(*arguments, **named)
        if head[7] >> 6:
            raise Refused(head[8])
        return data


class T1:
    """T=1 as the reader's side has to speak it (ISO/IEC 7816-3:2006, 11.6), with LRC."""

    TRIES = 5

    def __init__(self, host, slot=0, ifsc=32):
        self.host, self.slot, self.ifsc = host, slot, ifsc
        self.own = self.expected = 0
        self.blocks = 0

    def block(self, pcb, data=b"", bwi=0):
        """Sends a block; returns the answer's PCB and data, or nothing when it is none."""
        block = bytes([0, pcb, len(data)]) + data
        self.blocks += 1
        try:
            got = self.host.do(
                TRANSFER, block + bytes([check_of(block)]), self.slot, bytes([bwi, 0, 0])
            )
        except Refused as refused:
            if refused.error not in (MUTE, PARITY):
                raise
            return None
        right = len(got) >= 4 and check_of(got) == 0 and got[0] == 0 and len(got) == 4 + got[2]
        return (got[1], got[3:-1]) if right else None

    def supervise(self, pcb, data=b""):
        """An S-block, until it is answered."""
        for _ in range(self.TRIES):
            if self.block(pcb, data) == (pcb | 0x20, data):
                return
        raise AssertionError(f"S-block {pcb:02X} is not answered")

    def ask_again(self):
        return self.block(0x82 | self.expected << 4)

    def exchange(self, command):
        """The response to a command."""
        parts = [command[at:at + self.ifsc] for at in range(0, len(command), self.ifsc)]
        sent, response, errors, is_answering = 0, b"", 0, False

        def send():
            more = 0x20 if sent + 1 < len(parts) else 0
            return self.block(self.own << 6 | more, parts[sent])

        got = send()
        while errors <= self.TRIES:
            if got is None:
                errors += 1
                got = self.ask_again()
                continue
            pcb, data = got
            if pcb & 0xC0 == 0x80:
                if pcb >> 4 & 1 != self.own and sent + 1 < len(parts) and not is_answering:
                    self.own ^= 1
                    sent += 1
                    errors = 0
                    got = send()
                elif pcb >> 4 & 1 == self.own and not is_answering:
                    errors += 1
                    got = send()
                else:
                    errors += 1
                    got = self.ask_again()
            elif pcb & 0x80 == 0:
                if pcb >> 6 & 1 != self.expected:
                    errors += 1
                    got = self.ask_again()
                    continue
                if not is_answering:
                    self.own ^= 1
                    is_answering = True
                self.expected ^= 1
                response += data
                if not pcb & 0x20:
                    return response
                errors = 0
                got = self.block(0x80 | self.expected << 4)
            elif pcb == 0xC3:
                got = self.block(0xE3, data, bwi=data[0])
            elif pcb == 0xC1:
                self.ifsc = data[0]
                parts[sent:] = [
                    rest[at:at + self.ifsc]
                    for rest in [b"".join(parts[sent:])]
                    for at in range(0, len(rest), self.ifsc)
                ]
                got = self.block(0xE1, data)
            else:
                errors += 1
                got = self.ask_again()
        raise AssertionError(f"no answer to {command[:8].hex()} after {errors} errors in a row")
