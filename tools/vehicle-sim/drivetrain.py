# SPDX-License-Identifier: BSD-3-Clause
"""A plain car on a speed trace: six gears with hysteresis, engine speed, distance. A pure function of the trace's time."""
import bisect
import csv

STEP = 0.05  # s
IDLE_RPM = 780
# Engine revolutions a minute per km/h in each gear: ratio * final drive / wheel circumference.
RPM_PER_KMH = [0, 126.0, 70.0, 46.5, 34.5, 27.5, 23.0]
UPSHIFT_KMH = [0, 17, 33, 50, 68, 92, 1e9]
DOWNSHIFT_KMH = [0, -1, 10, 24, 40, 57, 78]
SHIFT_SMOOTHING_S = 0.25


def load_trace(path):
    with open(path, newline="", encoding="ascii") as f:
        rows = list(csv.DictReader(f))
    return [float(r["t_s"]) for r in rows], [float(r["speed_kmh"]) for r in rows]


class Drivetrain:
    def __init__(self, path):
        self.times, self.speeds = load_trace(path)
        self.duration = self.times[-1]
        self.gears, self.rpms, self.metres = [], [], []
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
        gear, rpm, metres = 0, IDLE_RPM, 0.0
        for i in range(int(self.duration / STEP) + 1):
            v = self.speed(i * STEP)
            gear = self._next_gear(gear, v, self.speed(i * STEP + 1.0))
            wanted = max(IDLE_RPM, v * RPM_PER_KMH[gear])
            if v > 0.1 and gear == 1:  # the clutch slips until first gear carries the engine
                wanted = max(wanted, 1250)
            rpm += (wanted - rpm) * min(1, STEP / SHIFT_SMOOTHING_S)
            metres += v / 3.6 * STEP
            self.gears.append(gear)
            self.rpms.append(rpm)
            self.metres.append(metres)

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

    def at(self, t):
        """(km/h, 1/min, gear, metres) at t seconds."""
        i = min(max(int(t / STEP), 0), len(self.gears) - 1)
        j = min(i + 1, len(self.gears) - 1)
        part = min(max(t / STEP - i, 0), 1)
        rpm = self.rpms[i] + part * (self.rpms[j] - self.rpms[i])
        return self.speed(t), rpm, self.gears[i], self.metres[i]
