"""Bands, levels and limits: absolute, never rescaled to the data; the colours of the live page.

Light is people, colour is alarm: the four alarm colours appear on what has a level and on nothing else. What is unknown is grey and
named; what wants attention without being a level is violet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dashboards.words import Say

BANDS: Final = ((0, "#14212c"), (1, "#163b4d"), (2, "#1b5a6e"), (3, "#22808c"), (4, "#43aaa0"), (5, "#9bd5b4"), (6, "#f4fbe6"))
BLUE, YELLOW, ORANGE, RED = "#2f6fb5", "#e8c547", "#ee8a2b", "#e0393e"
ALARM: Final = frozenset({BLUE, YELLOW, ORANGE, RED})
UNKNOWN: Final = "#7d8894"
CALM: Final = "#2a3a47"
ACCENT: Final = "#7fb4cf"
ATTENTION: Final = "#b48ae0"
LEVELS: Final = ((-1, "unknown", UNKNOWN), (0, "none", CALM), (1, "watch", BLUE), (2, "caution", YELLOW), (3, "warning", ORANGE))
HIGHEST: Final = ((4, "critical", RED), (5, "act_now", RED))
LOS: Final = tuple(zip((1, 2, 3, 4, 5, 6), "ABCDEF", [color for _, color in BANDS[:5]] + [BANDS[6][1]], strict=True))


@dataclass(frozen=True, slots=True)
class Limits:
    """A scale that does not move: from, to, and from which value on which colour.

    Args:
        low, high: the ends of the scale.
        steps: value → colour; the first is the ground and has no value.
        source: where the numbers come from.
    """

    low: float
    high: float
    steps: tuple[tuple[float | None, str], ...]
    source: str


DENSITY: Final = Limits(0, 7, tuple((low or None, color) for low, color in BANDS), "the live page's bands, p/m²")
LEVEL: Final = Limits(
    -1,
    5,
    ((None, UNKNOWN), (0, CALM), (1, BLUE), (2, YELLOW), (3, ORANGE), (4, RED)),
    "the ladder of the plan: the level is worked out before",
)
LOS_SCALE: Final = Limits(-1, 6, ((None, UNKNOWN), *((value, color) for value, _, color in LOS)), "Fruin's levels A to F")
PEAK: Final = Limits(0, 8, ((None, ACCENT),), "the densest that has been measured lies above 8 p/m² only in a disaster")
PRESSURE: Final = Limits(0, 0.1, ((None, ACCENT), (0.02, ATTENTION)), "Helbing, Johansson, Al-Abideen 2007: turbulence from about 0.02 s⁻²")
APPROVED: Final = Limits(
    0, 1.2, ((None, CALM), (0.8, BLUE), (0.9, YELLOW), (0.95, ORANGE), (1, RED)), "the approved number, on the upper end: 80, 90, 95, 100 %"
)
WAIT_MIN: Final = Limits(0, 60, ((None, ACCENT), (20, BLUE), (30, YELLOW), (45, ORANGE)), "queue_wait: 20, 30, 45 min")
SPECIFIC_FLOW: Final = Limits(
    0, 120, ((None, ACCENT), (60, ATTENTION), (82, "#d8b9ff")), "Larsson 2021: default 60 p/m/min; Green Guide: 82 as the upper bound"
)
COUNTER_SHARE: Final = Limits(0, 0.5, ((None, ACCENT), (0.2, YELLOW)), "counter_flow: a minority of 20 %")
AGE_S: Final = Limits(0, 30, ((None, ACCENT), (5, UNKNOWN)), "a picture older than 5 s is not believed")
COVERAGE: Final = Limits(0, 1, ((None, UNKNOWN), (1, ACCENT)), "cameras seen of those expected")
COUNT: Final = Limits(0, 100, ((None, CALM), (1, ATTENTION)), "none is the aim")
UNKNOWN_COUNT: Final = Limits(0, 100, ((None, CALM), (1, UNKNOWN)), "none is the aim")
CRITICAL_COUNT: Final = Limits(0, 100, ((None, CALM), (1, RED)), "life safety: one is level I")
LEVEL_COUNT: Final = Limits(0, 100, ((None, CALM),), "counts beside their numeral; the colour is that of the level")
WARNING_COUNT: Final = Limits(0, 100, ((None, CALM), (1, ORANGE)), "wrong_way: level II each")
CAMERA_STATE: Final = Limits(-1, 8, ((None, UNKNOWN), (1, ACCENT), (2, ATTENTION)), "states of the picture, by their number")
FIRE_STATE: Final = Limits(
    -1,
    6,
    ((None, UNKNOWN), (1, CALM), (2, RED), (3, ATTENTION), (4, ACCENT), (5, BANDS[4][1]), (6, RED)),
    "states of the panel, by their number",
)
SILENT_S: Final = Limits(0, 120, ((None, CALM), (10, UNKNOWN)), "device_silent: 10 s for detectors and panels")
CHECK_S: Final = Limits(0, 5, ((None, ACCENT), (1, ATTENTION)), "the standard: within 1 s")
LOAD: Final = Limits(
    0, 20, ((None, ACCENT), (1, ATTENTION), (10, "#d8b9ff")), "EEMUA 191: one per operator and ten minutes; ten are a flood"
)
TICK_S: Final = Limits(0, 15, ((None, ACCENT), (2, ATTENTION), (10, "#d8b9ff")), "a tick is 250 ms old; a stall is an alarm within 10 s")
LAG: Final = Limits(0, 100_000, ((None, ACCENT), (10_000, ATTENTION)), "records behind; more than a few seconds of an event's load")
DISK_DAYS: Final = Limits(0, 60, ((None, ATTENTION), (7, ACCENT)), "a week is the time to get a disk")
VIDEO_DISK: Final = Limits(0, 1, ((None, ACCENT), (0.8, ATTENTION), (0.9, "#d8b9ff")), "the recorder's own marks: 80 and 90 %")
RECORDER_STATE: Final = Limits(-1, 4, ((None, UNKNOWN), (1, ACCENT), (2, ATTENTION)), "states of a recorder, by their number")
RECORDER_SILENT_S: Final = Limits(0, 120, ((None, CALM), (60, UNKNOWN)), "a recorder speaks every 10 s; muster-recorder-silent: 60 s")
SPEED_KMH: Final = Limits(
    0, 60, ((None, ACCENT), (5, ATTENTION), (15, ORANGE)), "vehicle_rules: walking pace 5, life safety among people 15 km/h"
)
IDENTIFIED: Final = Limits(0, 1, ((None, ATTENTION), (0.95, ACCENT)), "the standard: 95 % right, within 1 s")
TURNSTILE: Final = Limits(0, 1200, ((None, ACCENT), (660, ATTENTION)), "Green Guide: 660 people an hour through one turnstile")
RESPONSE_S: Final = Limits(0, 600, ((None, ACCENT), (60, ATTENTION)), "P1: everyone is told after 60 s without an answer")
FEEDBACK_S: Final = Limits(0, 60, ((None, ACCENT), (10, RED)), "fire_feedback: 10 s")


def level_words(say: Say) -> dict[str, tuple[str, str]]:
    """Value → (text, colour): a numeral and a word, never colour alone."""
    return {str(value): (say(f"level.{name}"), color) for value, name, color in LEVELS + HIGHEST}


def los_words(say: Say) -> dict[str, tuple[str, str]]:
    """Levels of service are no alarm: one hue."""
    return {"-1": (say("level.unknown"), UNKNOWN)} | {str(value): (f"{letter}", color) for value, letter, color in LOS}


def camera_words(say: Say) -> dict[str, tuple[str, str]]:
    """States of a camera's picture; only `ok` is believed."""
    states = ("ok", "stale", "frozen", "black", "white", "covered", "blurred", "moved")
    return {"-1": (say("camera.silent"), UNKNOWN)} | {
        str(index): (say(f"camera.{state}"), ACCENT if state == "ok" else ATTENTION) for index, state in enumerate(states, start=1)
    }


def recorder_words(say: Say) -> dict[str, tuple[str, str]]:
    """States of a recorder: its disk's, for the most part."""
    states = ("ok", "disk_80", "disk_90", "stopped")
    return {"-1": (say("camera.silent"), UNKNOWN)} | {
        str(index): (say(f"recorder.{state}"), ACCENT if state == "ok" else ATTENTION) for index, state in enumerate(states, start=1)
    }


def fire_words(say: Say) -> dict[str, tuple[str, str]]:
    """States of a detector or of the panel's outputs."""
    colors = {"normal": CALM, "alarm": RED, "fault": ATTENTION, "output_started": ACCENT, "feedback": BANDS[4][1], "unanswered": RED}
    return {"-1": (say("fire.silent"), UNKNOWN)} | {
        str(index): (say(f"fire.{state}"), color) for index, (state, color) in enumerate(colors.items(), start=1)
    }


CAMERA_STATES: Final = "['ok', 'stale', 'frozen', 'black', 'white', 'covered', 'blurred', 'moved']"
FIRE_STATES: Final = "['normal', 'alarm', 'fault', 'output_started', 'feedback', 'unanswered']"
RECORDER_STATES: Final = "['ok', 'disk_80', 'disk_90', 'stopped']"
