"""A contactless reader on this machine for one judge: `tessera serve` with its cards in one field,
profiles with an air of their own, and what the same commands are answered without any reader."""

import contextlib
import os
import subprocess
import tempfile

from reader import TESSERA, WORK, Serve, Wrong, expect

SELECT = "00A4040C0F7378312E73682EC9E7BBE1B1A3D5CF"
WRONG_PIN, RIGHT_PIN, ASK = "0020000003000000", "0020000003123456", "00200000"
ISO_FREE = "vectors/profiles/iso7816-free.toml"

# Changes memory, chains both ways, is refused, and is too long for one frame.
ISO_COMMANDS = [
    "00E0000010620E82010183021001800204008A0105",
    "00D60000FF" + "".join(f"{n:02X}" for n in range(255)),
    "00D600FF000190" + "A5" * 400,
    "00B0000000",
    "00B0000100",
    "00B0000000028F",
    "00B00000000000",
    "00B0000007",
    "00B0040007",
    "0020000003000000",
    "0020000003123456",
    "00840000",
    "8000000000",
    "00A4000C023F00",
    "00A40004021001" + "00",
]
CARD_COMMANDS = [
    "00A404000F7378312E73682EC9E7BBE1B1A3D5CF",
    "00B2072C0B",
    ASK, WRONG_PIN, ASK, RIGHT_PIN, ASK,
    "0084000008",
    "00A4000002EF05",
    "00B2010012",
    "00D6000000",
    "00D60000FF" + "11" * 255 + "00",
    "00D60000000800" + "22" * 2048,
    "00D60000000801" + "22" * 2049,
    "00",
    "00A40000FF" + "33" * 200,
]


def with_air(name, **air):
    """A profile file: a built-in profile, or a file, with keys of its `[card.air]` set."""
    if os.path.exists(name):
        with open(name, encoding="utf-8") as file:
            text = file.read()
    else:
        text = subprocess.run(
            [TESSERA, "profile", name], capture_output=True, text=True, check=True
        ).stdout
    if "[card.air]" in text:
        raise Wrong(f"{name} has an air already")
    quote = lambda value: f'"{value}"' if isinstance(value, str) else str(value).lower()
    keys = "".join(f"{key.replace('_', '-')} = {quote(value)}\n" for key, value in air.items())
    handle, path = tempfile.mkstemp(suffix=".toml", dir=WORK.name)
    with open(handle, "w", encoding="utf-8") as file:
        file.write(f"{text}\n[card.air]\n{keys}")
    return path


def in_process(profile, commands):
    """What a new card of the profile answers to these commands, without a reader."""
    done = subprocess.run(
        [TESSERA, "send", "--quiet", "--card", profile], input="\n".join(commands),
        capture_output=True, text=True, timeout=60,
    )
    answers = done.stdout.split("\n")[: len(commands)]
    expect(f"answers of send ({done.stderr.strip()})", len(answers), len(commands))
    return [bytes.fromhex(answer) for answer in answers]


def compare(what, profile, commands, transmit):
    """Sends commands by a reader; they have the answers they have without one."""
    for command, answer in zip(commands, in_process(profile, commands)):
        expect(f"{what}: {command[:60]}", bytes(transmit(bytes.fromhex(command))), answer)


class Field(Serve):
    """`tessera serve` with its cards in the field of a reader."""

    def __init__(self, reader, *arguments):
        cards = sum(not argument.startswith("-") for argument in arguments)
        super().__init__("--reader", reader, *arguments, wait=False)
        self.says(f"slot {cards - 1}: ")
        self.says("control socket: ")


class Pn532(Field):
    """Cards in the field of a PN532; `device` is a name directly among the devices, which is where
    nfcpy looks."""

    def __init__(self, *cards):
        self.name = f"tessera-judge-{os.urandom(4).hex()}"
        self.device = f"/dev/{self.name}"
        super().__init__("pn532", "--device=" + self.device, *cards)

    def end(self, *arguments, **options):
        code = super().end(*arguments, **options)
        expect("the name has gone", os.path.lexists(self.device), False)
        return code


@contextlib.contextmanager
def served(field):
    """A field that ends well."""
    yield field
    expect("exit code at the end", field.end(), 0)
