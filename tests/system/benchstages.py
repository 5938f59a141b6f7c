# SPDX-License-Identifier: BSD-3-Clause
"""Where the instructions of an access go that the device model answers: the emulator's own trace of every instruction, cut
into stages by who runs (hypervisor, guest, Linux, its user space) and by one address in Linux."""
import os
import re
import statistics
import time

# Of the processor state that QEMU's trace names for each instruction (target/i386/cpu.h, HF_*)
HF_CPL, HF_CS64, HF_GUEST = 3, 1 << 15, 1 << 21
LINE = re.compile(r"Trace 0: \S+ \[[0-9a-f]+/([0-9a-f]+)/([0-9a-f]+)/")

STAGES = {  # in the order in which one access passes them
    "guest": "the guest's own loop",
    "post": "hypervisor: exit, decode, request posted, upcall, switch to Linux",
    "upcall": "Linux: upcall's interrupt, work queued, switch to the worker",
    "eoi": "hypervisor: end of that interrupt",
    "worker": "Linux: HSM's work item, device model woken, switch to it",
    "system-calls": "Linux: attach and notify, the device model's two system calls",
    "handler": "device model: the port's handler",
    "answer": "hypervisor: notify hypercall, switch to the guest, answer, entry",
}


def trace(nuc, path, size=12_000_000):
    """Logs each instruction of a machine that runs them one by one, until the log (-D PATH) has grown by `size`; returns the
    new lines."""
    before = os.path.getsize(path) if os.path.exists(path) else 0
    nuc.pause()
    nuc.qmp.hmp("log exec,nochain")
    nuc.resume()
    while nuc.running() and (not os.path.exists(path) or os.path.getsize(path) - before < size):
        time.sleep(0.02)
    nuc.pause()
    nuc.qmp.hmp("log none")
    nuc.resume()
    with open(path, encoding="ascii", errors="replace") as f:
        f.seek(before)
        return f.readlines()


def who(flags):
    if not flags & HF_GUEST:
        return "hypervisor"
    if not flags & HF_CS64:
        return "guest"  # the bench guest is 32-bit
    return "user" if flags & HF_CPL == 3 else "kernel"


def next_stage(stage, runs, at_dispatcher):
    """The stage of an instruction, from that of the one before."""
    if runs == "guest":
        return "guest"
    if runs == "user":
        return "handler"
    if runs == "hypervisor":
        return {"guest": "post", "upcall": "eoi", "handler": "answer", "system-calls": "answer"}.get(stage, stage)
    if at_dispatcher:
        return "worker"
    return {"post": "upcall", "eoi": "upcall", "handler": "system-calls"}.get(stage, stage)


def accesses(lines, dispatcher):
    """One {stage: instructions} for each whole access, with the address of the guest's instruction as "at"."""
    done, counts, stage, last = [], None, None, 0
    for line in lines:
        match = LINE.match(line)
        if not match:
            continue
        address, runs = int(match[1], 16), who(int(match[2], 16))
        if runs == "guest" and stage not in (None, "guest"):
            if counts is not None:
                done.append(counts)
            counts = dict.fromkeys(STAGES, 0)
        if runs == "hypervisor" and stage == "guest" and counts is not None:
            counts["at"] = last
        stage = next_stage(stage, runs, address == dispatcher) if stage or runs == "guest" else None
        last = address
        if counts is not None and stage:
            counts[stage] += 1
    return done


def medians(done):
    """The median of each stage, and of whole accesses as "all"."""
    result = {stage: round(statistics.median(counts[stage] for counts in done)) for stage in STAGES}
    result["all"] = round(statistics.median(sum(counts[stage] for stage in STAGES) for counts in done))
    return result
