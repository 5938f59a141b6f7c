# SPDX-License-Identifier: BSD-3-Clause
"""A car that somebody drives by keys, in the place of a trace: speed, lamps, what is outside, and a bus that falls silent."""
from drivetrain import STEP, Car, tank
from vehicle_sim import BLINK_PERIOD_S, HAZARD, Simulator

KEYS = """\
  w s   5 km/h faster, slower        space  brakes until the car stands
  l r h turn left, right, hazard     p b    parking brake, seat belt
  i j k main beam, dipped, fog       d a e  door, ABS, engine
  o c t oil, charge, tyres           m      miles or km
  n     day or night                 + -    warmer, colder outside
  < >   colder, warmer driver's seat x      the bus falls silent, or not
  A B   trip A, B begins anew
"""
LAMPS = {"l": "TurnLeft", "r": "TurnRight", "p": "ParkBrake", "b": "BeltReminder", "i": "HighBeam", "j": "DippedBeam", "k": "FogFront",
         "d": "DoorOpen", "a": "AbsFault", "e": "EngineMil", "o": "OilPressure", "c": "BatteryCharge", "t": "TyrePressure"}
BUTTONS = {"A": "TripAReset", "B": "TripBReset"}
MOST_KMH, MORE_KMH = 240, 5
ACCELERATION, SLOWING, BRAKES = 2.5, 2.5, 8.0  # m/s^2
BUTTON_S = 0.5


class ByHand:
    """The car's state; at(t) and tank(t) as a Drivetrain's, for times that do not go back."""

    def __init__(self):
        self.car, self.t, self.v, self.wanted, self.brakes = Car(), 0.0, 0.0, 0, False
        self.lamps, self.silent = set(), False
        self.override = {("Exterior", "AirTemperature"): 12.0, ("Exterior", "LightIntensity"): 100.0, ("Cabin", "Miles"): 0,
                         ("Cabin", "DriverTemperature"): 21.5}
        self.pressed = dict.fromkeys(BUTTONS.values(), 0.0)  # until when

    def key(self, key):
        """Takes a key; False: it means nothing."""
        if key in ("w", "s"):
            self.wanted = min(max(self.wanted + (MORE_KMH if key == "w" else -MORE_KMH), 0), MOST_KMH)
            self.brakes = False
        elif key == " ":
            self.wanted, self.brakes = 0, True
        elif key in LAMPS:
            self.lamps = self.lamps ^ {LAMPS[key]}  # a new set: another thread may look through the old one
        elif key == "h":
            self.lamps = self.lamps.difference(HAZARD) if self.lamps >= set(HAZARD) else self.lamps.union(HAZARD)
        elif key in ("+", "-"):
            warmer = self.override[("Exterior", "AirTemperature")] + (1 if key == "+" else -1)
            self.override[("Exterior", "AirTemperature")] = min(max(warmer, -30), 50)
        elif key in ("<", ">"):
            warmer = self.override[("Cabin", "DriverTemperature")] + (0.5 if key == ">" else -0.5)
            self.override[("Cabin", "DriverTemperature")] = min(max(warmer, 16), 28)
        elif key == "n":
            self.override[("Exterior", "LightIntensity")] = 100 - self.override[("Exterior", "LightIntensity")]
        elif key == "m":
            self.override[("Cabin", "Miles")] ^= 1
        elif key == "x":
            self.silent = not self.silent
        elif key in BUTTONS:
            self.pressed[BUTTONS[key]] = self.t + BUTTON_S
        else:
            return False
        return True

    def _go_on(self, t):
        while self.t + STEP <= t:
            change = ACCELERATION if self.wanted > self.v else BRAKES if self.brakes else SLOWING
            change *= 3.6 * STEP
            v = min(self.v + change, self.wanted) if self.wanted > self.v else max(self.v - change, self.wanted)
            self.car.step(self.v, v, v if v < 0.1 else self.wanted or v)
            self.v, self.t = v, self.t + STEP

    def at(self, t):
        """(km/h, 1/min, gear, metres) at t seconds."""
        self._go_on(t)
        return self.v, self.car.rpm, self.car.gear, self.car.metres

    def tank(self, t):
        """(% of the tank, km that are left, coolant in degrees Celsius) at t seconds."""
        self._go_on(t)
        return tank(self.car.litres, self.car.metres, self.car.coolant)

    def lit(self, t):
        """The lamps that are lit; the turn signals blink."""
        return self.lamps.difference(HAZARD if t % BLINK_PERIOD_S >= BLINK_PERIOD_S / 2 else ())

    def buttons(self, t):
        return [name for name, until in self.pressed.items() if t < until]

    def __str__(self):
        lamps = " ".join(sorted(self.lamps)) or "no lamps"
        return f"{self.v:3.0f} km/h, wanted {self.wanted}; {lamps}{'; the bus is silent' if self.silent else ''}"


class HandSimulator(Simulator):
    """The vehicle, as .hand drives it."""

    def __init__(self, **how):
        super().__init__(**how)
        self.drive = self.hand = ByHand()

    def lit(self, t):
        return self.hand.lit(t)

    def state(self, t):
        state = super().state(t)
        for (message, signal), value in self.hand.override.items():
            state[message][signal] = self.override.get((message, signal), value)
        state["Odometer"].update(dict.fromkeys(self.hand.buttons(t), 1))
        return state

    def active_fault(self, t):
        return "cut" if self.hand.silent else super().active_fault(t)
