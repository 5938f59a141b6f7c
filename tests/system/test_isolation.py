# SPDX-License-Identifier: BSD-3-Clause
"""Isolation: hostile kernels in the service VM and in the IVI try what belongs to others, and every way to switch a PC off.

The scenario test-isolation starts the service VM again whenever it ends itself; the probe's first process goes one step further
at each start, and has the IVI do the same under the device model. One run of each machine serves all tests of this module. Each
attempt must be refused *and* stand in the log; each test is a row of the report, whose rows are those of the machine in QEMU.
"""
import re

import pytest

import isolationrun
from machines import MACHINES, QEMU
from report import Report

# In the machine's own time. Whether the cluster was disturbed is told by its exits, which are counted and not timed.
MIN_FRAMES_PER_S = 55  # of 60: whole pictures take longer than a slot
MAX_ABSENCE_MS = 200  # of a CPU of the service VM from its own tasks; 18 to 36 are seen

ENDS = {  # how the service VM ends itself: what the hypervisor must say
    "all": ("PM1a control", "switched itself off"),  # Linux's own power-off
    "s5": ("PM1a control", "switched itself off"),
    "s1": ("PM1a control", "went to sleep"),
    "s3": ("PM1a control", "went to sleep"),
    "s4": ("PM1a control", "went to sleep"),
    "cf9": ("port CF9", "reset itself"),
    "kbd": ("port 64", "reset itself"),
    "port92": ("port 92", "reset itself"),
    "triple": (None, "triple fault"),
}
INSTRUCTIONS = {"SVM": 7, "VMX": 11}  # that the probe tries
IVI_ENDS = {  # the device model's word and its exit status
    "s5": ("END reason=power-off action=stop", 0),
    "s3": ("a sleep state that the tables do not offer: ignored", 0),
    "cf9": ("END reason=guest-reset action=restart .*port CF9h", 75),
    "kbd": ("END reason=guest-reset action=restart .*port 64h", 75),
    "port92": ("END reason=guest-reset action=restart .*port 92h", 75),
    "triple": ("END reason=guest-reset action=restart", 75),
}
# Registers that may be read; of those in the second list a write is no error either, and changes nothing.
READABLE = {"HWCR", "FEATURE_CONTROL", "MICROCODE", "APIC_BASE", "DEBUGCTL", "MTRR_DEF_TYPE", "SYSCFG", "TOP_MEM", "TSC",
            "PLATFORM_INFO"}
IGNORED = {"MICROCODE": "79", "MTRR_DEF_TYPE": "2ff", "SYSCFG": "c0010010", "TOP_MEM": "c001001a", "TSC": "10"}
NUMBER = {"VM_HSAVE_PA": "c0010117", "VM_CR": "c0010114", "SMM_BASE": "c0010111", "SMM_ADDR": "c0010112",
          "SMM_MASK": "c0010113", "HWCR": "c0010015", "FEATURE_CONTROL": "3a", "APIC_BASE": "1b", "VMX_BASIC": "480",
          "DEBUGCTL": "1d9", "IORR_BASE": "c0010016", "MC0_CTL": "400", "PERF_CTL0": "c0010000", "IBS_CTL": "c001103a",
          "GHCB": "c0010130", "TSC_ADJUST": "3b", "PLATFORM_INFO": "ce", "THERM_INTERRUPT": "19b", **IGNORED}


@pytest.fixture(scope="module", params=[pytest.param(name, marks=pytest.mark.xdist_group(f"isolation {name}")) for name in MACHINES])
def run(request, tmp_path_factory):
    isolationrun.build()
    return isolationrun.play(request.param, tmp_path_factory.mktemp(request.param))


@pytest.fixture
def report(run, report):
    return report if run.machine == QEMU else Report("of the matrix alone")


@pytest.fixture(params=("service", "ivi"))
def attack(request, run):
    """(vm, what its probe said, everything said meanwhile): the service VM's first step, the IVI's first life."""
    part = run.step["all"] if request.param == "service" else run.ivi("all")[0]
    who = "ivi " if request.param == "ivi" else ""
    return request.param, re.findall(rf"probe: {who}(?!ivi )(.*)", part), part


def only(lines, prefix):
    return [line[len(prefix):] for line in lines if line.startswith(prefix)]


def refused(report, row, value, expected, logged, wanted):
    """A row: how many attempts were refused (all of them), and how many lines about them the log has (at least `wanted`)."""
    report.add(f"{row}.logged", logged, "lines", ok=logged >= wanted)
    assert report.add(row, value, "refused", ok=value == expected), f"{row}: {value} of {expected} refused"
    assert logged >= wanted, f"{row}: {logged} lines, not {wanted}"


def test_memory_of_others(attack, report):
    vm, said, part = attack
    lines = only(said, "memory hypervisor") + only(said, "memory cluster")
    assert len(lines) == 4
    assert only(said, "memory sweep of ") == ["hypervisor: 32 places, 32 denied", "cluster: 128 places, 128 denied"]
    if vm == "service":
        logged = len(re.findall(r"\[service\] denied: (?:read|write) of 4(?:0|8)00[05]000", part))
    else:
        logged = len(re.findall(r"ivi: (?:read|write) of 4 bytes at address 0x4(?:0|8)00[05]000 is answered by no device", part))
    denied = sum(line.endswith("read ffffffff, after write ffffffff: denied") for line in lines)
    report.add(f"isolation.{vm}.memory-swept", 160, "refused")
    refused(report, f"isolation.{vm}.memory", denied, 4, logged, 12)


def test_shared_window(attack, report):
    vm, said, part = attack
    lines = only(said, "window ")
    denied = sum(line.endswith(" denied") for line in lines)
    logged = len(re.findall(rf"\[{vm}\] shared window: no right", part))
    assert len(lines) >= 5 and "cluster-frames: write denied" in lines and "vehicle: write denied" in lines
    # Of what the IVI's device model does not map, the device model answers; the hypervisor has nothing to tell.
    refused(report, f"isolation.{vm}.window", denied, len(lines), logged, len(lines) if vm == "service" else 1)


def test_msrs(attack, report):
    vm, said, part = attack
    states = dict(re.fullmatch(r"(\w+): (read .*)", line).groups() for line in only(said, "msr ") if ": read" in line)
    assert states.keys() == NUMBER.keys()
    right = logged = 0
    for name, state in states.items():
        read, write = "ok" if name in READABLE else "#GP", "ok" if name in IGNORED else "#GP"
        word = "ignored" if name in IGNORED else "denied"
        right += state == f"read {read}, write {write}"
        logged += bool(re.search(rf"\[{vm}\] {word}: write of \w+ to MSR {NUMBER[name]} ", part))
    assert "EFER.SVME: #GP" in only(said, "msr ") and re.search(rf"\[{vm}\] denied: write of \w+ to MSR c0000080 ", part)
    refused(report, f"isolation.{vm}.msrs", right, len(NUMBER), logged, len(NUMBER))


def test_virtualisation_instructions(run, attack, report):
    vm, said, part = attack
    lines = only(said, "instruction ")
    denied = sum(line.endswith("#UD") for line in lines)
    logged = len(re.findall(rf"\[{vm}\] denied: instruction of exit (?:code|reason)", part))
    # Those of the other vendor are #UD without us.
    refused(report, f"isolation.{vm}.instructions", denied, sum(INSTRUCTIONS.values()), logged,
            INSTRUCTIONS[MACHINES[run.machine].backend])


def test_other_cpus(attack, report):
    """INIT, start-up IPI and NMI to the cluster's CPU, by x2APIC, by the APIC's page and by the I/O APIC."""
    vm, said, part = attack
    tried = len(only(said, "msr x2APIC ICR ")) + len(only(said, "interrupt "))
    logged = len(re.findall(rf"\[{vm}\] denied: IPI \w+ to APIC 2, no CPU of its own", part)) + \
        len(re.findall(rf"\[{vm}\] ignored: write of \w+ to its APIC page", part)) + \
        int(f"[{vm}] denied: I/O APIC pin 23 as" in part)
    # The IVI's I/O APIC leads to its own CPU only, so that there is nothing to deny.
    refused(report, f"isolation.{vm}.other-cpus", tried, 5, logged, 7 if vm == "service" else 6)


def test_ports(attack, report):
    vm, said, part = attack
    lines = only(said, "port ")
    if vm == "service":
        logged = len(re.findall(r"\[service\] denied: (?:read|write) of port 2f8", part))
    else:
        logged = len(re.findall(r"ivi: (?:read|write) of 1 bytes at port 0x2f8 is answered by no device", part))
    assert "pci 00:10.0 (the cluster's storage): absent" in said and len(lines) == 6
    refused(report, f"isolation.{vm}.vehicle-bus", int("vehicle-bus 2f8: was ff, now ff" in lines), 1, logged, 3)


def test_hypercalls(attack, report):
    vm, said, part = attack
    hostile, accepted = map(int, re.findall(r"\d+", only(said, "hypercalls: ")[0]))
    if vm == "service":
        dropped = sum(map(int, re.findall(r"\((\d+) lines dropped\)", part)))
        logged, wanted = len(re.findall(r"\[service\] hypercall", part)) + dropped, hostile * 95 // 100
        assert hostile > 100000
    else:  # the first of them and every power of two
        logged, wanted = len(re.findall(r"\[ivi\] hypercall \w+ denied: not the service VM", part)), 11
        assert hostile == 1024
    assert "ring 3: 0" in said
    refused(report, f"isolation.{vm}.hypercalls-refused", hostile - accepted, hostile, logged, wanted)


def test_hypercall_fields(run, report):
    """Each field of each structure, each address, VM id and vCPU; memory regions of others."""
    part = run.step["all"]
    counts = re.findall(r"probe: (fields|addresses|VM ids|plain calls)(?: of ([\w ]+))?: (\d+) hostile ones, (\d+) accepted", part)
    assert len(counts) == 17
    assert report.add("isolation.service.fields-refused", sum(int(c[2]) - int(c[3]) for c in counts), "refused",
                      ok=all(c[3] == "0" for c in counts))
    regions = re.findall(r"probe: memory region (.*): (-?\d+)", part)
    denied = sum(int(result) < 0 for _, result in regions)
    refused(report, "isolation.service.regions-refused", denied, 10, len(re.findall(r"memory region 0: .*: refused", part)), 10)


def test_quiet_ways(attack, report):
    """SMI port, the host bridge's SMRAM, and of the IVI's machine the TCO watchdog: nothing happens to anybody."""
    vm, said, part = attack
    if vm == "service":
        logged = sum(f"{what} ignored" in part for what in ("write of 1 to port b2", "write of a0 to port b2")) + \
            len(re.findall(r"\[service\] PCI 00:00.0: write of \w+ to \w+ ignored", part))
    else:
        logged = sum(f"port {port} is answered by no device" in part
                     for port in ("0xb2", "0xb3", "0x660", "0x668", "0x672", "0x630"))
    refused(report, f"isolation.{vm}.smi-chipset", int("SMI, TCO and chipset: still running" in said), 1, logged,
            3 if vm == "service" else 6)


@pytest.mark.absent("bochs", "its chipset (i440FX, PIIX4) has no TCO watchdog, and not the south bridge that the probe attacks")
def test_tco_and_south_bridge(run, report):
    """TCO watchdog, SMI enable bits, and the registers that say where both are."""
    part = run.step["all"]
    logged = sum(f"to port {port} ignored" in part for port in ("660", "668", "672", "630")) + \
        len(re.findall(r"\[service\] PCI 00:1f.0: write of \w+ to \w+ ignored", part))
    refused(report, "isolation.service.tco", int("probe: SMI, TCO and chipset: still running" in part), 1, logged, 6)


@pytest.mark.parametrize("way", ENDS)
def test_service_vm_ends_itself_only(run, way, report):
    part = run.step[way]
    by, how = ENDS[way]
    right = f"[service] ended: {how}" in part and "[service] started again" in part and \
        (by is None or re.search(rf"\[service\] guest asks for [\w ]+ by {by}", part)) and \
        f"probe: end {way}: still running" not in part
    assert report.add(f"isolation.service.{'power-off' if way == 'all' else way}", int(bool(right)), "contained", ok=right)


def test_devices_are_stopped_at_each_restart(run, report):
    stopped = re.findall(r"\[service\] devices: (\d+) stopped, (\d+) of them reset", run.text)
    devices, resets = (3, 1) if run.machine == QEMU else (2, 0)  # nothing of the old PC in Bochs has a reset of its own
    assert report.add("isolation.service.device-resets", len(stopped), "restarts",
                      ok=len(stopped) == len(isolationrun.STEPS) - 1 and
                      all(int(s) >= devices and int(r) >= resets for s, r in stopped))


@pytest.mark.parametrize("way", IVI_ENDS)
def test_ivi_ends_itself_only(run, way, report):
    life = run.ivi(way)[0]
    word, status = IVI_ENDS[way]
    right = re.search(word, life) and f"probe: ivi life {way} ends, status {status}" in life and \
        "[ivi] destroyed by its device model" in life and "[service] ended" not in life
    if way == "triple":
        right = right and "[ivi] ended: triple fault" in life
    assert report.add(f"isolation.ivi.{way}", int(bool(right)), "contained", ok=right)


def test_ivi_is_destroyed_while_it_runs(run, report):
    part = run.step["all"]
    right = "probe: start without memory: 0" in part and "probe: destroy while it runs: 0" in part and \
        "probe: start after that: -22" in part and "[ivi] destroyed by its device model" in part
    # Behind its owner's back, who then is killed, or is so at the same time, or finds out before that and ends itself.
    behind = [life for life in run.ivi("spin") if "destroy of a VM that somebody else runs: 0" in life]
    right = right and len(behind) == 2 and all("[ivi] destroyed by its device model" in life for life in behind) and \
        all(re.search("ends, status (75|137)$", life, re.M) for life in behind)
    assert report.add("isolation.ivi.destroyed-while-running", 1 + len(behind), "times", ok=right)


def test_ivi_whose_owner_is_killed(run, report):
    """By SIGKILL, in the middle of a storm of exits and of a loop with interrupts closed."""
    lives = run.ivi("storm")[:2] + run.ivi("spin")[:1]
    right = len(lives) == 3 and all("[ivi] destroyed by its device model" in life for life in lives) and \
        all("ends, status 137" in life for life in lives) and \
        sum("address 0x40000000 is answered by no device" in life for life in lives) == 2
    assert report.add("isolation.ivi.owner-killed", len(lives), "times", ok=right)


def test_service_vm_dies_while_the_ivi_runs(run, report):
    right = "[service] ended: triple fault" in run.step["ivi"] and "[ivi] destroyed: the service VM is gone" in \
        run.step["ivi"] and "probe: ivi life s5 ends, status 0" in run.step["end"]
    assert report.add("isolation.ivi.service-vm-dies", int(right), "contained", ok=right)


def test_the_service_vm_went_on(run, report):
    """Its threads on both CPUs ran while the IVI, on one of them, did all that."""
    beats = re.findall(r"probe: beat on CPU (\d): (\d+) beats, longest absence (\d+) ms", run.step["ivi"])
    assert [cpu for cpu, _, _ in beats] == ["0", "1"]
    for cpu, count, longest in beats:
        assert int(count) > 100
        assert report.add(f"isolation.service.longest-absence-cpu{cpu}", int(longest), "ms", bound=MAX_ABSENCE_MS)
    assert not re.search(r"rcu.*stall|soft lockup|BUG:|Oops", run.text)


def test_a_cpu_is_shared(run, report):
    """By the service VM, of the same weight, and an IVI that spins there with interrupts closed: the service VM has its half, or
    more where the processor tells us that the other one only spins."""
    beside, alone = (int(re.search(rf"probe: rounds on CPU 1 {when}: (\d+)", run.step["ivi"])[1]) for when in ("beside", "alone"))
    assert report.add("isolation.service.share-of-cpu1", round(100 * beside / alone), "%", ok=beside / alone >= 0.45)


def test_the_cluster_went_on(run, report):
    """By its own counts on its own bus, and by the hypervisor's: not one exit more than it had at the start."""
    assert "PANIC" not in run.text
    fired = len(re.findall(r"\[cluster\] (?:ended|watchdog|vCPU)", run.text))
    exits = list(map(int, re.findall(r"probe: exits of cluster: (\d+)", run.text)))
    first, last = run.clusters["all"], run.clusters["done"]
    frames, seconds = last["Drawn"] - first["Drawn"], (last["ms"] - first["ms"]) / 1000
    slots = frames + last["Overruns"] - first["Overruns"]
    report.add("isolation.cluster.frames", frames, "frames")
    report.add("isolation.cluster.overruns", last["Overruns"] - first["Overruns"], "frames")
    right = [report.add("isolation.cluster.watchdog-fired", fired, "times", bound=0),
             report.add("isolation.cluster.tasks-ended", last["Ended"], "times", bound=0),
             report.add("isolation.cluster.exits", exits[-1] - exits[0], "exits", bound=0),
             report.add("isolation.cluster.frames-per-s", frames / seconds, "1/s", ok=frames / seconds >= MIN_FRAMES_PER_S),
             report.add("isolation.cluster.slots-unaccounted", abs(slots - round(seconds * 60)), "frames", bound=3)]
    assert len(exits) == len(isolationrun.STEPS) + 1 and all(right), f"{frames} frames, {slots} of {seconds * 60} slots; {run.words}"
