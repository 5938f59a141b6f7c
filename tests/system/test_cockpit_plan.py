# SPDX-License-Identifier: BSD-3-Clause
"""What is special about the default scenario, in the running cockpit: CPU 1 is shared by two VMs, and the memory of the service
VM and of the IVI lies on both sides of 4 GiB."""
import re
import subprocess

import pytest

from cockpit import IVI_LOG
from machines import QEMU

pytestmark = pytest.mark.machine(QEMU, "Bochs has no virtio GPU, no NVMe: no cockpit")

ELF = "build/hypervisor/hypervisor.elf"
HYPERVISOR_AT = 0x40000000  # cockpit.dts
GIB = 1 << 30
PAGE = 4096
HUGE = 512 * PAGE
CPU1 = {"service": (1, 1, 500), "ivi": (2, 0, 500)}  # index in the scenario, vCPU on CPU 1, weight there


@pytest.fixture(scope="module")
def home(session_cockpit):
    session_cockpit.nuc.resume()
    session_cockpit.at_home()
    session_cockpit.wait_prompt()
    return session_cockpit


def zone_above_4_gib(zoneinfo):
    """(first page frame, pages in use) of Linux's zone above 4 GiB."""
    zone = re.search(r"Node 0, zone +Normal\n(.*?)(?=\nNode|\Z)", zoneinfo, re.S)[1]
    managed, free, start = (int(re.search(rf"\b{name}:? +(\d+)", zone)[1]) for name in ("managed", "nr_free_pages", "start_pfn"))
    return start, managed - free


def test_service_vm_uses_memory_above_4_gib(cockpit, home):
    start, used = zone_above_4_gib(cockpit.run("cat /proc/zoneinfo")[1])
    assert start == 4 * GIB // PAGE and used * PAGE > GIB


def in_hypervisor(expression):
    """Address in the machine's memory of something of the hypervisor's, by the debug information of its image."""
    said = subprocess.run(["gdb", "-batch", "-ex", f"print/x (long)&{expression}", ELF], check=True, capture_output=True,
                          text=True).stdout
    headers = subprocess.run(["readelf", "-lW", ELF], check=True, capture_output=True, text=True).stdout
    virtual, physical = (int(x, 16) for x in re.search(r"LOAD +0x\w+ (0x\w+) (0x\w+)", headers).groups())
    return (int(re.search(r"= (0x[0-9a-f]+)", said)[1], 16) - virtual + physical) % (1 << 64) + HYPERVISOR_AT


def quad(cockpit, address):
    return int.from_bytes(cockpit.memory(address, 8), "little")


def nested(cockpit, root, gpa):
    """Address in the machine's memory of a guest-physical one, by the VM's own nested page tables (APM 2, 5.3)."""
    for shift in (39, 30, 21, 12):
        entry = quad(cockpit, root + (gpa >> shift) % 512 * 8)
        assert entry & 1, f"{gpa:#x} is not mapped"
        root = entry & 0xFFFFFFFFFF000
        if entry & 0x80 or shift == 12:
            return (root & -(1 << shift)) | gpa & (1 << shift) - 1
    raise AssertionError


def test_ivi_uses_memory_above_4_gib(cockpit, home, report):
    """Its device model maps all but the first GiB from 4 GiB up. Those pages, which the service VM gave zeroed, have content
    that only the IVI's own kernel can have written; and they lie above 4 GiB of the machine too."""
    cockpit.nuc.pause()
    root = quad(cockpit, in_hypervisor(f"vms[{CPU1['ivi'][0]}].memory.root"))
    places = [nested(cockpit, root, gpa) for gpa in range(4 * GIB, 5 * GIB, GIB // 16)]  # one for each 64 MiB
    used = 0
    for place in places:
        memory = cockpit.memory(place, HUGE)
        used += sum(any(memory[i:i + PAGE]) for i in range(0, HUGE, PAGE))
    cockpit.nuc.resume()
    above = sum(place >= 4 * GIB for place in places)
    report.add("plan.ivi.pages-written-above-4-gib", used, f"of {len(places) * HUGE // PAGE}", ok=used > 0)
    report.add("plan.ivi.pages-above-4-gib-of-machine", above, f"of {len(places)}", ok=above > 0)
    assert used > 100 and above > 0


SPIN = "n=0; while [ $n -lt 2000 ]; do n=$((n+1)); done; echo spin-round"


def rounds(cockpit):
    """How often each VM has been through its loop."""
    counted = cockpit.run(f"grep -c ^spin-round /run/spin; grep -c ^spin-round {IVI_LOG}")[1].split()
    return dict(zip(("service", "ivi"), map(int, counted[-2:])))


def test_shared_cpu_is_shared_by_weight(cockpit, home, report):
    """Both VMs want CPU 1 without pause: each gets its weight's share of it, by the scheduler's account as read out of the
    hypervisor's memory, and each gets on with its own loop."""
    address = {name: in_hypervisor(f"vms[{vm}].vcpu[{vcpu}].vruntime") for name, (vm, vcpu, _) in CPU1.items()}

    def times():
        return {name: quad(cockpit, at) * CPU1[name][2] for name, at in address.items()}

    cockpit.ivi(f"taskset 1 sh -c 'while :; do {SPIN}; done' & echo $! >/run/spinner".replace("'", "'\\''"))
    assert cockpit.run(f"(taskset 2 sh -c 'while :; do {SPIN}; done' >/run/spin & echo $! >/run/spinner)")[0] == 0
    while min(rounds(cockpit).values()) < 1:  # both are at it
        assert cockpit.nuc.running()
    done, began, start = rounds(cockpit), times(), cockpit.frames()[0]
    while cockpit.frames()[0] < start + 240:  # four seconds of the cluster's time
        assert cockpit.nuc.running()
        cockpit.run("usleep 500000")
    used = {name: value - began[name] for name, value in times().items()}
    made = {name: value - done[name] for name, value in rounds(cockpit).items()}
    cockpit.run("kill $(cat /run/spinner)")
    cockpit.ivi("kill $(cat /run/spinner)".replace("'", "'\\''"))
    share = used["service"] / sum(used.values())
    wanted = CPU1["service"][2] / sum(weight for _, _, weight in CPU1.values())
    right = report.add("plan.cpu1.service-share", round(100 * share, 1), "%", ok=abs(share - wanted) <= 0.03)
    for name, count in made.items():
        right = report.add(f"plan.cpu1.{name}-rounds", count, "rounds", ok=count > 0) and right
    assert right, (used, made)
