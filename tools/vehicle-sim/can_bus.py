# SPDX-License-Identifier: BSD-3-Clause
"""CAN frames as the cockpit's bus carries them: DBC layout, end-to-end protection, SLCAN framing."""
import re

_MESSAGE = re.compile(r"^BO_ (\d+) (\w+): (\d+) (\w+)")
_SIGNAL = re.compile(r"^ SG_ (\w+) : (\d+)\|(\d+)@1([+-]) \(([^,]+),([^)]+)\) \[([^|]+)\|([^\]]+)\]")


class Signal:
    def __init__(self, match):
        self.name = match[1]
        self.start, self.size = int(match[2]), int(match[3])
        self.signed = match[4] == "-"
        self.factor, self.offset = float(match[5]), float(match[6])
        self.low, self.high = float(match[7]), float(match[8])


class Message:
    def __init__(self, match):
        self.id, self.name, self.length, self.sender = int(match[1]), match[2], int(match[3]), match[4]
        self.signals = {}

    def pack(self, values):
        """Physical values by name to bytes; what is not named is 0. ValueError for a value outside the signal's range."""
        bits = 0
        for name, value in values.items():
            s = self.signals[name]
            if not s.low <= value <= s.high:
                raise ValueError(f"{self.name}.{name} = {value} is outside {s.low}..{s.high}")
            raw = round((value - s.offset) / s.factor) & ((1 << s.size) - 1)
            bits |= raw << s.start
        return bits.to_bytes(self.length, "little")

    def unpack(self, data):
        bits = int.from_bytes(data[:self.length], "little")
        values = {}
        for s in self.signals.values():
            raw = bits >> s.start & ((1 << s.size) - 1)
            if s.signed and raw >> (s.size - 1):
                raw -= 1 << s.size
            values[s.name] = raw * s.factor + s.offset if s.factor != 1 or s.offset else raw
        return values


def load_dbc(path):
    """The messages of a DBC file by name (little-endian signals only)."""
    messages, current = {}, None
    with open(path, encoding="ascii") as f:
        for line in f:
            m = _MESSAGE.match(line)
            s = _SIGNAL.match(line)
            if m:
                current = messages[m[2]] = Message(m)
            elif s:
                current.signals[s[1]] = Signal(s)
    return messages


def crc8(ident, data):
    """CRC-8 SAE J1850 over the identifier, low byte first, and data[1:]: guests/cluster/cockpit.dbc."""
    crc = 0xFF
    for byte in bytes((ident & 0xFF, ident >> 8)) + bytes(data[1:]):
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x1D) & 0xFF if crc & 0x80 else crc << 1
    return crc ^ 0xFF


def protect(ident, data, alive):
    data = bytearray(data)
    data[1] = data[1] & 0xF0 | alive & 0xF
    data[0] = crc8(ident, data)
    return bytes(data)


def slcan(ident, data):
    return b"t%03X%d%s\r" % (ident, len(data), data.hex().upper().encode())


def parse_slcan(line):
    """One line without its carriage return to (id, data), or None if it is no classic data frame."""
    if not re.fullmatch(rb"t[0-7][0-9A-Fa-f]{2}[0-8]([0-9A-Fa-f]{2})*", line):
        return None
    if len(line) != 5 + 2 * (line[4] - 48):
        return None
    return int(line[1:4], 16), bytes.fromhex(line[5:].decode())
