# SPDX-License-Identifier: BSD-3-Clause
"""A plain car: six gears with hysteresis, engine speed, distance, fuel, coolant; and one on a speed trace, as a pure function of its time."""
import bisect
import csv

STEP = 0.05  # s
IDLE_RPM = 780
# Engine revolutions a minute per km/h in each gear: ratio * final drive / wheel circumference.
RPM_PER_KMH = [0, 126.0, 70.0, 46.5, 34.5, 27.5, 23.0]
UPSHIFT_KMH = [0, 17, 33, 50, 68, 92, 1e9]
DOWNSHIFT_KMH = [0, -1, 10, 24, 40, 57, 78]
SHIFT_SMOOTHING_S = 0.25
# What it takes to move: mass (kg), rolling resistance (N), air drag (N per (m/s)^2).
MASS, ROLLING, DRAG = 1400, 150, 0.39
IDLE_LITRES_S = 0.8 / 3600       # by friction, in proportion to engine speed
JOULES_LITRE, EFFICIENCY = 32e6, 0.36
TANK_LITRES, TANK_START = 50, 31.2
USUAL_LITRES_KM, USUAL_KM = 0.064, 60  # the range is by the consumption on this drive and before
COOLANT_START, THERMOSTAT = 14.0, 88.0  # degrees Celsius
COOLANT_SHARE, HEAT_CAPACITY, RADIATOR = 0.30, 35e3, 0.5  # of the fuel's heat; J/K; 1/s above the thermostat


def load_trace(path):
    with open(path, newline="", encoding="ascii") as f:
        rows = list(csv.DictReader(f))
    return [float(r["t_s"]) for r in rows], [float(r["speed_kmh"]) for r in rows]


class Car:
    """What drives: gear, engine speed, distance, fuel, coolant, a step of STEP seconds at a time."""

    def __init__(self):
        self.gear, self.rpm, self.metres, self.litres, self.coolant = 0, IDLE_RPM, 0.0, 0.0, COOLANT_START

    def step(self, v, v_next, v_soon):
        """At v km/h, at v_next after the step, at v_soon in about a second."""
        self.gear = self._next_gear(self.gear, v, v_soon)
        wanted = max(IDLE_RPM, v * RPM_PER_KMH[self.gear])
        if v > 0.1 and self.gear == 1:  # the clutch slips until first gear carries the engine
            wanted = max(wanted, 1250)
        self.rpm += (wanted - self.rpm) * min(1, STEP / SHIFT_SMOOTHING_S)
        self.metres += v / 3.6 * STEP
        burnt = self._litres_s(v / 3.6, (v_next - v) / 3.6 / STEP, self.rpm) * STEP
        self.litres += burnt
        self.coolant += burnt * JOULES_LITRE * COOLANT_SHARE / HEAT_CAPACITY - max(self.coolant - THERMOSTAT, 0) * RADIATOR * STEP

    @staticmethod
    def _litres_s(v, a, rpm):
        """What the engine burns at v m/s and a m/s^2."""
        watts = max(v * (ROLLING * (v > 0) + DRAG * v * v + MASS * a), 0)
        return IDLE_LITRES_S * rpm / IDLE_RPM + watts / (JOULES_LITRE * EFFICIENCY)

    @staticmethod
    def _next_gear(gear, v, v_soon):
        if v < 0.1 and v_soon < 0.1:
            return 0
        if gear == 0:
            return 1
        if v > UPSHIFT_KMH[gear]:
            return gear + 1
        if v < DOWNSHIFT_KMH[gear]:
            return gear - 1
        return gear


def tank(litres, metres, coolant):
    """(% of the tank, km that are left, coolant in degrees Celsius) after so much fuel and way."""
    left, km = TANK_START - litres, metres / 1000
    usual = (USUAL_LITRES_KM * USUAL_KM + litres) / (USUAL_KM + km)
    return 100 * left / TANK_LITRES, left / usual, coolant


class Drivetrain:
    """A car on a trace."""

    def __init__(self, path):
        self.times, self.speeds = load_trace(path)
        self.duration = self.times[-1]
        self.gears, self.rpms, self.metres, self.litres, self.coolants = [], [], [], [], []
        self._simulate()

    def speed(self, t):
        """km/h at t seconds, linear between the trace's points, held at its ends."""
        if t <= self.times[0]:
            return self.speeds[0]
        if t >= self.duration:
            return self.speeds[-1]
        i = bisect.bisect_right(self.times, t) - 1
        part = (t - self.times[i]) / (self.times[i + 1] - self.times[i])
        return self.speeds[i] + part * (self.speeds[i + 1] - self.speeds[i])

    def _simulate(self):
        car = Car()
        for i in range(int(self.duration / STEP) + 1):
            t = i * STEP
            car.step(self.speed(t), self.speed(t + STEP), self.speed(t + 1.0))
            self.litres.append(car.litres)
            self.coolants.append(car.coolant)
            self.gears.append(car.gear)
            self.rpms.append(car.rpm)
            self.metres.append(car.metres)

    def at(self, t):
        """(km/h, 1/min, gear, metres) at t seconds."""
        i = min(max(int(t / STEP), 0), len(self.gears) - 1)
        j = min(i + 1, len(self.gears) - 1)
        part = min(max(t / STEP - i, 0), 1)
        rpm = self.rpms[i] + part * (self.rpms[j] - self.rpms[i])
        return self.speed(t), rpm, self.gears[i], self.metres[i]

    def tank(self, t):
        """(% of the tank, km that are left, coolant in degrees Celsius) at t seconds."""
        i = min(max(int(t / STEP), 0), len(self.gears) - 1)
        return tank(self.litres[i], self.metres[i], self.coolants[i])
