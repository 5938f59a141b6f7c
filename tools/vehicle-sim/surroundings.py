# SPDX-License-Identifier: BSD-3-Clause
"""What is around the car on the drive: an autumn evening, dusk in its first minutes, a cold valley later. A function of the trace's time."""

CLOCK_START_MIN = 17 * 60 + 8
DUSK_S = 300                    # daylight falls so long, ...
DAYLIGHT, NIGHT_LIGHT = 62, 4   # ... from here to there (%)
AIR_START, AIR_FALL = 9.0, 3.0  # degrees Celsius; how much they fall in half an hour
SEATS, WARMER_S = (21.5, 21.0), 20  # degrees Celsius kept at the front seats; when the driver wants half a degree more
VALLEY_S, VALLEY_AIR = (890, 920, 950, 980), 1.5  # it gets colder, is cold, gets warmer until


def clock(t):
    """(hour, minute)"""
    return divmod(int(CLOCK_START_MIN + max(t, 0) / 60) % (24 * 60), 60)


def seats(t):
    """Degrees Celsius to be kept at the driver's and the passenger's seat."""
    return SEATS[0] + 0.5 * (t >= WARMER_S), SEATS[1]


def light(t):
    """% of full daylight."""
    return DAYLIGHT + (NIGHT_LIGHT - DAYLIGHT) * min(max(t / DUSK_S, 0), 1)


def air(t):
    """Degrees Celsius outside."""
    plain = AIR_START - AIR_FALL * min(max(t / 1800, 0), 1)
    begin, cold, warmer, end = VALLEY_S
    depth = min(max(min((t - begin) / (cold - begin), (end - t) / (end - warmer)), 0), 1)
    return plain + (VALLEY_AIR - plain) * depth
