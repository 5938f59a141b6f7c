# SPDX-License-Identifier: BSD-3-Clause
"""Reads the cluster's picture as a driver would, from the pixels alone: frame counter, speed by figures and by needle, telltales.

All functions take a picture as a numpy array (height, width, 3) of the cluster's own output; crop a picture of several screens
first. Geometry is that of guests/cluster/layout.c, the type is B612.
"""
import functools
import math
import os
import sys

import numpy as np
from PIL import Image, ImageDraw, ImageFont

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tools", "vehicle-sim"))
import vehicle_sim  # noqa: E402

FONT_BOLD = "/usr/share/fonts/opentype/b612/B612-Bold.otf"
CODE_CELL, CODE_BITS = 4, 40
FPS = 60
SCALES = (205, 256, 384)  # of 256: the asset sets
SPEED_FONT_PX = 92
# Each telltale's line, its column (odd numbers from the middle) and its colour: layout.c, scene.c and palette.h of guests/cluster.
ROWS = (72, 132, 664)
RED, AMBER, GREEN, BLUE = (0xFF, 0x2A, 0x2A), (0xFF, 0xB0, 0x00), (0x1F, 0xDB, 0x4B), (0x2E, 0x7B, 0xFF)
TELLTALES = {
    "LampFault": (0, -13, AMBER), "FogRear": (0, -11, AMBER), "FogFront": (0, -9, GREEN), "DippedBeam": (0, -7, GREEN),
    "TurnLeft": (0, -5, GREEN), "HighBeam": (0, -3, BLUE), "EngineMil": (0, -1, AMBER), "BrakeWarning": (0, 1, RED),
    "BeltReminder": (0, 3, RED), "TurnRight": (0, 5, GREEN), "OilPressure": (0, 7, RED), "CoolantTemperature": (0, 9, RED),
    "BatteryCharge": (0, 11, RED), "FuelLow": (0, 13, AMBER),
    "EscOff": (1, -5, AMBER), "EscActive": (1, -3, AMBER), "AbsFault": (1, -1, AMBER), "ParkBrake": (1, 1, RED),
    "AirbagFault": (1, 3, RED), "SteeringFault": (1, 5, RED),
    "LaneActive": (2, -13, GREEN), "CruiseActive": (2, -11, GREEN), "WasherLow": (2, -9, AMBER), "TyrePressure": (2, -7, AMBER),
    "DoorOpen": (2, 7, RED), "BootOpen": (2, 9, RED), "BonnetOpen": (2, 11, RED),
}
# guests/cluster/dash.h: what proves itself after the start, and what is lit when the bus is lost.
LAMP_CHECK = {"BrakeWarning", "ParkBrake", "AirbagFault", "BeltReminder", "AbsFault", "EscActive", "EscOff", "TyrePressure",
              "EngineMil", "OilPressure", "BatteryCharge", "CoolantTemperature", "SteeringFault", "LampFault"}
LOST_BODY, LOST_LAMPS = {"BrakeWarning", "EngineMil"}, {"AirbagFault", "AbsFault", "EscActive", "SteeringFault"}
LOST = LOST_BODY | LOST_LAMPS


def load(path):
    return np.asarray(Image.open(path).convert("RGB"))


class Layout:
    """Where things are on a picture of this size, in pixels (guests/cluster/layout.c)."""

    def __init__(self, width, height):
        fit = [s for s in SCALES if 1280 * s // 256 <= width and 720 * s // 256 <= height]
        self.scale = max(fit) if fit else SCALES[0]
        self.width, self.height = width, height
        top = max(0, (height - self.px(720)) // 2)
        spread = min(self.px(391) + int((width - self.px(1280)) / 4), self.px(520))
        self.centre_y = top + self.px(388)
        self.rpm_x, self.speed_x = width // 2 - spread, width // 2 + spread
        self.tile_x0, self.tile_x1 = self.rpm_x + self.px(224) + 1 + self.px(4), self.speed_x - self.px(224) - self.px(4)
        self.telltale = {name: (width // 2 + int(41 * column * self.scale / 256 + 0.5), top + self.px(ROWS[row]))
                         for name, (row, column, _) in TELLTALES.items()}

    def px(self, v):
        return (v * self.scale + 128) // 256


def layout_of(picture):
    return Layout(picture.shape[1], picture.shape[0])


def read_counter(picture):
    """The frame counter from the cells at the bottom left corner; None if they are no valid code."""
    y = picture.shape[0] - CODE_CELL // 2
    cells = picture[y, CODE_CELL // 2:CODE_CELL * CODE_BITS:CODE_CELL].astype(int).sum(axis=1)
    if len(cells) != CODE_BITS or np.any((cells > 3 * 64) & (cells < 3 * 192)):
        return None
    bits = sum(1 << i for i, c in enumerate(cells) if c > 3 * 128)
    counter, check = bits & 0xFFFFFFFF, bits >> 32
    if check != ~sum(counter.to_bytes(4, "little")) & 0xFF:
        return None
    return counter


def picture_time(picture):
    """The picture's own time in seconds on the cluster's clock (frame n is for n / 60 s); None without a code."""
    counter = read_counter(picture)
    return None if counter is None else counter / FPS


@functools.lru_cache
def _templates(scale):
    font = ImageFont.truetype(FONT_BOLD, (SPEED_FONT_PX * scale + 128) // 256)
    templates = {}
    for c in "0123456789-":
        image = Image.new("L", (256, 256))
        ImageDraw.Draw(image).text((64, 64), c, font=font, fill=255)
        a = np.asarray(image)
        rows, cols = np.where(a > 96)
        templates[c] = a[rows.min():rows.max() + 1, cols.min():cols.max() + 1].astype(float)
    return templates


def _small(glyph):
    """A glyph on a grid of 20 x 28: hinting and fractions of a pixel vanish, shapes stay."""
    image = Image.fromarray(np.clip(glyph, 0, 255).astype(np.uint8))
    return np.asarray(image.resize((20, 28), Image.Resampling.BOX), dtype=float)


def _match(glyph, scale):
    """The character that this glyph's pixels are most like, and how much: 1 is identical, 0 nothing alike."""
    best, best_score = None, -1.0
    for c, t in _templates(scale).items():
        if abs(t.shape[0] - glyph.shape[0]) > 3 or abs(t.shape[1] - glyph.shape[1]) > 3:
            continue
        score = 1 - np.abs(_small(t) - _small(glyph)).mean() / 128
        if score > best_score:
            best, best_score = c, score
    return best, best_score


def _split(run, lit, widest):
    """Columns of one glyph each: two that touch part where the least ink is, near equal shares."""
    parts = -(-len(run) // (widest + 3))
    if parts <= 1:
        return [run]
    ink = lit[:, run].sum(axis=0)
    cuts = []
    for k in range(1, parts):
        at, reach = len(run) * k // parts, widest // 5
        cuts.append(at - reach + int(np.argmin(ink[at - reach:at + reach])) + 1)
    return np.split(run, cuts)


def read_text(picture, centre_x, least=0.9):
    """The large figures in the middle of the dial at centre_x as text; None if a glyph is like nothing known."""
    l = layout_of(picture)
    half_w, half_h = l.px(98), l.px(46)
    area = picture[l.centre_y - half_h:l.centre_y + half_h, centre_x - half_w:centre_x + half_w].astype(float).max(axis=2)
    shade = np.median(area) + 12  # the dial's own, which is no ink
    if area.max() - shade < 60:
        return ""
    grey = np.clip((area - shade) * 255 / (area.max() - shade), 0, 255)
    lit = grey > 96
    cols = np.flatnonzero(lit.any(axis=0))
    if len(cols) == 0:
        return ""
    widest = max(t.shape[1] for t in _templates(l.scale).values())
    runs = np.split(cols, np.flatnonzero(np.diff(cols) > 1) + 1)
    text = ""
    for run in [part for r in runs for part in _split(r, lit, widest)]:
        rows = np.flatnonzero(lit[:, run[0]:run[-1] + 1].any(axis=1))
        glyph = grey[rows[0]:rows[-1] + 1, run[0]:run[-1] + 1]
        c, score = _match(glyph, l.scale)
        if c is None or score < least:
            return None
        text += c
    return text


def read_speed(picture):
    """km/h or mph by the figures; "---" for dashes; None if unreadable."""
    text = read_text(picture, layout_of(picture).speed_x)
    if text == "---":
        return text
    return int(text) if text and text.isdigit() else None


def _read_needle(picture, centre_x):
    """The white pointer's place on its 240 degree scale, 0..1; None if there is none."""
    l = layout_of(picture)
    weight = []
    for i in range(-120, 241 * 10 + 120):
        degrees = 240 + i / 10
        total = 0.0
        for r in (172, 174, 176):
            r = r * l.scale / 256
            x = centre_x + r * math.sin(math.radians(degrees))
            y = l.centre_y - r * math.cos(math.radians(degrees))
            total += float(picture[int(y), int(x)].min())
        weight.append(max(0.0, total / 3 - 150))
    weight = np.array(weight)
    if weight.sum() < 200:
        return None
    # One needle: its samples are together.
    where = np.flatnonzero(weight)
    if where[-1] - where[0] > 60:
        return None
    middle = (weight * np.arange(len(weight))).sum() / weight.sum() / 10 - 12
    return middle / 240


def read_speed_needle(picture, top=240):
    """By the needle on a scale that ends at `top`; None if it is hidden."""
    part = _read_needle(picture, layout_of(picture).speed_x)
    return None if part is None else part * top


def read_rpm_needle(picture):
    part = _read_needle(picture, layout_of(picture).rpm_x)
    return None if part is None else part * 8000


def read_telltales(picture):
    """The names (of the DBC's messages Body and Lamps) of the telltales that are lit in their own colour."""
    l = layout_of(picture)
    half = l.px(56) // 2
    lit = set()
    for name, (x, y) in l.telltale.items():
        area = picture[y - half:y + half, x - half:x + half].astype(int)
        near = np.abs(area - np.array(TELLTALES[name][2])).max(axis=2) < 24
        if near.mean() > 0.04:
            lit.add(name)
    return lit


def telltales_as_driven(picture, sim):
    """Whether those are lit that the vehicle wants at the picture's own time; one that changes within a tenth of a second of it may be
    seen either way."""
    t = picture_time(picture)
    wanted = [vehicle_sim.lamps_of(sim.state(t + d)) for d in (-0.1, 0, 0.1)]
    return set.intersection(*wanted) <= read_telltales(picture) <= set.union(*wanted)


def speed_as_driven(picture, sim, unit_km=1.0):
    """Whether the figures are the speed of a moment that is not older than the cluster may believe, rounded up: UN R39."""
    t, shown = picture_time(picture), read_speed(picture)
    speeds = [sim.state(t + d / 100)["Motion"]["Speed"] / unit_km for d in range(-11, 4)]
    return isinstance(shown, int) and math.ceil(min(speeds) - 1e-6) <= shown <= math.ceil(max(speeds) - 1e-6)
