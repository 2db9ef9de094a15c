"""Requests on their way: repeated while the panel has not started what was asked for, and watched for its echo. Pure.

A request ends when the panel says that the output runs, or after `ask_s`; then it is no longer repeated, and the panel's
own watchdog drops it. Nothing is ever taken back by a message: there is no message that stops anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from pipelines.linkage.permit import Permit
from pipelines.units import MICRO
from plan.linkage import Linkage

ASKED: Final = "asked"
ECHOED: Final = "echoed"
TAKEN: Final = "taken"
UNANSWERED: Final = "unanswered"
_BEATS: Final = 65_536


@dataclass(slots=True, kw_only=True)
class Asked:
    """One request that is being repeated."""

    permit: Permit
    beat: int = 0
    sent_us: int = -1
    echoed_us: int = -1
    missed: bool = False


@dataclass(slots=True)
class Asking:
    """All requests that are being repeated, one for each piece of equipment."""

    linkage: Linkage
    _asked: dict[str, Asked] = field(default_factory=dict)

    @property
    def equipment(self) -> frozenset[str]:
        """What is being asked for now."""
        return frozenset(self._asked)

    def begin(self, permit: Permit) -> None:
        """Ask from now on."""
        self._asked[permit.equipment] = Asked(permit=permit)

    def due(self, now_us: int) -> list[Asked]:
        """Requests to be sent now, each with its next beat."""
        every_us = round(self.linkage.outputs.refresh_s * MICRO)
        found = [row for row in self._asked.values() if row.sent_us < 0 or now_us - row.sent_us >= every_us]
        for row in found:
            row.beat, row.sent_us = row.beat % (_BEATS - 1) + 1, now_us
        return found

    def echoed(self, equipment: str, code: int, beat: int, now_us: int) -> str:
        """Take the panel's echo; the state that it brings, empty if none: what echoes another code or an old beat is no echo."""
        row = self._asked.get(equipment)
        request = self.linkage.request(equipment)
        if row is None or request is None or (code, beat) != (request.code, row.beat):
            return ""
        first = row.echoed_us < 0 or row.missed
        row.echoed_us, row.missed = now_us, False
        return ECHOED if first else ""

    def watch(self, started: frozenset[str], now_us: int) -> list[tuple[Permit, str]]:
        """What has come of requests at *now_us*: taken by the panel, or without an answer in time; each is said once."""
        echo_us, ask_us = (round(limit * MICRO) for limit in (self.linkage.outputs.echo_s, self.linkage.outputs.ask_s))
        out = []
        for name, row in list(self._asked.items()):
            since_us = row.echoed_us if row.echoed_us >= 0 else row.permit.given_us
            if name in started:
                out.append((row.permit, TAKEN))
                del self._asked[name]
            elif now_us - row.permit.given_us >= ask_us:
                out += [(row.permit, UNANSWERED)] if not row.missed else []
                del self._asked[name]
            elif not row.missed and now_us - since_us >= echo_us:
                row.missed = True
                out.append((row.permit, UNANSWERED))
        return out
