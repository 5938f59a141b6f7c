# SPDX-License-Identifier: BSD-3-Clause
"""The RTOS kernel on a bare emulated PC: what its self-test and its conformance image say on COM1; coverage, size, use of stacks."""
import collections
import glob
import json
import os
import re
import subprocess

import pytest

import workers
from clustervm import CLUSTER_ELF, TOP, ClusterVM, vehicle_sim
from displaystack import wait_for
from machines import MACHINES, start

SELFTEST = os.path.join(TOP, "build", "guests", "rtos", "selftest.elf")
PROTECTION = os.path.join(TOP, "build", "guests", "rtos", "protection.elf")
CONFORMANCE = os.path.join(TOP, "build", "guests", "rtos", "conformance.elf")
COVERAGE = os.path.join(TOP, "build", "tests", "rtos", "coverage")
KERNEL = "guests/rtos/kernel/"

# OSEK OS 2.2.3 section 13: each service and every status that it returns, beside those that this kernel returns for all of them
# (ANY). What returns none is shown by what it does: "-".
SERVICES = {
    "ActivateTask": "E_OK E_OS_LIMIT E_OS_ID", "TerminateTask": "E_OK E_OS_RESOURCE",
    "ChainTask": "E_OK E_OS_LIMIT E_OS_ID E_OS_RESOURCE", "Schedule": "E_OK E_OS_RESOURCE", "GetTaskID": "E_OK",
    "GetTaskState": "E_OK E_OS_ID", "GetResource": "E_OK E_OS_ID E_OS_ACCESS",
    "ReleaseResource": "E_OK E_OS_ID E_OS_NOFUNC E_OS_ACCESS", "SetEvent": "E_OK E_OS_ID E_OS_ACCESS E_OS_STATE",
    "ClearEvent": "E_OK E_OS_ACCESS", "GetEvent": "E_OK E_OS_ID E_OS_ACCESS E_OS_STATE",
    "WaitEvent": "E_OK E_OS_ACCESS E_OS_RESOURCE", "GetAlarmBase": "E_OK E_OS_ID", "GetAlarm": "E_OK E_OS_NOFUNC E_OS_ID",
    "SetRelAlarm": "E_OK E_OS_STATE E_OS_ID E_OS_VALUE", "SetAbsAlarm": "E_OK E_OS_STATE E_OS_ID E_OS_VALUE",
    "CancelAlarm": "E_OK E_OS_NOFUNC E_OS_ID",
    # AUTOSAR OS 4 section 8.4
    "IncrementCounter": "E_OK E_OS_ID", "GetCounterValue": "E_OK E_OS_ID", "GetElapsedValue": "E_OK E_OS_ID E_OS_VALUE",
    "StartScheduleTableRel": "E_OK E_OS_ID E_OS_VALUE E_OS_STATE", "StartScheduleTableAbs": "E_OK E_OS_ID E_OS_VALUE E_OS_STATE",
    "StopScheduleTable": "E_OK E_OS_ID E_OS_NOFUNC", "NextScheduleTable": "E_OK E_OS_ID E_OS_NOFUNC E_OS_STATE",
    "GetScheduleTableStatus": "E_OK E_OS_ID", "GetApplicationState": "E_OK E_OS_ID",
    "TerminateApplication": "E_OK E_OS_ID E_OS_VALUE E_OS_STATE", "AllowAccess": "E_OK E_OS_STATE",
    # This kernel's own, beside section 7.5
    "GetStackUsage": "E_OK E_OS_ID",
}
ANY = "E_OS_CALLEVEL E_OS_DISABLEDINT"
# Those that take an object's name, which its owner may keep for itself; those that let a task come, within its time frame.
OWNED = ("ActivateTask ChainTask GetTaskState GetResource ReleaseResource SetEvent GetEvent GetAlarmBase GetAlarm SetRelAlarm SetAbsAlarm CancelAlarm "
         "IncrementCounter GetCounterValue GetElapsedValue StartScheduleTableRel StartScheduleTableAbs StopScheduleTable NextScheduleTable "
         "GetScheduleTableStatus GetStackUsage")
ARRIVALS = "ActivateTask ChainTask SetEvent"
POINTERS = ("GetTaskID GetTaskState GetEvent GetAlarmBase GetAlarm GetCounterValue GetElapsedValue GetScheduleTableStatus GetStackUsage "
            "GetApplicationState")
SILENT = ("DisableAllInterrupts EnableAllInterrupts SuspendAllInterrupts ResumeAllInterrupts SuspendOSInterrupts ResumeOSInterrupts "
          "GetActiveApplicationMode StartOS ShutdownOS GetApplicationID CheckObjectAccess CheckObjectOwnership")
# What an untrusted task tries on the machine; guests/rtos/selftest/attacks.c says what must come of each.
ATTACKS = (
    "write_trusted_data read_trusted_data write_board write_victim_data read_victim_data write_victim_stack write_control_stack "
    "write_constant write_text write_device read_null execute_data execute_stack overflow_stack smash_stack call_on_foreign_stack "
    "call_at_the_end loop loop_with_interrupts_off loop_with_lock take_lock_again loop_without_stack cli hlt out in out_bus rdmsr load_cr3 "
    "load_dr7 load_idt sysenter undefined divide breakpoint raise_timer raise_double_fault no_service negative_service far_return "
    "raise_iopl single_step task_return float_fault chain_itself come_early shut_down return_from_body activate_foreign set_foreign_event "
    "cancel_foreign_alarm lock_scheduler end_foreign result_in_trusted_data result_in_victim_data result_in_text result_at_the_top "
    "result_half_outside bad_segments bad_flags pending_float_fault accomplice restart end").split()
LOOPS = ("loop", "loop_with_lock", "loop_without_stack")
FOREIGN = [a for a in ATTACKS if a.endswith(("trusted_data", "victim_data", "victim_stack", "control_stack")) and not a.startswith("result")]
BUDGET_MS, TICK_MS = 3, 0.1  # protection.oil; what an alarm and a switch take, and more
HOOKS = "ErrorHook PreTaskHook PostTaskHook StartupHook ShutdownHook ProtectionHook"


def run(tmp_path, case, until, image=SELFTEST):
    """COM1's text when one of the words of `until` has come; the image never ends by itself."""
    argv = ["qemu-system-i386", "-kernel", image, "-append", case, "-cpu", "max", "-m", "64", "-nodefaults",
            "-vga", "none", "-display", "none", "-icount", "shift=0,sleep=off", "-no-reboot", "-serial", "stdio"]
    with open(tmp_path / "qemu.txt", "w", encoding="utf-8") as log:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
    text = ""
    try:
        while not any(word in text for word in until):
            line = process.stdout.readline()
            assert line, f"the emulator ended: {text}"
            text += line.decode("ascii", "replace")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    return text


def test_kernel(tmp_path):
    text = run(tmp_path, "run", ["selftest: end", "panic"])
    assert "WRONG" not in text and "panic" not in text
    for part in ("order", "alarms", "tables", "sse", "stacks"):
        assert f"selftest: {part} ok" in text


@pytest.mark.parametrize("case, words", [
    ("overflow", ["vector 14", "error 0x2", "in task MainTask"]),  # not present, write: the guard page
    ("sink", ["double fault", "in task MainTask"]),
    ("write-text", ["vector 14", "error 0x3"]),   # present, write
    ("exec-data", ["vector 14", "error 0x11"]),   # present, instruction fetch
    ("null", ["vector 14", "error 0x0", "cr2 0x0"]),
    ("smash", ["rtos panic: ShutdownOS", "in task MainTask", "status:13"]),  # E_OS_STACKFAULT, at the next switch
    ("smash-routine", ["rtos panic: ShutdownOS", "in task MainTask", "status:13"]),  # by a routine, at its end
    ("assert", ["assertion failed: order_used > 1000", "selftest.c:"]),
])
def test_faults_are_told(tmp_path, case, words):
    text = run(tmp_path, case, ["cr2 ", "selftest.c:", "status:", "selftest: end"])
    assert "rtos panic: " in text and "selftest: end" not in text
    for word in words:
        assert word in text, text


def under_the_hypervisor(name, image, ended):
    """What that image says as a VM with direct interrupts, by its own UART, until a line has `ended`."""
    iso = f"build/tests/guests/rtos/{image}.iso"
    workers.make(iso, "build/bochs/bochs")
    sim = vehicle_sim.Simulator()
    with start(name, iso, f"build/logs/rtos-{image}-{name}", memory=512, bus=True) as pc, vehicle_sim.Connection(pc.bus_path, sim):
        pc.console.wait_for(r"\[rtos\] starts|PANIC", limit=300)
        wait_for(lambda: any(re.search(ended, line) for line in sim.unknown), 300, f"the end of {image}")
        assert not re.search("PANIC|parked", pc.console.text), pc.console.text[-2000:]
    return "\n".join(line.decode("ascii", "replace") for line in sim.unknown) + "\n"


def attacks_withstood(text):
    """{attack: microseconds from its beginning until it was told of, None if it was not, or was refused by its service}."""
    found = {name: (state, took) for name, state, took in re.findall(r"protection: (\w+) (ok|WRONG)(?: (\d+))?\r?\n", text)}
    assert "protection: done" in text and {name: state for name, (state, _) in found.items()} == dict.fromkeys(ATTACKS, "ok"), text
    return {name: int(took) if took else None for name, (_, took) in found.items()}


def test_untrusted_task_ends_alone(tmp_path, report):
    """After each attack the trusted task and the other application have kept their time and their data."""
    withstood = attacks_withstood(run(tmp_path, "run", ["protection: done", "panic"], PROTECTION))
    assert report.add("rtos.attacks-withstood", len(withstood), "attacks")
    for failure, attacks, bound_ms in (("wrong-time-budget", LOOPS, BUDGET_MS + TICK_MS), ("memory-of-others", FOREIGN, TICK_MS)):
        took = max(withstood[attack] for attack in attacks) / 1000
        assert report.add(f"annexd.{failure}.detected-ms", took, "ms", bound=bound_ms)


@pytest.mark.parametrize("name", MACHINES)
def test_untrusted_task_ends_alone_under_the_hypervisor(name, report):
    withstood = attacks_withstood(under_the_hypervisor(name, "protection", rb"protection: done|panic"))
    assert report.add(f"rtos.{name}.attacks-withstood", len(withstood), "attacks")


def wanted_rows():
    rows = {(service, status) for service, statuses in SERVICES.items() for status in f"{statuses} {ANY}".split()}
    for services, status in (POINTERS, "E_OS_PARAM_POINTER"), (OWNED, "E_OS_ACCESS"), (ARRIVALS, "E_OS_PROTECTION_ARRIVAL"):
        rows |= {(service, status) for service in services.split()}
    return rows | {(service, "-") for service in f"{SILENT} {HOOKS}".split()}


def conformance_table(text):
    """{service: its statuses, in the order in which they were tested} of what the image has said, which must all be right."""
    rows = re.findall(r"conformance: (\S+) (\S+) (ok|WRONG.*)\r?\n", text)
    table, wrong = collections.defaultdict(list), []
    for service, status, result in rows:
        table[service].append(status)
        if result != "ok":
            wrong.append(f"{service} {status}: {result}")
    print("\n".join(f"{service:26} {' '.join(statuses)}" for service, statuses in table.items()))
    assert not wrong and "panic" not in text, text
    assert f"conformance: shut down with 0, {len(rows)} rows, 0 wrong" in text
    found = {(service, status) for service, status, _ in rows}
    assert not wanted_rows() - found
    return table


def test_conformance(tmp_path, report):
    """Every service with every status code of the specification, on the machine."""
    table = conformance_table(run(tmp_path, "mode-default", ["conformance: shut down with", "panic"], CONFORMANCE))
    tested = [service for service in table if service in SERVICES or service in SILENT.split()]
    assert report.add("rtos.services-tested", len(tested), "services")
    assert len(tested) == len(SERVICES) + len(SILENT.split())


@pytest.mark.parametrize("name", MACHINES)
def test_conformance_under_the_hypervisor(name, report):
    """The same table, as a VM."""
    table = conformance_table(under_the_hypervisor(name, "conformance", rb"conformance: shut down with|panic"))
    assert report.add(f"rtos.{name}.rows-tested", sum(map(len, table.values())), "rows")


@pytest.mark.parametrize("case, words", [
    ("mode-other", ["conformance: other mode ok", "conformance: shut down with 0,"]),
    ("mode-none", ["conformance: shut down with 3,", "rtos panic: ShutdownOS"]),
])
def test_application_modes(tmp_path, case, words):
    text = run(tmp_path, case, ["conformance: shut down with 0", "status:3"], CONFORMANCE)
    for word in words:
        assert word in text, text


def test_coverage(tmp_path, report):
    """Statements and branches of the kernel that its unit tests go through; docs/rtos.md would name the exceptions."""
    for path in glob.glob(os.path.join(COVERAGE, "*.gcda")):
        os.remove(path)
    for program in ("test_kernel", "test_small", "test_stack", "test_tables", "test_protect", "test_application", "test_conformance"):
        subprocess.run([os.path.join(COVERAGE, program)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    summary = tmp_path / "coverage.json"
    done = subprocess.run(["gcovr", "--root", TOP, "--filter", KERNEL, "--txt", "--txt-metric", "branch", "--json-summary", str(summary), COVERAGE],
                          cwd=TOP, check=True, capture_output=True, text=True)
    print(done.stdout)
    with open(summary, encoding="utf-8") as f:
        found = json.load(f)
    assert {os.path.basename(f["filename"]) for f in found["files"]} == {os.path.basename(f) for f in glob.glob(f"{TOP}/{KERNEL}*.c")}
    rows = [("statement", found["line_percent"]), ("branch", found["branch_percent"])]
    assert all([report.add(f"rtos.coverage-{kind}-percent", percent, "%", ok=percent == 100) for kind, percent in rows]), done.stdout


def stacks_of(elf):
    """Name and place, guard page left out, of each stack that the kernel looks after."""
    done = subprocess.run(["nm", "--numeric-sort", elf], check=True, capture_output=True, text=True)
    place = {name: int(at, 16) for at, name in re.findall(r"^(\S+) . (\S*stack\S*)$", done.stdout, re.MULTILINE)}
    begins = sorted(at for name, at in place.items() if not name.endswith("_top"))
    for name, at in place.items():
        if name == "boot_stack" or re.fullmatch(r"stack_\w+", name):
            yield name.removeprefix("stack_"), at + 4096, next(b for b in begins if b > at)


def test_cluster_has_stacks_to_spare(tmp_path, report):
    """The most that each stack of the cluster was used, read off its memory; idle's is boot_stack. Half of each stays free."""
    stacks = list(stacks_of(CLUSTER_ELF))
    assert {"boot_stack", "DrawTask", "BusTask"} <= {name for name, _, _ in stacks}
    used = {}
    with ClusterVM(tmp_path, start=1500) as vm:
        vm.until(4)
        vm.stats()
        for name, low, high in stacks:
            path = str(tmp_path / name)
            vm.qmp.command("pmemsave", val=low, size=high - low, filename=path)
            with open(path, "rb") as f:
                used[name] = len(f.read().lstrip(b"\xa5"))
    assert all(used.values()), used
    assert all([report.add(f"rtos.stack-{name}", used[name], "bytes", bound=(high - low) // 2) for name, low, high in stacks]), used


def test_kernel_is_small(report):
    """With its port to the machine."""
    done = subprocess.run(["cloc", "--json", KERNEL, "guests/rtos/x86", "guests/rtos/include"], cwd=TOP, check=True, capture_output=True, text=True)
    assert report.add("rtos.lines", json.loads(done.stdout)["SUM"]["code"], "lines", bound=5000)
