# SPDX-License-Identifier: BSD-3-Clause
"""The cluster on a bare emulated PC: what the driver reads off the screen is what the vehicle does."""
import pytest

import clusterpix
from clustervm import ClusterVM, vehicle_sim

DRAW_BUDGET_US = 1500  # at one instruction a nanosecond: 1.5 million instructions a frame


def check_picture(vm, path):
    """Everything readable on the picture against the vehicle at the picture's own time."""
    picture = clusterpix.load(path)
    t = clusterpix.picture_time(picture)
    assert t is not None, f"no frame code on {path}"
    truth = vm.sim.state(t)
    speed = truth["Motion"]["Speed"]
    assert clusterpix.speed_as_driven(picture, vm.sim), f"figures on {path}"
    assert clusterpix.read_speed_needle(picture) == pytest.approx(speed, abs=1), f"speed needle on {path}"
    assert clusterpix.read_rpm_needle(picture) == pytest.approx(truth["Motion"]["EngineRpm"], abs=120), path
    assert clusterpix.telltales_as_driven(picture, vm.sim), f"telltales on {path}"
    gear = truth["Body"]["Gear"]
    seen = clusterpix.read_text(picture, clusterpix.layout_of(picture).rpm_x)
    near = {vm.sim.state(t + d)["Body"]["Gear"] for d in (-0.1, 0, 0.1)}
    if gear > 0:
        assert seen in {str(g) for g in near}, f"gear on {path}"
    return t


@pytest.mark.parametrize("start, mode", [(26, None), (301, None), (842, None), (1199, "1024x768"), (1712, None),
                                         (1725, "1920x720"), (1473, "1920x1080")])
def test_picture_shows_the_trace(tmp_path, start, mode):
    with ClusterVM(tmp_path, start=start, mode=mode) as vm:
        vm.until(2.5)
        first = check_picture(vm, vm.screenshot())
        vm.run(1)
        assert check_picture(vm, vm.screenshot()) >= first + 0.9


def test_lamp_check_then_dark(tmp_path):
    with ClusterVM(tmp_path, start=500) as vm:
        vm.until(0.5)
        early = clusterpix.load(vm.screenshot())
        vm.until(2)
        later = clusterpix.load(vm.screenshot())
    assert clusterpix.read_telltales(early) == clusterpix.LAMP_CHECK
    assert clusterpix.read_telltales(later) == set()


@pytest.mark.parametrize("mode", [None, "1920x1080"])
def test_every_telltale_in_turn(tmp_path, mode):
    """Each is seen alone at its place in its colour, as the vehicle says at the picture's own time; then the hazard lights."""
    with ClusterVM(tmp_path, start=500, mode=mode, tour=True) as vm:
        missing = {(lamp,) for lamp in vm.sim.message_of} | {tuple(sorted(vehicle_sim.HAZARD))}
        assert len(missing) == len(clusterpix.TELLTALES) + 1 >= 25
        vm.until(vehicle_sim.TOUR_BEGIN_S)
        end = vehicle_sim.TOUR_BEGIN_S + 3 * vehicle_sim.TOUR_STEP_S * len(vm.sim.tour)
        while missing:
            picture = clusterpix.load(vm.screenshot())
            t = clusterpix.picture_time(picture)
            starved = clusterpix.read_telltales(picture) == clusterpix.LOST  # by the host, the simulator was late
            if t is not None and not starved:  # nor was the code being drawn
                assert t < end, f"never seen alone: {missing}"
                assert clusterpix.telltales_as_driven(picture, vm.sim), f"{clusterpix.read_telltales(picture)} at {t}"
                missing.discard(tuple(sorted(clusterpix.read_telltales(picture))))
            vm.run(0.25)


def test_telltales_together_and_what_the_lost_message_leaves(tmp_path):
    """All at once; then the message Lamps alone is lost: its safety lamps are lit, and what Body says goes on."""
    for attempt in range(3):  # an emulator that its host held up tells nothing of the cost
        folder = tmp_path / str(attempt)
        folder.mkdir()
        with ClusterVM(folder, start=1600) as vm:
            vm.sim.lamps = [(0, 1e9, lamp, False) for lamp in vm.sim.message_of]
            vm.until(2.5)
            together = clusterpix.load(vm.screenshot())
            vm.sim.fault = "no Lamps"
            vm.run(0.3)
            lost = clusterpix.load(vm.screenshot())
            counts = vm.stats()
        if not counts["Overruns"]:
            break
    assert clusterpix.read_telltales(together) == set(clusterpix.TELLTALES)
    body = {lamp for lamp, message in vm.sim.message_of.items() if message == "Body"}
    assert clusterpix.read_telltales(lost) == body | clusterpix.LOST_LAMPS
    assert counts["WorstDraw"] <= DRAW_BUDGET_US


@pytest.mark.parametrize("fault", ["cut", "corrupt", "babble", "freeze", "late"])
def test_bad_bus_gives_dashes_never_a_stale_number(tmp_path, fault):
    with ClusterVM(tmp_path, start=1705) as vm:
        vm.until(2)
        check_picture(vm, vm.screenshot())
        vm.sim.fault = fault
        vm.run(0.3)
        lost = clusterpix.load(vm.screenshot())
        vm.sim.fault = None
        vm.run(1.5)
        check_picture(vm, vm.screenshot())
        told = vm.stats()
    assert clusterpix.read_speed(lost) == "---"
    assert clusterpix.read_speed_needle(lost) is None
    assert clusterpix.read_rpm_needle(lost) is None
    assert clusterpix.read_text(lost, clusterpix.layout_of(lost).rpm_x) == "-"
    assert clusterpix.read_telltales(lost) == clusterpix.LOST
    # What was wrong is told: lines that are no frames, or frames that are not believed, and which.
    assert (told["BadLines"] > 0) == (fault == "babble")
    assert fault not in ("corrupt", "freeze", "late") or \
        told["Rejected"] >= 10 and told["LastRejected"] in (0x100, 0x110, 0x120, 0x130, 0x140, 0x150, 0x160)


def test_statistics_and_budget(tmp_path):
    with ClusterVM(tmp_path, start=1500) as vm:
        vm.until(2)
        before = vm.stats()
        vm.run(2)
        after = vm.stats()
        counter = clusterpix.read_counter(clusterpix.load(vm.screenshot()))
    assert 0 < after["FirstTelltale"] + 1 <= 200 and after["FirstFrame"] <= 200
    assert after["WorstDraw"] <= DRAW_BUDGET_US
    # Every slot has its frame or is counted as overrun: an emulator held up by its host skips time, but hides nothing.
    assert after["Drawn"] > before["Drawn"]
    assert counter >= after["Drawn"] + after["Overruns"]
    assert after["DisplayState"] == 1


def test_bus_silent_from_the_start(tmp_path):
    with ClusterVM(tmp_path, faults=[("cut", 0, float("inf"))]) as vm:
        vm.until(2)
        picture = clusterpix.load(vm.screenshot())
    assert clusterpix.read_speed(picture) == "---"
    assert clusterpix.read_telltales(picture) == clusterpix.LOST


def test_panic_shows_no_frozen_number(tmp_path):
    """An NMI, which nothing on a bare PC may send, is a trap the kernel does not know."""
    with ClusterVM(tmp_path, start=1712) as vm:
        vm.until(2)
        check_picture(vm, vm.screenshot())
        vm.qmp.command("inject-nmi")
        vm.wait(lambda: any(b"rtos panic: unexpected trap" in line for line in vm.sim.unknown), "the report on the bus")
        vm.wait(lambda: "eflags" in vm.log(), "the whole report")
        frozen = vm.sim.syncs
        vm.wait(lambda: clusterpix.read_telltales(clusterpix.load(vm.screenshot())) == clusterpix.LOST_BODY, "the panic screen")
        picture = clusterpix.load(vm.screenshot())
        assert "vector 2" in vm.log()
        assert vm.sim.syncs == frozen
    assert clusterpix.read_counter(picture) is None
    assert clusterpix.read_speed(picture) is None
    assert clusterpix.read_speed_needle(picture) is None
