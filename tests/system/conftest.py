# SPDX-License-Identifier: BSD-3-Clause
"""Fixtures of the system tests: machines, reports, campaigns.

A test belongs to the campaign of its module's `pytestmark = pytest.mark.campaign("failover")`, by default "test".
`--campaign NAME` (or "all") selects; rows added to `report` end in build/report/<campaign>.json.
"""
import os
import re
import sys
import time

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tools"))

from cockpit import LIMIT, Cockpit  # noqa: E402
from machines import MACHINES, Matrix  # noqa: E402
from nuc import Nuc, NucConfig  # noqa: E402
from report import Report  # noqa: E402
import workers  # noqa: E402

_reports = {}
_minutes = {}
_matrix = Matrix()
_host = workers.Host()


def pytest_addoption(parser):
    parser.addoption("--campaign", default="all", help="run the tests of this campaign only (test, failover, bench...)")


def pytest_configure(config):
    config.addinivalue_line("markers", "campaign(name): the campaign that a test belongs to")
    config.addinivalue_line("markers", "machine(name, why): the one machine that a test of the hypervisor runs on (machines.py)")
    config.addinivalue_line("markers", "absent(names, why): machines that a test cannot run on")
    config.addinivalue_line("markers", "alone: measures in the host's time, so no other test runs beside it (workers.py)")
    config.addinivalue_line("markers", "xdist_group(name): what stays together, where that is not the module")
    os.chdir(TOP)


def _campaign(item):
    marker = item.get_closest_marker("campaign")
    return marker.args[0] if marker else "test"


@pytest.hookimpl(tryfirst=True)  # before xdist looks for the groups
def pytest_collection_modifyitems(config, items):
    wanted, out = config.getoption("--campaign"), set(_matrix.plan(items))
    selected = [item for item in items if item not in out and wanted in ("all", _campaign(item))]
    config.hook.pytest_deselected(items=[item for item in items if item not in selected])
    items[:] = selected
    workers.plan(items)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item, nextitem):
    _host.enter(item)
    start = time.monotonic()
    yield
    _minutes[_campaign(item)] = _minutes.get(_campaign(item), 0) + (time.monotonic() - start) / 60
    _host.leave(nextitem)


def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):
        workers.give(session.config, {"reports": {name: report.rows for name, report in _reports.items()}, "minutes": _minutes,
                                      "matrix": _matrix.cells})


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """A worker has ended: its results become ours."""
    found = workers.take(node)
    for name, rows in (found["reports"] if found else {}).items():
        _reports.setdefault(name, Report(name)).rows += rows
    for name, minutes in (found["minutes"] if found else {}).items():
        _minutes[name] = _minutes.get(name, 0) + minutes
    _matrix.merge(found["matrix"] if found else {})


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    result = (yield).get_result()
    if call.when == "call":
        item.failed = result.failed
    if call.when == "call" or result.failed:
        _matrix.note(item, result.passed)


def _tell_matrix(terminalreporter):
    report = _reports.setdefault("matrix", Report("matrix"))
    for machine in MACHINES:
        report.add(f"matrix.{machine}.passed", _matrix.count(machine, "passed"), "tests")
        report.add(f"matrix.{machine}.failed", _matrix.count(machine, "failed"), "tests", bound=0)
        report.add(f"matrix.{machine}.not-on-it", _matrix.count(machine, "-"), "tests")
    report.extra["matrix"] = _matrix.cells
    terminalreporter.section("tests of the hypervisor and machines")
    terminalreporter.write_line(_matrix.table())


@pytest.hookimpl(tryfirst=True)
def pytest_terminal_summary(terminalreporter):
    if _matrix.ran():
        _tell_matrix(terminalreporter)
    for report in _reports.values():
        if report.rows:
            path = report.write()
            terminalreporter.section(path)
            terminalreporter.write_line(report.table())
    terminalreporter.section("campaigns")
    for name, minutes in _minutes.items():
        terminalreporter.write_line(f"{name}: {minutes:.1f} minutes")


@pytest.fixture
def report(request):
    """The report of this test's campaign. add(id, value, unit, bound, peer) also returns whether the bound holds."""
    name = _campaign(request.node)
    return _reports.setdefault(name, Report(name))


@pytest.fixture(scope="session")
def soak():
    """True in the long form of the campaigns (make soak)."""
    return os.environ.get("SOAK", "0") not in ("", "0")


def log_folder(node):
    return os.path.join(TOP, "build/logs", re.sub(r"[^A-Za-z0-9_.-]+", "-", node.name))


def keep_pictures(nuc):
    """What the screens show at the moment of a failure, beside the logs."""
    for i in range(len(nuc.config.screens) if nuc.screens else 0):
        try:
            image = nuc.picture(i)
        except Exception:  # the machine may be gone: the pictures are extra
            return
        if image:
            image.save(os.path.join(nuc.log_dir, f"failed-screen-{i}.png"))


@pytest.fixture
def machine(request):
    """machine(NucConfig(...)) starts a virtual NUC that ends with the test. Logs: build/logs/<test>/."""
    started = []

    def start(config, run=True, name=None):
        folder = log_folder(request.node) + (f"/{name}" if name else "")
        nuc = Nuc(name or "nuc", config, folder)
        started.append(nuc)
        nuc.start(run)
        return nuc

    yield start
    for nuc in reversed(started):
        if getattr(request.node, "failed", False):
            keep_pictures(nuc)
        nuc.close()


@pytest.fixture(scope="module")
def bare(request):
    """The service VM directly on the machine, at its debug shell; shared by the tests of a module."""
    with Nuc("bare", NucConfig.bare(), log_folder(request.node)) as nuc:
        nuc.console.wait_for("service-vm is up")
        nuc.console.wait_for("binnacle:.*# ")
        if "display: ready" not in nuc.console.text:  # until then services print between a command and its answer
            nuc.console.wait_for("display: ready")
        yield nuc


@pytest.fixture(scope="session")
def session_cockpit(tmp_path_factory):
    """The whole cockpit, booted once for all tests that look at it; held still between them."""
    with Cockpit(tmp_path_factory.mktemp("cockpit"), os.path.join(TOP, "build/logs/cockpit"), net_server="echo said outside") as c:
        c.nuc.console.wait_for("display: ready", limit=LIMIT)
        yield c


@pytest.fixture
def cockpit(request, session_cockpit):
    """The running cockpit."""
    session_cockpit.nuc.resume()
    yield session_cockpit
    if getattr(request.node, "failed", False):
        keep_pictures(session_cockpit.nuc)
    if session_cockpit.nuc.running():
        session_cockpit.nuc.pause()
