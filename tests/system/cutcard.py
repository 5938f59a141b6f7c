# SPDX-License-Identifier: BSD-3-Clause
"""An SD card for the emulator whose power is cut in a write of one's choice: an NBD server (the protocol's fixed newstyle, simple
replies) that lets so many writes through, takes a part of the next one, and kills the emulator before it can hear of it.
"""
import os
import socket
import struct
import threading

MAGIC, OPTION, ANSWER, REQUEST, REPLY = 0x4E42444D41474943, 0x49484156454F5054, 0x3E889045565A9, 0x25609513, 0x67446698
GO, INFO, ACK, UNSUPPORTED = 7, 3, 1, 0x80000001
READ, WRITE, DISCONNECT, FLUSH = range(4)
FLAGS = 1 | 4  # this is said, flush is understood
EIO = 5


class CutCard:
    """The card, over many lives of the machine: with card.powered(path, kill) ... arguments() are QEMU's for it."""

    def __init__(self, mebibytes=64):
        self.image = bytearray(mebibytes << 20)
        self.writes = 0        # of this life, completed
        self.broken = False    # every write is an error
        self.cut = threading.Event()
        self.cut_at, self.cut_bytes, self.kill = 0, 0, None
        self.listener = self.thread = None

    def arguments(self):
        return ("-drive", f"if=none,id=sd,format=raw,file=nbd:unix:{self.path}", "-device", "sdhci-pci,addr=0x10",
                "-device", "sd-card,drive=sd")

    def power_on(self, folder, cut_at=0, cut_bytes=0):
        """From the next connection on. cut_at: the write (from 1) in which power goes, after cut_bytes of it."""
        self.path = os.path.join(str(folder), "card")
        self.writes, self.cut_at, self.cut_bytes = 0, cut_at, cut_bytes
        self.cut.clear()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def power_off(self):
        self.listener.close()
        self.thread.join(10)

    def _serve(self):
        connection, _ = self.listener.accept()
        with connection, connection.makefile("rwb") as stream:
            try:
                if self._negotiate(stream):
                    while self._answer(stream):
                        pass
            except (OSError, struct.error):  # the emulator is gone
                pass

    def _negotiate(self, stream):
        stream.write(struct.pack(">QQH", MAGIC, OPTION, 3))
        stream.flush()
        stream.read(4)
        while True:
            _, option, length = struct.unpack(">QII", stream.read(16))
            stream.read(length)
            if option == GO:
                export = struct.pack(">HQH", 0, len(self.image), FLAGS)
                stream.write(struct.pack(">QIII", ANSWER, option, INFO, len(export)) + export)
            stream.write(struct.pack(">QIII", ANSWER, option, ACK if option == GO else UNSUPPORTED, 0))
            stream.flush()
            if option == GO:
                return True

    def _answer(self, stream):
        _, _, kind, handle, offset, length = struct.unpack(">IHHQQI", stream.read(28))
        error, data = 0, b""
        if kind == READ:
            data = bytes(self.image[offset:offset + length])
        elif kind == WRITE:
            written = stream.read(length)
            if self.writes + 1 == self.cut_at:
                self.image[offset:offset + self.cut_bytes] = written[:self.cut_bytes]
                self.kill()
                self.cut.set()
                return False
            error = EIO if self.broken else 0
            if not self.broken:
                self.image[offset:offset + length] = written
                self.writes += 1
        elif kind == DISCONNECT:
            return False
        stream.write(struct.pack(">IIQ", REPLY, error, handle) + data)
        stream.flush()
        return True
