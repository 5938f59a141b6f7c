# SPDX-License-Identifier: BSD-3-Clause
"""From the loader's first instruction to the first telltale, in the default cockpit, in virtual time (a nanosecond for each
instruction of the four CPUs, which the emulator runs in turn)."""
import threading

import pytest

import clusterpix
from clustervm import vehicle_sim
from cockpit import power_on_ms
from nuc import NucConfig

pytestmark = pytest.mark.campaign("bench")


FIRST_TELLTALE_MS = 500


def telltales_on_screen(nuc, path):
    nuc.qmp.command("screendump", filename=path)
    picture = clusterpix.load(path)
    return clusterpix.read_telltales(picture) if picture.shape[:2] == (720, 1280) else set()


def see_first_telltale(nuc, entry_ms, path):
    """Looks at the screen from outside again and again: the last time without every lamp of the lamp check and the first
    with them, in ms after the loader's first instruction. A look may find the cluster between two lamps."""
    before, now = entry_ms, entry_ms
    while True:
        nuc.pause()
        before, now = now, power_on_ms(nuc, now)
        lit = telltales_on_screen(nuc, path)
        nuc.resume()
        assert now - entry_ms < 10_000, f"of the lamp check only {lit or 'nothing'} within ten virtual seconds"
        if lit >= clusterpix.LAMP_CHECK:
            return before - entry_ms, now - entry_ms


class Counts(vehicle_sim.Simulator):
    """Asks the cluster for its counts with its first answer, and says when they are there."""

    def __init__(self):
        super().__init__(start=300)
        self.stats_requests = 1
        self.complete = threading.Event()

    def feed(self, data):
        answer = super().feed(data)
        if self.stats_complete():
            self.complete.set()
        return answer


def test_first_telltale(machine, report, tmp_path):
    """The cluster's own word, and what can be seen on the screen, agree."""
    screen = ["-device", "virtio-vga,xres=1280,yres=720,iommu_platform=on"]
    nuc = machine(NucConfig(gpu="none", icount="shift=0", cpu_model="max,-vgif,-x2apic", sound=False, extra=screen))
    counts = Counts()
    with vehicle_sim.Connection(nuc.bus_path, counts):
        entry_ms = int(nuc.console.wait_for(r"first instruction at TSC (\d+)\n", limit=300)[1]) / 1e6
        nuc.console.wait_for("virtualisation: SVM", limit=120)
        unseen, seen = see_first_telltale(nuc, entry_ms, str(tmp_path / "screen.ppm"))
        assert counts.complete.wait(300), nuc.console.tail()
    told = counts.stats["StatsTimes"]["FirstTelltale"]
    assert unseen - 1 <= told <= seen + 1  # told in whole milliseconds, and just after the last lamp
    report.add("boot.first-telltale-ms", told, "ms")
    assert report.add("cluster.first-telltale-ms", told, "ms", bound=FIRST_TELLTALE_MS)
    report.add("boot.firmware-ms", round(entry_ms), "ms")
