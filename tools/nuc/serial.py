# SPDX-License-Identifier: BSD-3-Clause
"""A UART of the machine: a thread that reads it all, a log, and waiting for text without trusting the host's speed."""
import os
import re
import socket
import threading
import time

LIMIT = 300  # CPU seconds of the emulator: only a hang takes so long
LOOK, POKE_LOOKS = 0.2, 5  # seconds; looks from one poke to the next
QUIET_LOOKS, QUIET_SECONDS = 1500, 5  # a machine that used less CPU time in so many looks without a word stands still
ESCAPES = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|[()][0-9A-B]|[=>])|\r")


class SerialTimeout(AssertionError):
    """The awaited text did not come; the message shows the end of what did."""


class Serial:
    """Reader and writer of one UART socket. All text is in .text (escape sequences removed) and in the log file (raw)."""

    def __init__(self, path, log_path, cpu_seconds=None, poke=None):
        """path: of a socket, or a connected one. cpu_seconds: a function that tells how much CPU time the machine has used, or None
        when it is gone. poke: called once a second while text is waited for and none comes."""
        self.text = ""
        self._mark = 0
        self._cpu_seconds = cpu_seconds or time.monotonic
        self._poke = poke
        self._condition = threading.Condition()
        self._closed = False
        if isinstance(path, socket.socket):
            self._socket = path
        else:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._socket.connect(path)
        self._log = open(log_path, "ab", buffering=0)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        tail = ""
        while True:
            try:
                data = self._socket.recv(65536)
            except OSError:
                data = b""
            with self._condition:
                if data:
                    self._log.write(data)
                    text = tail + data.decode("latin-1")
                    # an escape sequence may be cut in two by the end of a read
                    cut = text.rfind("\x1b", max(0, len(text) - 12))
                    tail = text[cut:] if cut >= 0 and not ESCAPES.match(text, cut) else ""
                    text = text[:len(text) - len(tail)]
                    self.text += ESCAPES.sub("", text)
                else:
                    self._closed = True
                self._condition.notify_all()
                if not data:
                    self._log.close()
                    return

    def send(self, text):
        self._socket.sendall(text.encode("latin-1"))

    def wait_for(self, pattern, limit=LIMIT, since=None, unless=None):
        """Waits for a regular expression in the text that follows the last match (or the offset `since`); in vain where `unless`,
        another one, is seen before it.

        Returns the match. limit is in seconds of the emulator's CPU time, so a busy host changes nothing; a machine
        that idles is given five times that in wall time, and none that stands still.
        """
        expression = re.compile(pattern, re.MULTILINE)
        start = self._mark if since is None else since
        cpu_start, wall_start = self._cpu_seconds(), time.monotonic()
        looks, quiet_since = 0, cpu_start or 0
        with self._condition:
            while True:
                match = expression.search(self.text, start)
                if match:
                    self._mark = match.end()
                    return match
                if unless and (end := re.compile(unless).search(self.text, start)):
                    raise SerialTimeout(f"{end[0]!r} before {pattern!r} was seen; last lines:\n{self.tail()}")
                used = self._cpu_seconds()
                wall = time.monotonic() - wall_start
                if self._closed or used is None:
                    raise SerialTimeout(f"the machine ended before {pattern!r} was seen; last lines:\n{self.tail()}")
                if used - (cpu_start or 0) > limit or wall > 5 * limit:
                    raise SerialTimeout(f"{pattern!r} not seen within {limit} s of emulation; last lines:\n{self.tail()}")
                looks = 0 if self._condition.wait(LOOK) else looks + 1
                if self._poke and looks % POKE_LOOKS == POKE_LOOKS - 1:
                    self._poke()
                if looks == 0:
                    quiet_since = used
                elif looks % QUIET_LOOKS == 0:
                    if used - quiet_since < QUIET_SECONDS:
                        raise SerialTimeout(f"the machine stands still, {pattern!r} not seen; last lines:\n{self.tail()}")
                    quiet_since = used

    def run(self, command, limit=LIMIT, prompt=r"binnacle:\S*# ", unless=None):
        """Types a command into the debug shell, returns (status, output). unless: of wait_for()."""
        with self._condition:
            start = len(self.text)
        token = f"{time.monotonic_ns():x}"
        # the shell echoes what is typed, with quotes between the halves of the marks: only the output has them whole
        self.send(f"echo \"<b\"{token}\">\"; {command}; echo \"<e\"{token}:$?\">\"\n")
        begin = self.wait_for(rf"<b{token}>\n", limit, since=start)
        match = self.wait_for(rf"<e{token}:(\d+)>", limit, since=begin.end(), unless=unless)
        self.wait_for(prompt, limit)
        return int(match.group(1)), self.text[begin.end():match.start()].rstrip("\n")

    def tail(self, lines=25):
        return "\n".join(self.text.splitlines()[-lines:])

    def close(self):
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._thread.join(5)
        self._socket.close()


def _name_and_seconds(folder):
    """Name and CPU time of a process with its threads, or of one thread; None when it is gone."""
    try:
        with open(f"{folder}/stat", encoding="ascii", errors="replace") as f:
            name, fields = f.read().split("(", 1)[1].rsplit(")", 1)
    except OSError:
        return None
    fields = fields.split()
    return None if fields[0] in "ZX" else (name, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"))


def process_cpu_seconds(pid):
    """CPU time of a process with its threads, or None when it is gone."""
    found = _name_and_seconds(f"/proc/{pid}")
    return found and found[1]


def thread_cpu_seconds(pid):
    """[(name, CPU time)] of a process' threads."""
    return [t for t in (_name_and_seconds(f"/proc/{pid}/task/{n}") for n in os.listdir(f"/proc/{pid}/task")) if t]
