# SPDX-License-Identifier: BSD-3-Clause
"""From a request of the vehicle to the pixels, and from its end to their removal, for every telltale, frame by frame; and whether every
frame of a drive is drawn.

On a bare PC in virtual time. The machine stands still from each Sync of the cluster until it is answered, and its picture is looked
at, so the first frame that shows a lamp is known by the counter in its pixels. A frame is on the glass three slots after its own
began, at the latest (docs/cluster.md): later is what the failover campaign calls late, and there is none. A change in the vehicle
just missed the message before, so one period of the bus is added.
"""
import threading

import pytest

import clusterpix
from clustervm import ClusterVM, vehicle_sim
from test_cluster_bare import check_picture

pytestmark = pytest.mark.campaign("bench")

FRAME_MS = 1000 / clusterpix.FPS
PERIOD = 1  # of the vehicle's messages, in frames
GLASS = 3  # frames: bn_frame.deadline_ns
PATIENCE = 60  # frames
ATTEMPTS = 10
QUIET_SYNCS = 3  # between two changes
FOREIGN = 130  # frames of others between two answers: a bus of 1 Mbit/s that is full (8 frames a millisecond)
REQUEST_MS, REMOVAL_MS = 200, 100


class Stepper(vehicle_sim.Simulator):
    """Lights the lamps that `play` wants, one answer at a time. `play` is a generator: of each Sync it is sent (slot in which it was
    made, frame counter and lit telltales of the picture just then), and yields what the answer shall be: lamps and fault."""

    def __init__(self, play):
        super().__init__(start=0)
        self.vm, self.wanted, self.held, self.failure = None, frozenset(), False, None
        self.play, self.done = play, threading.Event()
        next(self.play)

    def lit(self, t):
        return self.wanted

    def answer(self, time_ms):
        if self.vm is None or self.done.is_set():
            return super().answer(time_ms)
        self.vm.qmp.command("stop")
        self.held = True
        try:
            picture = clusterpix.load(self.vm.screenshot())
            self.wanted, self.fault = self.play.send((round((time_ms + 0.5) / FRAME_MS), clusterpix.read_counter(picture),
                                                      clusterpix.read_telltales(picture)))
        except StopIteration:
            self.done.set()
        except Exception as e:  # told in the test's own thread
            self.failure = e
            self.done.set()
        return super().answer(time_ms)

    def sent(self):
        if self.held:
            self.vm.qmp.command("cont")
            self.held = False

    def spoil(self, fault, frames):
        if fault == "full":  # somebody else's frames, right in themselves
            return [b"t1238" + b"5A" * 8 + b"\r"] * FOREIGN + super().spoil(None, frames)
        return super().spoil(fault, frames)


def change(look, wanted, shown, fault, first):
    """Asks for these lamps with a fault on the bus, and another one in the first answer, until `shown` are seen. Returns the last look,
    and how many frames after the change in the vehicle the picture is on the glass; None: the first frame with it was not looked at."""
    began, before = look[0] - PERIOD, look[1]
    look = yield wanted, first
    while look[2] != shown or look[1] is None:
        assert look[0] < began + PATIENCE, f"{sorted(wanted)} asked for, {sorted(look[2])} seen after a second"
        before = look[1]
        look = yield wanted, fault
    took = look[1] + GLASS - began if before is not None and look[1] <= before + 1 else None
    for _ in range(QUIET_SYNCS):
        look = yield wanted, fault
    return look, took


def there_and_back(look, wanted, shown, fault, first, on, off):
    """The lamps lit, and dark again, until both times are known; they are added in milliseconds."""
    known = [None, None]
    for _ in range(ATTEMPTS):
        look, lit = yield from change(look, wanted, shown, fault, first)
        look, dark = yield from change(look, frozenset(), frozenset(), fault if wanted else None, first if wanted else None)
        known = [known[0] or lit, known[1] or dark]
        if all(known):
            break
    assert all(known), "no look found the first frame"
    on.append(known[0] * FRAME_MS)
    off.append(known[1] * FRAME_MS)
    return look


def every_lamp(lamps, fault, first, on, off):
    """Each alone, then all together: lit, and dark again."""
    look = yield
    while look[2] or look[1] is None:  # the lamp check
        look = yield frozenset(), fault
    for wanted in [frozenset({lamp}) for lamp in lamps] + [frozenset(lamps)]:
        look = yield from there_and_back(look, wanted, wanted, fault, first, on, off)


def lost_bus(on, off):
    """The vehicle falls silent: the last message is believed for its time, then the lamps of a lost bus are lit."""
    look = yield
    while look[2] or look[1] is None:
        look = yield frozenset(), None
    for fault, shown in (("cut", clusterpix.LOST), ("no Lamps", clusterpix.LOST_LAMPS), ("no Body", clusterpix.LOST_BODY)):
        look = yield from there_and_back(look, frozenset(), frozenset(shown), fault, fault, on, off)


def step_through(tmp_path, play):
    sim = Stepper(play)
    with ClusterVM(tmp_path, simulator=sim) as vm:
        vm.until(1)
        sim.vm = vm
        vm.wait(lambda: sim.done.is_set() and not sim.held, "the last change")
        if sim.failure:
            raise sim.failure


# How the bus is meanwhile: what happens to all answers, and to the first one with a change in it.
BUS = {"good": (None, None), "first-corrupt": (None, "corrupt"), "full": ("full", "full")}


def keeps_bounds(report, on, off):
    """The rows say whether the bounds are kept. An answer that the host holds back beyond the next slot costs a frame, which is not the
    cluster's: a test fails for more than that."""
    report.worst("cluster.telltale-max-ms", round(max(on), 1), "ms", bound=REQUEST_MS)
    report.worst("cluster.removal-max-ms", round(max(off), 1), "ms", bound=REMOVAL_MS)
    assert max(on) <= REQUEST_MS + FRAME_MS and max(off) <= REMOVAL_MS + FRAME_MS


@pytest.mark.alone
@pytest.mark.parametrize("bus", BUS)
def test_request_to_pixels(tmp_path, report, bus):
    fault, first = BUS[bus]
    on, off = [], []
    step_through(tmp_path, every_lamp(sorted(clusterpix.TELLTALES), fault, first, on, off))
    assert len(on) == len(off) == len(clusterpix.TELLTALES) + 1
    report.add(f"cluster.telltale.{bus}.max-ms", round(max(on), 1), "ms")
    report.add(f"cluster.removal.{bus}.max-ms", round(max(off), 1), "ms")
    keeps_bounds(report, on, off)


@pytest.mark.alone
def test_lost_bus_to_pixels(tmp_path, report):
    on, off = [], []
    step_through(tmp_path, lost_bus(on, off))
    report.add("cluster.telltale.lost-bus.max-ms", round(max(on), 1), "ms")
    keeps_bounds(report, on, off)


def test_every_frame_of_a_drive(tmp_path, report, soak):
    """Sixty frames a second of the machine's time, with the needles where they should be."""
    seconds = 1800 if soak else 120
    with ClusterVM(tmp_path, start=0) as vm:
        vm.until(2)
        before = vm.stats()
        while vm.sim.time_ms < (2 + seconds) * 1000:
            vm.run(2)
            check_picture(vm, vm.screenshot())
        after = vm.stats()
    drawn, missed = after["Drawn"] - before["Drawn"], after["Overruns"] - before["Overruns"]
    report.add("cluster.drive.frames", drawn, f"in {seconds} s")
    assert report.add("cluster.late-frames", missed, "frames", bound=0)
    assert drawn >= seconds * clusterpix.FPS
