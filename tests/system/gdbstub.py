# SPDX-License-Identifier: BSD-3-Clause
"""The little of GDB's remote protocol that a test needs to change a CPU's next instructions: QEMU's own stub answers."""
import socket

RIP = 16  # number of the register in the stub's list


class GdbStub:
    """Connecting stops the machine, leaving the block lets it go on. Memory is physical."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(path)
        self._file = self._socket.makefile("rb")
        self.command("?")
        self.command("Qqemu.PhyMemMode:1")

    def command(self, text):
        self._socket.sendall(f"${text}#{sum(text.encode()) & 0xFF:02x}".encode())
        while self._file.read(1) != b"$":  # acknowledgements
            pass
        answer = b""
        while (c := self._file.read(1)) != b"#":
            assert c, "the emulator is gone"
            answer += c
        self._file.read(2)
        self._socket.sendall(b"+")
        assert not answer.startswith(b"E"), f"{text}: {answer.decode()}"
        return answer.decode()

    def rip(self, cpu):
        self.command(f"Hg{cpu + 1}")
        registers = bytes.fromhex(self.command("g")[:(RIP + 1) * 16])
        return int.from_bytes(registers[RIP * 8:], "little")

    def write(self, address, data):
        self.command(f"M{address:x},{len(data):x}:{data.hex()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.sendall(b"$D#44")
        self._file.close()
        self._socket.close()
