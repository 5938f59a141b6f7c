# SPDX-License-Identifier: BSD-3-Clause
"""The fast checks, the unit tests and the fuzzers as part of the one pytest run."""
import os
import subprocess

import pytest

FUZZ_SECONDS = int(os.environ.get("FUZZ_SECONDS", "30"))
TWICE = {"fuzz_gvt_control", "fuzz_gvt_virgl"}  # what a guest's GPU driver writes, the largest input there is, gets twice the time


def programs(path):
    """The programs of a list that make wrote; their absence is an error, not an empty set."""
    with open(path, encoding="utf-8") as f:
        return f.read().split()


def pytest_generate_tests(metafunc):
    if "unit_test" in metafunc.fixturenames:
        metafunc.parametrize("unit_test", programs("build/unit-tests.list"))
    if "fuzzer" in metafunc.fixturenames:
        metafunc.parametrize("fuzzer", programs("build/fuzzers.list"))


@pytest.mark.parametrize("check", ["check-format", "check-headers", "check-rooms"])
def test_tree(check):
    subprocess.run([f"tools/{check}"], check=True)


def test_unit(unit_test):
    subprocess.run(["tools/run-unit-tests", unit_test], check=True)


def test_fuzz(fuzzer):
    seconds = FUZZ_SECONDS * (2 if os.path.basename(fuzzer) in TWICE else 1)
    subprocess.run(["tools/run-fuzzers", str(seconds), fuzzer], check=True)
