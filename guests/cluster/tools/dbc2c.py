#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes a C header with pack and unpack functions for every message of a DBC file: dbc2c.py IN.dbc OUT.h

Little-endian (@1) integer signals of at most 32 bits; factors are not applied, raw values are the interface.
"""
import re
import sys

MESSAGE = re.compile(r"^BO_ (\d+) (\w+): (\d+) (\w+)")
SIGNAL = re.compile(r"^ SG_ (\w+) : (\d+)\|(\d+)@1([+-]) \(([^,]+),([^)]+)\) \[([^|]+)\|([^\]]+)\] \"([^\"]*)\"")


def snake(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def parse(text):
    messages = []
    for number, line in enumerate(text.splitlines(), 1):
        m = MESSAGE.match(line)
        if m:
            messages.append((int(m[1]), m[2], int(m[3]), []))
            continue
        if line.startswith(" SG_"):
            s = SIGNAL.match(line)
            if not s:
                sys.exit(f"dbc line {number}: signal form not supported: {line.strip()}")
            name, start, size, signed = s[1], int(s[2]), int(s[3]), s[4] == "-"
            if size > 32 or start + size > 8 * messages[-1][2]:
                sys.exit(f"dbc line {number}: signal {name} does not fit its message")
            if signed and size not in (8, 16, 32):
                sys.exit(f"dbc line {number}: signed signal {name} must be 8, 16 or 32 bits")
            messages[-1][3].append((name, start, size, signed))
    return messages


def ctype(size, signed):
    width = 8 if size <= 8 else 16 if size <= 16 else 32
    return f"{'int' if signed else 'uint'}{width}_t"


def emit_get(start, size):
    """The signal's bits as a uint32_t expression over d[]: whole bytes gathered, then shifted and masked."""
    first, last = start // 8, (start + size - 1) // 8
    parts = []
    for i in range(first, last + 1):
        shift = 8 * (i - first) - start % 8
        byte = f"(uint32_t)d[{i}]"
        parts.append(byte if shift == 0 else f"{byte} << {shift}" if shift > 0 else f"{byte} >> {-shift}")
    value = " | ".join(parts)
    return f"({value}) & 0x{(1 << size) - 1:X}u" if size < 32 else f"({value})"


def emit_put(name, start, size):
    lines = []
    left, bit, done = size, start, 0
    while left:
        i, low = bit // 8, bit % 8
        n = min(8 - low, left)
        mask = ((1 << n) - 1) << low
        source = f"(uint32_t)m->{name}" + (f" >> {done}" if done else "")
        if low:
            source = f"({source}) << {low}"
        lines.append(f"    d[{i}] = (uint8_t)((d[{i}] & 0x{0xFF ^ mask:02X}u) | (({source}) & 0x{mask:02X}u));")
        left, bit, done = left - n, bit + n, done + n
    return lines


def emit(messages, source):
    out = ["/* SPDX-License-Identifier: BSD-3-Clause */", f"/* Made by dbc2c.py from {source}: messages and their bits. */",
           "#ifndef COCKPIT_DBC_H", "#define COCKPIT_DBC_H", "", "#include <stdint.h>", ""]
    for ident, name, length, signals in messages:
        low, up = snake(name), snake(name).upper()
        out += [f"#define DBC_{up}_ID 0x{ident:03X}u", f"#define DBC_{up}_BYTES {length}u", f"struct dbc_{low} {{"]
        out += [f"    {ctype(size, signed)} {snake(s)};" for s, _, size, signed in signals]
        out += ["};", f"static inline void dbc_{low}_unpack(struct dbc_{low} *m, const uint8_t d[{length}])", "{"]
        for s, start, size, signed in signals:
            out.append(f"    m->{snake(s)} = ({ctype(size, signed)})({emit_get(start, size)});")
        out += ["}", f"static inline void dbc_{low}_pack(const struct dbc_{low} *m, uint8_t d[{length}])", "{"]
        out += [f"    for (unsigned i = 0; i < {length}u; i++)", "        d[i] = 0;"]
        for s, start, size, _ in signals:
            out += emit_put(snake(s), start, size)
        out += ["}", "/* X(name, first bit, bits) for each signal. */", f"#define DBC_{up}_SIGNALS(X) \\"]
        out += [f"    X({snake(s)}, {start}, {size}) \\" for s, start, size, _ in signals] + [""]
    return "\n".join(out + ["#endif", ""])


def main():
    with open(sys.argv[1], encoding="ascii") as f:
        messages = parse(f.read())
    with open(sys.argv[2], "w", encoding="ascii") as f:
        f.write(emit(messages, sys.argv[1]))


if __name__ == "__main__":
    main()
