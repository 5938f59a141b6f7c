# SPDX-License-Identifier: BSD-3-Clause
"""Plays a drive to the cluster over the UART of the virtual NUC (SLCAN), in lockstep with the cluster's own time.

The cluster sends a Sync frame with its time; the answer is the vehicle's state at that time. So a slow emulator changes
nothing. As a library: Simulator answers bytes with bytes; Connection runs one on a unix socket in a thread.
"""
import os
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import can_bus  # noqa: E402
import surroundings  # noqa: E402
from drivetrain import Drivetrain  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
TRACE = os.path.join(HERE, "wltc_class3b.csv")
SCRIPT = os.path.join(HERE, "telltales.txt")
DBC = os.path.join(HERE, "..", "..", "guests", "cluster", "cockpit.dbc")
ODOMETER_START_M = 12345600
BLINK_PERIOD_S = 0.68  # UN R48: 90 +- 30 a minute
TOUR_BEGIN_S, TOUR_STEP_S = 2.0, 1.0  # after the lamp check; each lamp for so long
HAZARD = ("TurnLeft", "TurnRight")
SLOW_PERIOD = 6                # in answers: ten times a second ...
SLOW = {"Engine": 0, "Exterior": 2, "Cabin": 4}  # ... these, one after the other
FAULTS = ("cut", "corrupt", "babble", "freeze", "late", "masquerade", "length", "insert", "order")


def load_script(path):
    lamps = []
    with open(path, encoding="ascii") as f:
        for number, line in enumerate(f, 1):
            words = line.split("#")[0].split()
            if not words:
                continue
            if len(words) not in (3, 4) or words[3:] not in ([], ["blink"]):
                raise ValueError(f"{path}:{number}: not FROM TO LAMP [blink]: {line.strip()}")
            lamps.append((float(words[0]), float(words[1]), words[2], len(words) == 4))
    return lamps


def lamp_messages(dbc):
    """{lamp: message} of every telltale that the vehicle may light, in the DBC's order."""
    return {s.name: m.name for m in dbc.values() if m.sender == "VEHICLE" for s in m.signals.values()
            if s.size == 1 and m.name in ("Body", "Lamps")}


def lamps_of(state):
    """The names of the lamps that are lit in a state of the vehicle."""
    return {name for message in ("Body", "Lamps") for name, value in state[message].items() if name != "Gear" and value}


def load_switches(dbc=DBC):
    """The bits of message Odometer: what is held or switched beside the count."""
    return [s.name for s in can_bus.load_dbc(dbc)["Odometer"].signals.values() if s.size == 1]


class Simulator:
    """Answers the cluster. start: the trace's second at cluster time 0. faults: list of (kind, from_s, to_s) in cluster time.
    tour: no script, but every lamp alone for a second, the hazard lights last, and again. switches: list of (bit of Odometer,
    from_s, to_s) in cluster time: a trip's button, ignition. override: {(message, signal): value}, whatever the drive says."""

    def __init__(self, start=0.0, faults=(), trace=TRACE, script=SCRIPT, dbc=DBC, tour=False, switches=(), override=None):
        self.start, self.faults, self.switches, self.override = start, list(faults), list(switches), dict(override or {})
        self.drive = Drivetrain(trace)
        self.lamps = load_script(script)
        self.dbc = can_bus.load_dbc(dbc)
        self.message_of = lamp_messages(self.dbc)
        unknown = {lamp for _, _, lamp, _ in self.lamps} - set(self.message_of)
        if unknown:
            raise ValueError(f"{script}: no lamps of {dbc}: {', '.join(sorted(unknown))}")
        known = {(m.name, s) for m in self.dbc.values() if m.sender == "VEHICLE" for s in m.signals}
        missing = [".".join(name) for name in self.override if name not in known] + \
            [kind for kind, _, _ in self.faults if kind.startswith("no ") and kind[3:] not in self.dbc]
        if missing:
            raise ValueError(f"{dbc} has none of: {', '.join(missing)}")
        self.tour = [(lamp,) for lamp in self.message_of] + [HAZARD] if tour else None
        self.by_id = {m.id: m for m in self.dbc.values()}
        self.alive = {}
        self.line = b""
        self.stats = {}          # the last of each stats message, by name; "ms": when, by the last sync
        self.stats_requests = 0  # to be sent
        self.syncs = 0
        self.time_ms = None      # of the last sync
        self.unknown = []        # lines that are no frames: a panic report, say
        self.fault = None        # set by a test: a fault, or "no MESSAGE", from now on, whatever the time
        self.fault_ms = None     # of the first sync that the present fault answered
        self.held = b""          # by the fault "order": frames that come after newer ones
        self.babble_state = 1

    def state(self, t):
        """The vehicle at cluster time t (s): what its messages say; a lamp that is dark is not named."""
        trace_t = t + self.start
        speed, rpm, gear, metres = self.drive.at(trace_t)
        fuel, range_km, coolant = self.drive.tank(trace_t)
        hour, minute = surroundings.clock(trace_t)
        driver, passenger = surroundings.seats(trace_t)
        state = {"Motion": {"Speed": round(speed, 2), "EngineRpm": round(rpm)}, "Body": {"Gear": gear},
                 "Odometer": {"Distance": ODOMETER_START_M + int(metres)}, "Lamps": {},
                 "Engine": {"FuelLevel": round(2 * fuel) / 2, "Range": int(range_km), "Coolant": round(coolant)},
                 "Exterior": {"AirTemperature": round(2 * surroundings.air(trace_t)) / 2,
                              "LightIntensity": round(2 * surroundings.light(trace_t)) / 2},
                 "Cabin": {"Hour": hour, "Minute": minute, "Miles": 0, "DriverTemperature": driver, "PassengerTemperature": passenger}}
        state["Odometer"].update({name: 1 for name, begin, end in self.switches if begin <= t < end})
        for lamp in self.lit(t):
            state[self.message_of[lamp]][lamp] = 1
        for (message, signal), value in self.override.items():
            state[message][signal] = value
        return state

    def lit(self, t):
        """The lamps that are lit at cluster time t: by the script, or by the tour."""
        if self.tour:
            if t < TOUR_BEGIN_S:
                return ()
            step, within = divmod(t - TOUR_BEGIN_S, TOUR_STEP_S)
            lamps = self.tour[int(step) % len(self.tour)]
            return () if lamps == HAZARD and within % BLINK_PERIOD_S >= BLINK_PERIOD_S / 2 else lamps
        trace_t = t + self.start
        return [lamp for begin, end, lamp, blink in self.lamps if begin <= trace_t < end and
                not (blink and (trace_t - begin) % BLINK_PERIOD_S >= BLINK_PERIOD_S / 2)]

    def active_fault(self, t):
        if self.fault:
            return self.fault
        return next((kind for kind, begin, end in self.faults if begin <= t < end), None)

    def send(self, name, values):
        m = self.dbc[name]
        self.alive[name] = (self.alive.get(name, -1) + 1) & 0xF
        return can_bus.slcan(m.id, can_bus.protect(m.id, m.pack(values), self.alive[name]))

    def answer(self, time_ms):
        t = time_ms / 1000
        fault = self.active_fault(t)
        self.fault_ms = (time_ms if self.fault_ms is None else self.fault_ms) if fault else None
        if fault == "cut":
            return b""
        if fault == "babble":
            return self.babble()
        if fault == "late":
            time_ms, t = max(time_ms - 500, 0), max(t - 0.5, 0)
        frames = []
        for name, values in self.state(t).items():
            if fault == f"no {name}" or SLOW.get(name, self.syncs % SLOW_PERIOD) != self.syncs % SLOW_PERIOD:
                continue
            if fault == "freeze":
                self.alive[name] = (self.alive.get(name, 0) - 1) & 0xF
            frames.append(self.send(name, dict(values, TimeMs=time_ms & 0xFFFF)))
        frames = self.spoil(fault, frames)
        while self.stats_requests:
            self.stats_requests -= 1
            frames.append(self.send("StatsRequest", {}))
        return b"".join(frames)

    def spoil(self, fault, frames):
        """What becomes of good frames on their way."""
        if fault == "corrupt":  # a digit of the data is another
            return [f[:9] + (b"0" if f[9:10] != b"0" else b"1") + f[10:] for f in frames]
        if fault == "masquerade":  # each comes by the identifier of another
            return [frames[i - 1][:4] + f[4:] for i, f in enumerate(frames)]
        if fault == "length":  # the last byte is missing
            return [f[:4] + b"7" + f[5:-3] + b"\r" for f in frames]
        if fault == "insert":  # somebody else talks too: by an identifier of its own, and by ours
            return [b"t123" + frames[0][4:], *(f[:-3] + b"5A\r" for f in frames), *frames]
        if fault == "order":  # every other answer comes after the next one
            if not self.held:
                self.held = b"".join(frames)
                return []
            frames, self.held = [*frames, self.held], b""
        return frames

    def stats_complete(self):
        """Every kind of stats message has come since `stats` was cleared."""
        return all(name in self.stats for name in self.dbc if name.startswith("Stats") and self.dbc[name].sender == "CLUSTER")

    def babble(self):
        """Noise, pieces of frames, endless lines: repeatable, so that a failure can be seen again."""
        out = bytearray()
        for _ in range(96):
            self.babble_state = (self.babble_state * 1103515245 + 12345) & 0x7FFFFFFF
            out.append(b"tTrR0123456789ABCDEFxyz\r\n\0\xff"[(self.babble_state >> 16) % 27])
        return bytes(out)

    def feed(self, data):
        """Bytes from the cluster; returns the bytes to answer."""
        answers = []
        self.line += data
        while b"\r" in self.line:
            line, self.line = self.line.split(b"\r", 1)
            frame = can_bus.parse_slcan(line)
            if frame is None or frame[0] not in self.by_id or can_bus.crc8(*frame) != frame[1][0]:
                if line.strip():
                    self.unknown.append(line.strip())
                continue
            m = self.by_id[frame[0]]
            values = m.unpack(frame[1])
            if m.name == "Sync":
                self.syncs += 1
                self.time_ms = values["TimeMs"]
                answers.append(self.answer(values["TimeMs"]))
            elif m.sender == "CLUSTER":
                self.stats[m.name] = {**values, "ms": self.time_ms}
        return b"".join(answers)

    def sent(self):
        """What feed() gave has been written; for those who hold the machine until then."""


class Connection:
    """A simulator on the socket of a UART, in a thread of its own: with Connection(path, sim): ...

    path: of a unix socket, or a connected one.
    """

    def __init__(self, path, simulator, patience=60.0):
        self.path, self.simulator, self.patience = path, simulator, patience
        self.stop = threading.Event()
        self.error = None
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _connect(self):
        if isinstance(self.path, socket.socket):
            return self.path
        deadline = time.monotonic() + self.patience
        while not self.stop.is_set():
            s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                s.connect(self.path)
                return s
            except OSError:
                s.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
        return None

    def _run(self):
        try:
            s = self._connect()
            if s is None:
                return
            with s:
                s.settimeout(0.2)
                self._serve(s)
        except OSError as e:
            self.error = e

    def _serve(self, s):
        try:  # the cluster gives an answer 100 ms, and other load of the host must not make it late
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
        except OSError:
            pass
        while not self.stop.is_set():
            try:
                data = s.recv(4096)
            except TimeoutError:
                continue
            except ConnectionError:
                return
            if not data:
                return
            answer = self.simulator.feed(data)
            if answer:
                s.sendall(answer)
            self.simulator.sent()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join(5)
