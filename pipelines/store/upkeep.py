"""What the store does for its database besides inserting: schema, retention, the plan's places, old drills, a look at the disk."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Final, Protocol, TypeVar

from connectors.clickhouse import Database
from pipelines.errors import RefusedError
from pipelines.store.places import COLUMNS, rows
from pipelines.store.retention import floors, hours
from plan.model import Plan

ALARM_SHARES: Final = (0.9, 0.8)
_DISK_EVERY_S: Final = 60.0
_DRILLS_EVERY_S: Final = 3600.0
Found = TypeVar("Found")


class Upkeep(Protocol):
    """What `Store` asks of it."""

    def begin(self) -> None:
        """Make the database ready for rows. Raises TransientError, RefusedError, ConfigError."""

    def turn(self) -> None:
        """What is due now. Raises TransientError, RefusedError."""


class PlanUpkeep:
    """Upkeep as the plan asks for it.

    Args:
        database: of the mode.
        plan: None leaves retention and places as they are.
        live: drills that are past their time are dropped by the store of the live mode alone.
    """

    def __init__(self, database: Database, plan: Plan | None, *, live: bool) -> None:
        """Nothing is asked yet."""
        self._database, self._plan, self._live = database, plan, live
        self._disk_s = self._drills_s = float("-inf")
        self._alarmed = 0.0
        self._refused: set[str] = set()

    def begin(self) -> None:
        """Bring the schema up to date, keep what the plan says for as long as it says, write its places."""
        for name in self._database.ensure():
            self._say(f"{self._database.name}: applied {name}")
        if self._plan is None:
            return
        kept = hours(self._plan.retention, self._plan.recording)
        for table in self._if_allowed("set how long tables are kept", lambda: self._database.keep(kept, floors=floors())) or ():
            self._say(f"{self._database.name}: {table} is kept as the plan says from now on")
        self._database.save_plan_places(COLUMNS, rows(self._plan))

    def turn(self) -> None:
        """Look at the disk each minute; drop drills that are past their time each hour."""
        now_s = time.monotonic()
        if now_s - self._disk_s >= _DISK_EVERY_S:
            self._disk_s = now_s
            self._look_at_disk()
        if self._live and self._plan is not None and now_s - self._drills_s >= _DRILLS_EVERY_S:
            self._drills_s = now_s
            self.drop_drills(self._plan.retention.drill_days)

    def _look_at_disk(self) -> None:
        disks = self._if_allowed("look at the disk", self._database.disks)
        fullest = max(disks or (), key=lambda disk: disk.used_share, default=None)
        if fullest is None:
            return
        alarm = next((share for share in ALARM_SHARES if fullest.used_share >= share), 0.0)
        if alarm > self._alarmed:
            self._say(told(fullest.name, fullest.used_share))
        self._alarmed = alarm

    def drop_drills(self, days: int) -> list[str]:
        """Drop the databases of drills in which nothing was written for *days*; returns their names."""
        old = self._if_allowed("look for old drills", lambda: self._database.expired_drills(days)) or []
        gone = [name for name in old if self._if_allowed(f"drop {name}, which is past its time", partial(self._dropped, name))]
        for name in gone:
            self._say(f"{name} is dropped: nothing was written into it for {days} days")
        return gone

    def _dropped(self, name: str) -> bool:
        self._database.drop_drill(name)
        return True

    def _if_allowed(self, what: str, act: Callable[[], Found]) -> Found | None:
        """What *act* gives; None where the store's user has no right to it, as in production: then it is said once."""
        try:
            return act()
        except RefusedError as error:
            if what not in self._refused:
                self._refused.add(what)
                self._say(f"may not {what} ({error}); `muster store migrate` does it by another user")
            return None

    def _say(self, sentence: str) -> None:
        print(f"store: {sentence}", flush=True)


def told(disk: str, share: float) -> str:
    """The sentence of a disk that fills."""
    return f"ClickHouse's disk '{disk}' is {share:.0%} full; nothing is deleted early, and at 100 % nothing more is stored: make room"
