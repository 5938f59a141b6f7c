# SPDX-License-Identifier: BSD-3-Clause
"""Makes docs/pictures/cluster-*.png, of the cluster alone on a bare PC with a card: tools/builder run python3 tests/system/docpictures.py
[NAME...]. Somebody has to look at them."""
import os
import sys
import tempfile
from pathlib import Path

from PIL import Image

import clusterpix
import facepix
from clustervm import TOP, ClusterVM, vehicle_sim
from cutcard import CutCard

FOLDER = os.path.join(TOP, "docs", "pictures")
DAY, NIGHT = {("Exterior", "LightIntensity"): 80}, {("Exterior", "LightIntensity"): 5}
TOWN = 785  # of the trace: at 40 km/h through a town
LAMPS = vehicle_sim.lamp_messages(vehicle_sim.can_bus.load_dbc(vehicle_sim.DBC))
ALL = {(message, lamp): 1 for lamp, message in LAMPS.items()}


def settled(picture):
    """The store has been read, and the lamps have proved themselves."""
    return clusterpix.picture_time(picture) > 3 and facepix.read_trips(picture) not in (None, ("---.-", "---.-"))


def whole(theme, text=None):
    """No curtain falls, and the message is this one."""
    return lambda picture: settled(picture) and facepix.read_theme(picture) == theme and facepix.read_message(picture) == text


def half_way(picture):
    grounds = [tuple(picture[y, 4]) for y in (300, 420)]
    return grounds == [facepix.GROUND["day"], facepix.GROUND["night"]]


PICTURES = {  # start of the trace, what the vehicle says whatever the drive is, the picture that is wanted
    "city": (53, DAY, lambda p: whole("day")(p) and "TurnRight" in clusterpix.read_telltales(p) and clusterpix.read_speed(p) > 10),
    "fast": (1700, NIGHT, lambda p: settled(p) and clusterpix.picture_time(p) > 8),
    "bus-lost": (1700, NIGHT, lambda p: facepix.read_message(p) == "VEHICLE DATA LOST" and facepix.read_clock(p) == "--:--"
                 and facepix.read_range(p) == "--- km" and facepix.read_air(p) == facepix.NONE),  # what comes seldom is lost last
    "day": (TOWN, DAY | {("Lamps", "DoorOpen"): 1}, whole("day", "DOOR OPEN")),
    "night": (TOWN, NIGHT, whole("night")),
    "mph": (TOWN, DAY | {("Cabin", "Miles"): 1}, whole("day")),
    "curtain": (TOWN, NIGHT, half_way),
    "message-ice": (890, NIGHT, whole("night", "ICE POSSIBLE")),
    "telltales": (1650, DAY | ALL, whole("day", "BRAKE FAULT - STOP")),
    "start": (15, NIGHT, lambda p: 1.0 < (clusterpix.picture_time(p) or 0) < 1.5),
}


def take(name):
    start, override, wanted = PICTURES[name]
    with tempfile.TemporaryDirectory() as folder:
        card = CutCard()
        card.power_on(Path(folder))
        with ClusterVM(folder, start=start, override=override, qemu=card.arguments()) as vm:
            found = []

            def right():
                path = vm.screenshot()
                picture = clusterpix.load(path)
                if name in ("bus-lost", "curtain") and clusterpix.picture_time(picture) and settled(picture):
                    vm.sim.fault = "cut" if name == "bus-lost" else None
                    vm.sim.override.update(DAY if name == "curtain" else {})
                if clusterpix.picture_time(picture) is None or not wanted(picture):
                    return False
                found.append(Image.open(path).convert("RGB"))
                return True
            vm.wait(right, f"picture {name}")
        card.power_off()
    found[0].save(os.path.join(FOLDER, f"cluster-{name}.png"), optimize=True)
    print(name, flush=True)


if __name__ == "__main__":
    for each in sys.argv[1:] or PICTURES:
        take(each)
