"""Keys of a social-security card from their public roots, and what is made of them."""

import hashlib

from des import encipher, mac
from payment import diversified

FACTOR = bytes.fromhex("0102030405060708")


class Factors:
    """What the keys of a card are derived with: from its ATR and the region of its code."""

    def __init__(self, atr, region):
        digits = region.hex().encode()
        # Thirteen historical bytes; behind those of a card without contacts stands a check byte.
        historical = atr[4:17]
        self.card, self.city = historical[-8:], digits + b"sx"
        self.province = digits[:2] + b"0000sh"

    def of(self, levels):
        """In the order a PSAM takes them."""
        return self.card + self.city + (self.province if levels == 3 else b"")

    def key(self, label, levels=2):
        """The card's key from the public root of this label."""
        key = hashlib.sha256(b"VSC-TEST:" + label.encode()).digest()[:16]
        for factor in ([self.province] if levels == 3 else []) + [self.city, self.card]:
            key = diversified(key, factor)
        return key


def cryptogram(key, challenge, factor=FACTOR):
    """What card and terminal show each other."""
    return encipher(encipher(key, challenge), factor)


def external_authenticate(number, key, challenge):
    """The command that shows the card this key."""
    return bytes([0x00, 0x82, 0x00, number, 0x10]) + cryptogram(key, challenge) + FACTOR


def secured(header, body, key, challenge):
    """A command with the MAC of a maintenance key; Lc counts the MAC."""
    command = bytes(header) + bytes([len(body) + 4]) + body
    return command + mac(encipher(key, challenge), command)
