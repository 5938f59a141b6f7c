# SPDX-License-Identifier: BSD-3-Clause
"""Checks what is on the glass: of each telltale, whether a picture taken from outside the machine shows what the cluster says it drew.

The cluster tells the place of each telltale and the CRC of its pixels beside each frame (include/binnacle/cluster_frames.h). `tables`
reads them out of the region's payload by whatever way there is to the machine's memory, `not_shown` compares a picture of the
cluster's own output with the table of the frame whose counter is in its pixels. Nothing of what a symbol looks like is known here.
"""
import struct
import zlib
from collections import namedtuple

import numpy as np

BUFFERS, BUSY = 4, 0xFFFFFFFF
LATEST = 32
FRAMES_AT, FRAME = 56, 152
TABLES_AT, TABLE = 664, 644
REGION = struct.Struct("<4iI")
# By enum bn_telltale (include/binnacle/vehicle.h), as the DBC's messages Body and Lamps call them.
NAMES = ("BrakeWarning", "BeltReminder", "TurnLeft", "TurnRight", "HighBeam", "EngineMil", "ParkBrake", "AirbagFault", "AbsFault",
         "EscActive", "EscOff", "TyrePressure", "OilPressure", "BatteryCharge", "CoolantTemperature", "SteeringFault", "DippedBeam",
         "FogFront", "FogRear", "LampFault", "DoorOpen", "BootOpen", "BonnetOpen", "FuelLow", "WasherLow", "CruiseActive", "LaneActive")

Table = namedtuple("Table", "lit places crcs")  # names; {name: (x, y, width, height)}; {name: CRC}


def _table(raw):
    lit, = struct.unpack_from("<I", raw)
    places, crcs = {}, {}
    for i, name in enumerate(NAMES):
        x, y, width, height, crc = REGION.unpack_from(raw, 4 + REGION.size * i)
        if width:
            places[name], crcs[name] = (x, y, width, height), crc
    return Table({name for i, name in enumerate(NAMES) if lit >> i & 1}, places, crcs)


def counters(read):
    """Of the frames in the buffers, by buffer; BUSY while one is being drawn. read(offset, size): bytes of the region's payload."""
    raw = read(FRAMES_AT, BUFFERS * FRAME)
    return [struct.unpack_from("<I", raw, FRAME * i)[0] for i in range(BUFFERS)]


def latest(read):
    """The counter of the last frame that is whole."""
    return struct.unpack("<I", read(LATEST, 4))[0]


def tables(read):
    """{counter: Table} of the frames that are whole, before and after they were read."""
    before, raw, after = counters(read), read(TABLES_AT, BUFFERS * TABLE), counters(read)
    return {before[i]: _table(raw[TABLE * i:TABLE * (i + 1)]) for i in range(BUFFERS) if before[i] == after[i] not in (0, BUSY)}


def at_rest(read):
    """Whether no frame is being drawn, once all buffers have one: the machine stands still, and its picture is whole."""
    return BUSY not in counters(read)


def crc(picture, place):
    """Of a place of a picture (height, width, RGB), as cluster_frames.h says it."""
    x, y, width, height = place
    pixels = np.zeros((height, width, 4), dtype=np.uint8)
    part = picture[y:y + height, x:x + width, ::-1]
    pixels[:part.shape[0], :part.shape[1], :3] = part
    return zlib.crc32(pixels.tobytes())


def not_shown(picture, table, left=0, top=0):
    """The telltales whose places look otherwise than the table says; left, top: where the picture begins on the cluster's."""
    height, width = picture.shape[:2]
    found = set()
    for name, (x, y, w, h) in table.places.items():
        x, y = x - left, y - top
        if x + w <= 0 or y + h <= 0 or x >= width or y >= height:
            continue  # none of it is on this part
        if x < 0 or y < 0 or x + w > width or y + h > height or crc(picture, (x, y, w, h)) != table.crcs[name]:
            found.add(name)
    return found


def names_the_changed_one(picture, table):
    """The negative control: one colour of one pixel changed in one telltale's place, and that one alone is named."""
    random = np.random.default_rng(11)
    for name, (x, y, w, h) in table.places.items():
        at = y + random.integers(h), x + random.integers(w), random.integers(3)
        changed = picture.copy()
        changed[at] ^= 1 << random.integers(8)
        if not_shown(changed, table) != {name}:
            return False
    return len(table.places) == len(NAMES)
