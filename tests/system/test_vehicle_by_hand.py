# SPDX-License-Identifier: BSD-3-Clause
"""Driving by keys: the program in a terminal of its own, the test in the cluster's place."""
import os
import pty
import select
import socket
import subprocess
import sys
import termios
import time

import pytest

from cockpit import TOP, VEHICLE
from clustervm import vehicle_sim

sys.path.insert(0, os.path.join(TOP, "tools", "vehicle-sim"))
import can_bus  # noqa: E402
from by_hand import HandSimulator  # noqa: E402


class Driver:
    """.press(keys), then .second(t): what the vehicle says at the cluster's time t, {message: values}."""

    def __init__(self, folder, ahead=b""):
        self.dbc = can_bus.load_dbc(vehicle_sim.DBC)
        self.by_id = {m.id: m for m in self.dbc.values()}
        path = os.path.join(str(folder), "bus")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen()
            self.terminal, theirs = pty.openpty()
            self.before = termios.tcgetattr(self.terminal)
            os.write(self.terminal, ahead)
            self.process = subprocess.Popen([VEHICLE, path, "--keys"], stdin=theirs, stdout=theirs, stderr=theirs)
            os.close(theirs)
            listener.settimeout(60)
            self.bus = listener.accept()[0]
        self.bus.settimeout(60)
        self.said, self.alive, self.shown = b"", 0, ""
        self.read_until("q     quit")

    def read_until(self, text):
        end = time.monotonic() + 60
        while text not in self.shown:  # it goes on saying something, five times a second
            assert time.monotonic() < end and select.select([self.terminal], [], [], 60)[0], f"never shown: {text}: {self.shown[-300:]!r}"
            self.shown += os.read(self.terminal, 4096).decode("utf-8", "replace")

    def press(self, keys, shows):
        """The line of the terminal says so when they have been taken."""
        self.shown = ""
        os.write(self.terminal, keys.encode())
        self.read_until(shows)

    def sync(self, time_ms):
        """One answer."""
        m = self.dbc["Sync"]
        self.alive = (self.alive + 1) & 0xF
        self.bus.sendall(can_bus.slcan(m.id, can_bus.protect(m.id, m.pack({"TimeMs": time_ms}), self.alive)))
        answer = {}
        while not {"Motion", "Body", "Odometer", "Lamps"} <= set(answer):
            while b"\r" not in self.said:
                self.said += self.bus.recv(4096)
            line, self.said = self.said.split(b"\r", 1)
            frame = can_bus.parse_slcan(line)
            answer[self.by_id[frame[0]].name] = self.by_id[frame[0]].unpack(frame[1])
        return answer


    def end(self):
        self.process.kill()
        self.process.wait()
        self.bus.close()
        os.close(self.terminal)


@pytest.fixture
def driver(tmp_path):
    d = Driver(tmp_path)
    yield d
    d.end()


def test_drives(driver):
    assert driver.sync(0)["Motion"]["Speed"] == 0
    driver.press("wwwwwwwwww", "wanted 50")
    speeds = [driver.sync(ms)["Motion"]["Speed"] for ms in range(0, 10_001, 500)]
    assert speeds == sorted(speeds) and speeds[-1] == 50 and 15 < speeds[4] < 20  # 2.5 m/s^2
    assert driver.sync(10_100)["Body"]["Gear"] >= 3
    driver.press(" ", "wanted 0")
    assert driver.sync(13_000)["Motion"]["Speed"] == 0
    before = driver.sync(13_100)["Odometer"]["Distance"]
    assert 100 < before - vehicle_sim.ODOMETER_START_M < 150 and driver.sync(20_000)["Odometer"]["Distance"] == before


def test_lamps(driver):
    driver.press("dl", "DoorOpen TurnLeft")
    state = driver.sync(0)
    assert state["Lamps"]["DoorOpen"] == 1 and state["Body"]["TurnLeft"] == 1 and state["Body"]["TurnRight"] == 0
    assert driver.sync(340)["Body"]["TurnLeft"] == 0  # it blinks
    driver.press("hd", "km/h, wanted 0; TurnLeft TurnRight")
    state = driver.sync(680)
    assert state["Lamps"]["DoorOpen"] == 0 and state["Body"]["TurnLeft"] == state["Body"]["TurnRight"] == 1


def test_what_is_outside_and_a_silent_bus():
    sim = HandSimulator()
    for key in "xnm---<A?":
        assert sim.hand.key(key) == (key != "?")
    assert sim.answer(1000) == b""
    assert sim.hand.key("x") and sim.answer(1000)
    state = sim.state(0)
    assert state["Exterior"] == {"AirTemperature": 9, "LightIntensity": 0} and state["Cabin"]["Miles"] == 1
    assert state["Cabin"]["DriverTemperature"] == 21
    assert state["Odometer"]["TripAReset"] == 1 and "TripAReset" not in sim.state(1)["Odometer"]


def test_quits_and_leaves_the_terminal_as_it_was(driver):
    assert termios.tcgetattr(driver.terminal) != driver.before
    os.write(driver.terminal, b"q")
    assert driver.process.wait(timeout=60) == 0
    assert termios.tcgetattr(driver.terminal) == driver.before


def test_keys_pressed_before_it_asks_for_them_count(tmp_path):
    driver = Driver(tmp_path, ahead=b"wwdq")
    try:
        driver.read_until("wanted 10; DoorOpen")
        assert driver.process.wait(timeout=60) == 0
    finally:
        driver.end()


def test_needs_a_terminal():
    done = subprocess.run([VEHICLE, "/nowhere", "--keys"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "no terminal" in done.stderr
