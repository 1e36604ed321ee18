"""A reader on this machine for one judge: a private pcscd with vpcd, `tessera serve`, and a client.

Run as a program: reader.py [ARGUMENT OF SERVE]... -- COMMAND...   runs COMMAND beside the card.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time

from smartcard import scard

TESSERA = os.path.join(os.environ.get("CARGO_TARGET_DIR", "target"), "release", "tessera")
PORT = 35963
SLOTS = ["Virtual PCD 00 00", "Virtual PCD 00 01"]
SSSE = bytes.fromhex("7378312E73682EC9E7BBE1B1A3D5CF")
SELECT_SSSE = b"\x00\xA4\x04\x00\x0F" + SSSE
FCI = bytes.fromhex("6F16840F") + SSSE + bytes.fromhex("A50388011E")
ATR_CONTACT = bytes.fromhex("3B6D000000815653438601330400000298")
ATR_CONTACTLESS = bytes.fromhex("3B8D800100815653438601330400000298E1")

# Logs, sockets, configuration; gone when the judge ends.
WORK = tempfile.TemporaryDirectory(prefix="tessera-judge-")
compared = 0


class Wrong(Exception):
    """The card, or a program of ours, did not do as it should."""


def expect(what, got, expected):
    """Compares; hexadecimal shows bytes in the message."""
    global compared
    compared += 1
    if got != expected:
        show = lambda x: x.hex().upper() if isinstance(x, (bytes, bytearray)) else repr(x)
        raise Wrong(f"{what}:\n  expected {show(expected)}\n  got      {show(got)}")


def wait_for(what, condition, seconds=30):
    """Waits until `condition()` gives something, and returns it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.005)
    raise Wrong(f"waited {seconds} s for {what}")


def listens(port):
    """Whether a program listens on a TCP port; connecting to find out would put in a card."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(FileNotFoundError), open(table) as lines:
            next(lines)
            for line in lines:
                _, local, _, state, *_ = line.split()
                if state == "0A" and int(local.rsplit(":", 1)[1], 16) == port:
                    return True
    return False


class Daemon:
    """A program in the background, what it says in a file."""

    started = []

    def __init__(self, *command):
        self.log_path = os.path.join(WORK.name, f"{len(Daemon.started)}.log")
        log = open(self.log_path, "wb")
        restore = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=restore
        )
        self.command = command
        Daemon.started.append(self)

    def log(self):
        with open(self.log_path, errors="replace") as log:
            return log.read()

    def runs(self):
        return self.process.poll() is None

    def says(self, text, times=1):
        """Waits until it has said `text` so many times."""

        def said():
            if self.log().count(text) >= times:
                return True
            if not self.runs():
                raise Wrong(f"{self.command[0]} ended with {self.process.returncode}")

        wait_for(f"{self.command[0]} to say {text!r}", said)

    def end(self, sig=signal.SIGTERM, seconds=10):
        """Sends a signal and returns the exit code."""
        if self.runs():
            self.process.send_signal(sig)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Wrong(f"{self.command[0]} did not end on signal {sig}") from None


class Pcscd(Daemon):
    """pcscd with one virtual reader of two slots, and no other reader of this machine."""

    def __init__(self):
        directory = tempfile.mkdtemp(dir=WORK.name)  # the path must be absolute
        packages = subprocess.run(
            ["dpkg", "-L", "vsmartcard-vpcd"], capture_output=True, text=True, check=True
        )
        driver = next(l for l in packages.stdout.splitlines() if l.endswith("libifdvpcd.so"))
        with open(os.path.join(directory, "vpcd"), "w") as conf:
            conf.write(
                f'FRIENDLYNAME "Virtual PCD"\nDEVICENAME /dev/null:{PORT:#x}\n'
                f"LIBPATH {driver}\nCHANNELID {PORT:#x}\n"
            )
        super().__init__("/usr/sbin/pcscd", "--foreground", "-c", directory)
        wait_for("vpcd to listen", lambda: listens(PORT) and listens(PORT + 1))
        wait_for("pcscd's socket", lambda: os.path.exists("/run/pcscd/pcscd.comm"))


class Serve(Daemon):
    """`tessera serve` with its cards in their readers."""

    def __init__(self, *arguments, slots=1, wait=True):
        self.control = os.path.join(WORK.name, f"{len(Daemon.started)}.sock")
        super().__init__(TESSERA, "serve", "--control", self.control, *arguments)
        for slot in range(slots if wait else 0):
            self.says(f"slot {slot}: ")
            wait_for(f"a card in {SLOTS[slot]}", lambda: present(SLOTS[slot]))

    def take_out(self):
        """Ends it as Ctrl-C does, and waits until the readers are empty."""
        expect("exit code after Ctrl-C", self.end(signal.SIGINT), 0)
        wait_for("empty readers", lambda: not any(map(present, SLOTS)))

    def order(self, *words):
        """An order by `tessera ctl`; returns what it printed."""
        done = subprocess.run(
            [TESSERA, "ctl", "--control", self.control, *words],
            capture_output=True, text=True, timeout=20,
        )
        expect(f"exit code of ctl {' '.join(words)} ({done.stderr.strip()})", done.returncode, 0)
        return done.stdout


def check(result, *rest):
    """Turns an error of PC/SC into an exception."""
    if result != scard.SCARD_S_SUCCESS:
        raise PcscError(result)
    return rest[0] if len(rest) == 1 else rest


class PcscError(Exception):
    """What PC/SC says instead of an answer."""

    def __init__(self, code):
        super().__init__(scard.SCardGetErrorMessage(code))
        self.code = code


def context():
    return check(*scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM))


def present(reader):
    """The ATR of the card in a reader, or nothing."""
    try:
        here = context()
    except PcscError:
        return None
    try:
        states = check(*scard.SCardGetStatusChange(here, 0, [(reader, scard.SCARD_STATE_UNAWARE)]))
        _, state, atr = states[0]
        there = state & scard.SCARD_STATE_PRESENT and not state & scard.SCARD_STATE_MUTE
        return bytes(atr) if there else None
    except PcscError:
        return None
    finally:
        scard.SCardReleaseContext(here)


class Client:
    """A program's connection to a card; raw answers, 61xx and 6Cxx included."""

    def __init__(self, reader=SLOTS[0], share=scard.SCARD_SHARE_SHARED):
        self.context = context()
        self.reader = reader
        both = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        try:
            self.card, self.protocol = check(
                *scard.SCardConnect(self.context, reader, share, both)
            )
        except PcscError:
            scard.SCardReleaseContext(self.context)
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.disconnect()

    def transmit(self, command):
        command = bytes.fromhex(command) if isinstance(command, str) else command
        answer = bytes(check(*scard.SCardTransmit(self.card, self.protocol, list(command))))
        # When the card leaves in a command, vpcd tells pcscd of an answer without a byte.
        if len(answer) < 2:
            raise PcscError(scard.SCARD_E_NOT_TRANSACTED)
        return answer

    def atr(self):
        return bytes(check(*scard.SCardStatus(self.card))[3])

    def reconnect(self, initialisation):
        both = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        share = scard.SCARD_SHARE_SHARED
        self.protocol = check(*scard.SCardReconnect(self.card, share, both, initialisation))

    def disconnect(self, disposition=scard.SCARD_LEAVE_CARD):
        scard.SCardDisconnect(self.card, disposition)
        scard.SCardReleaseContext(self.context)


def judge(main):
    """Runs a judge: prints what it compared; on failure the logs, and exit code 1."""
    try:
        main()
        if compared == 0:
            raise Wrong("nothing was compared")
    except BaseException as error:
        for daemon in Daemon.started:
            print(f"---- log of {' '.join(daemon.command)}", daemon.log()[-4000:], sep="\n")
        sys.stdout.flush()
        sys.excepthook(type(error), error, error.__traceback__)
        code = 1
    else:
        print(f"{compared} comparisons, all equal")
        code = 0
    for daemon in reversed(Daemon.started):
        if daemon.runs():
            daemon.process.kill()
            daemon.process.wait()
    sys.exit(code)


def beside_a_card():
    """The program this file also is."""
    at = sys.argv.index("--")
    Pcscd()
    Serve(*sys.argv[1:at])
    expect("exit code", subprocess.run(sys.argv[at + 1:]).returncode, 0)


if __name__ == "__main__":
    judge(beside_a_card)
