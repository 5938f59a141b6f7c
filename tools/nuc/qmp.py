# SPDX-License-Identifier: BSD-3-Clause
"""QEMU's control socket: commands, keyboard and pointer events."""
import json
import socket

# What QEMU calls the keys of printable characters (a US keyboard)
KEYS = {" ": "spc", "\n": "ret", "\t": "tab", "-": "minus", "=": "equal", "[": "bracket_left", "]": "bracket_right",
        ";": "semicolon", "'": "apostrophe", "`": "grave_accent", "\\": "backslash", ",": "comma", ".": "dot",
        "/": "slash"}
SHIFTED = dict(zip('!@#$%^&*()_+{}:"~|<>?', ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "minus", "equal",
                                              "bracket_left", "bracket_right", "semicolon", "apostrophe",
                                              "grave_accent", "backslash", "comma", "dot", "slash"]))


class QmpError(RuntimeError):
    """QEMU refused a command."""


class Qmp:
    """A connection; events that arrive between commands are kept in .events."""

    def __init__(self, path):
        self.events = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(path)
        self._file = self._socket.makefile("r", encoding="utf-8")
        json.loads(self._file.readline())
        self.command("qmp_capabilities")

    def command(self, name, **arguments):
        self._socket.sendall(json.dumps({"execute": name, "arguments": arguments}).encode())
        while True:
            line = self._file.readline()
            if not line:
                raise QmpError(f"{name}: QEMU is gone")
            answer = json.loads(line)
            if "event" in answer:
                self.events.append(answer)
            elif "error" in answer:
                raise QmpError(f"{name}: {answer['error'].get('desc')}")
            else:
                return answer["return"]

    def hmp(self, line):
        return self.command("human-monitor-command", **{"command-line": line})

    def _input(self, *events, head=None):
        """head: of the GPU, for the devices that belong to it; else to those of no output."""
        place = {} if head is None else {"device": "gpu", "head": head}
        self.command("input-send-event", events=list(events), **place)

    def key_event(self, code, down):
        self._input({"type": "key", "data": {"down": down, "key": {"type": "qcode", "data": code}}})

    def key(self, *codes):
        """Presses the keys in order and lets them go in reverse: key("ctrl", "c")."""
        for code in codes:
            self.key_event(code, True)
        for code in reversed(codes):
            self.key_event(code, False)

    def type(self, text):
        for c in text:
            if c in SHIFTED:
                self.key("shift", SHIFTED[c])
            elif c.isupper():
                self.key("shift", c.lower())
            else:
                self.key(KEYS.get(c, c))

    def pointer(self, x, y, head=None):
        """Moves the absolute pointer; x and y from 0.0 to 1.0 of the tablet."""
        self._input(*({"type": "abs", "data": {"axis": axis, "value": max(0, min(32767, round(v * 32767)))}}
                      for axis, v in (("x", x), ("y", y))), head=head)

    def button(self, down, name="left", head=None):
        self._input({"type": "btn", "data": {"down": down, "button": name}}, head=head)

    def close(self):
        self._file.close()
        self._socket.close()
