"""The load that alerts put on people, from the changes of alerts, against EEMUA 191: how many came up, stand, and chatter. Pure.

Counted is what is shown and sounded: an alert that goes under another, is explained by one, or is shelved, is none for an operator.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pipelines.units import MICRO

if TYPE_CHECKING:
    from pipelines.events import AlertChange

WINDOW_US: Final = 600 * MICRO
ACCEPTABLE, MANAGEABLE, FLOOD = 1.0, 2.0, 10.0  # alarms for each operator in ten minutes: EEMUA 191
CHATTERS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The load now.

    Args:
        per_operator: alerts that came up in the last ten minutes, for each operator.
        verdict: acceptable (up to 1) | manageable (up to 2) | demanding (up to 10) | flood.
        standing: alerts that are shown and active, and those of them that have been for ten minutes.
        chattering: (rule, place) that came up three times or more in the ten minutes.
        kept_back: active alerts that are grouped, inhibited or shelved.
    """

    per_operator: float
    verdict: str
    standing: int
    standing_long: int
    chattering: tuple[tuple[str, str], ...]
    kept_back: int


class Loads:
    """Takes the changes of alerts in their order; repeats change nothing."""

    def __init__(self) -> None:
        """Nothing has come up."""
        self._came: deque[tuple[int, str, str]] = deque()
        self._numbers: dict[tuple[str, str], int] = {}
        self._since_us: dict[str, int] = {}
        self._kept_back: set[str] = set()

    def take(self, change: AlertChange, *, at_us: int) -> None:
        """Take one change, which was written at *at_us*."""
        if change.number <= self._numbers.get((change.alert_id, change.axis), 0):
            return
        self._numbers[change.alert_id, change.axis] = change.number
        active = change.condition == "active" and change.work != "closed"
        if active and change.card and change.alert_id not in self._since_us:
            self._since_us[change.alert_id] = at_us
            self._came.append((at_us, change.rule, change.place))
        elif not (active and change.card):
            self._since_us.pop(change.alert_id, None)
        kept_back = active and bool(change.grouped_under or change.inhibited_by or change.shelved_until_us)
        (self._kept_back.add if kept_back else self._kept_back.discard)(change.alert_id)

    def at(self, now_us: int, *, operators: int) -> Load:
        """The load at *now_us* on so many operators."""
        while self._came and now_us - self._came[0][0] >= WINDOW_US:
            self._came.popleft()
        places = [(rule, place) for _, rule, place in self._came]
        each = len(places) / max(operators, 1)
        return Load(
            per_operator=round(each, 2),
            verdict=_verdict(each),
            standing=len(self._since_us),
            standing_long=sum(now_us - since_us >= WINDOW_US for since_us in self._since_us.values()),
            chattering=tuple(sorted(place for place in set(places) if places.count(place) >= CHATTERS)),
            kept_back=len(self._kept_back),
        )


def _verdict(each: float) -> str:
    limits = ((ACCEPTABLE, "acceptable"), (MANAGEABLE, "manageable"), (FLOOD, "demanding"))
    return next((name for limit, name in limits if each <= limit), "flood")
