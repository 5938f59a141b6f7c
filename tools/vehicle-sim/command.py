#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Plays a drive to the cluster over the UART of the virtual NUC (SLCAN): a trace, or what somebody drives by keys."""
import argparse
import contextlib
import os
import select
import sys
import termios
import time
import tty

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import can_bus  # noqa: E402
from by_hand import KEYS, HandSimulator  # noqa: E402
from vehicle_sim import DBC, FAULTS, SCRIPT, TRACE, Connection, Simulator, load_switches  # noqa: E402


def parse_span(text, what, names):
    """NAME:FROM-TO, with an open end where TO is missing."""
    try:
        name, span = text.split(":")
        begin, end = span.split("-")
        if name not in names:
            raise ValueError
        return name, float(begin), float(end or "inf")
    except ValueError:
        raise argparse.ArgumentTypeError(f"not {what}:FROM-TO with {what} of {', '.join(names)}: {text}") from None


def parse_fault(text):
    return parse_span(text, "KIND", (*FAULTS, *(f"no {name}" for name in can_bus.load_dbc(DBC))))


def parse_switch(text):
    return parse_span(text, "NAME", load_switches())


def parse_override(text):
    try:
        name, value = text.split("=")
        message, signal = name.split(".")
        return (message, signal), float(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"not MESSAGE.SIGNAL=NUMBER: {text}") from None


def parse():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("socket", help="unix socket of the cluster's UART")
    p.add_argument("--start", type=float, default=0, help="second of the trace at the cluster's time 0")
    p.add_argument("--trace", default=TRACE, help="CSV with t_s,speed_kmh")
    p.add_argument("--script", default=SCRIPT, help="when which telltale is lit")
    p.add_argument("--tour", action="store_true", help="light every telltale alone for a second, one after the other")
    p.add_argument("--keys", action="store_true", help="drive by keys: no trace, no script")
    p.add_argument("--fault", type=parse_fault, action="append", default=[], metavar="KIND:FROM-TO",
                   help=f"{', '.join(FAULTS)} or 'no MESSAGE' between two times of the cluster (s)")
    p.add_argument("--switch", type=parse_switch, action="append", default=[], metavar="NAME:FROM-TO",
                   help=f"hold one of {', '.join(load_switches())} between two times of the cluster (s)")
    p.add_argument("--set", type=parse_override, action="append", default=[], metavar="MESSAGE.SIGNAL=VALUE",
                   help="whatever the drive says: Exterior.AirTemperature=-2, Cabin.Miles=1, ...")
    p.add_argument("--stats", type=float, default=0, metavar="SECONDS", help="ask the cluster for its counts so often")
    args = p.parse_args()
    if args.keys and (args.tour or args.start):
        p.error("--keys has neither --tour nor --start")
    if args.keys and not sys.stdin.isatty():
        p.error("--keys: the standard input is no terminal")
    return args


@contextlib.contextmanager
def single_keys():
    """The terminal gives each key at once, those pressed already too, and is as it was afterwards."""
    before = termios.tcgetattr(sys.stdin)
    try:
        tty.setcbreak(sys.stdin, termios.TCSADRAIN)  # its default would throw away what was pressed
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def drive_by_keys(hand, connection, each_turn):
    """Until q, or the cluster is gone."""
    with single_keys():
        print(f"{KEYS}  q     quit\n", flush=True)
        while connection.thread.is_alive():
            if select.select([sys.stdin], [], [], 0.2)[0]:
                key = os.read(sys.stdin.fileno(), 1).decode("ascii", "replace")
                if key in ("q", "", "\x04"):
                    break
                hand.key(key)
            print(f"\r\x1b[K{hand}", end="", flush=True)
            each_turn()
    print(flush=True)


def main():
    args = parse()
    try:
        sim = (HandSimulator if args.keys else Simulator)(start=args.start, faults=args.fault, trace=args.trace, script=args.script,
                                                          tour=args.tour, switches=args.switch, override=dict(args.set))
    except (OSError, ValueError) as e:
        sys.exit(f"vehicle-sim: {e}")
    asked = time.monotonic()

    def each_turn():
        nonlocal asked
        if args.stats and time.monotonic() - asked > args.stats:
            asked = time.monotonic()
            sim.stats_requests = 1
            print(sim.time_ms, sim.stats, flush=True)
        while sim.unknown:
            print(sim.unknown.pop(0).decode("ascii", "replace"), file=sys.stderr, flush=True)

    with Connection(args.socket, sim) as c:
        if args.keys:
            drive_by_keys(sim.hand, c, each_turn)
        else:
            while c.thread.is_alive():
                c.thread.join(0.5)
                each_turn()
    if c.error:
        sys.exit(f"vehicle-sim: {args.socket}: {c.error}")


if __name__ == "__main__":
    main()
