# SPDX-License-Identifier: BSD-3-Clause
"""The tests among several workers (pytest-xdist): what stays together, what has the host to itself, how results come together.

An emulator keeps one CPU busy, so on two CPUs two workers take half the time. A module's tests stay together, for they share its
machines, unless they have a mark xdist_group("name") of their own; so do the tests of modules that share one. Those of a module
marked `alone` measure in the host's time: no other worker does anything meanwhile.
"""
import contextlib
import fcntl
import json
import os
import subprocess

import pytest

LOCKS = "build/tests"
ONE_BY_ONE = {"test_check"}  # its tests have nothing in common
TOGETHER = {"test_cockpit": "cockpit", "test_cockpit_plan": "cockpit", "test_network": "cockpit",
            "test_failover": "cockpit"}  # fixture session_cockpit


def group(item):
    mark = item.get_closest_marker("xdist_group")
    return mark.args[0] if mark else item.nodeid


def plan(items):
    """Gives each item its group, and puts last what fills the time of a worker that has nothing else: xdist hands out groups by
    their number of tests and then in this order."""
    for item in items:
        module = item.path.stem
        if module not in ONE_BY_ONE and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(TOGETHER.get(module, module)))
    items.sort(key=lambda item: item.path.stem in ONE_BY_ONE)


@contextlib.contextmanager
def _locked(name, how=fcntl.LOCK_EX):
    os.makedirs(LOCKS, exist_ok=True)
    with open(f"{LOCKS}/{name}.lock", "w", encoding="utf-8") as f:
        fcntl.flock(f, how)
        yield


def make(*targets):
    """Has them made; two makes at once would make the same file."""
    with _locked("make"):
        subprocess.run(["make", "-s", *targets], check=True)


class Host:
    """The host's CPUs, which a worker uses together with the others, or alone."""

    def __init__(self):
        self._held = contextlib.ExitStack()
        self._group = None

    def enter(self, item):
        if group(item) == self._group:
            return
        self._group = group(item)
        with _locked("turn"):  # who waits to be alone is not passed by
            self._held.enter_context(_locked("host", fcntl.LOCK_EX if item.get_closest_marker("alone") else fcntl.LOCK_SH))

    def leave(self, nextitem):
        if nextitem is None or group(nextitem) != self._group:
            self._group = None
            self._held.close()


def give(config, found):
    """A worker's results, to the process that started it."""
    config.workeroutput["found"] = json.dumps(found)


def take(node):
    """What a worker gave, or None where it did not come to that."""
    text = getattr(node, "workeroutput", {}).get("found")
    return json.loads(text) if text else None
