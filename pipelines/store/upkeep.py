"""What the store does for its database besides inserting: schema, retention, the plan's places, old drills, a look at the disk."""

from __future__ import annotations

import time
from typing import Final, Protocol

from connectors.clickhouse import Database
from pipelines.errors import RefusedError, TransientError
from pipelines.store.places import COLUMNS, rows
from pipelines.store.retention import floors, hours
from plan.load import plan_hash
from plan.model import Plan

ALARM_SHARES: Final = (0.9, 0.8)
_DISK_EVERY_S: Final = 60.0
_DRILLS_EVERY_S: Final = 3600.0


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

    def begin(self) -> None:
        """Bring the schema up to date, keep what the plan says for as long as it says, write its places."""
        for name in self._database.ensure():
            print(f"store: {self._database.name}: applied {name}", flush=True)
        if self._plan is None:
            return
        for table in self._database.keep(hours(self._plan.retention), floors=floors()):
            print(f"store: {self._database.name}: {table} is kept as the plan says from now on", flush=True)
        self._database.save_plan_places(COLUMNS, rows(self._plan), plan=plan_hash(self._plan))

    def turn(self) -> None:
        """Look at the disk each minute; drop drills that are past their time each hour."""
        now_s = time.monotonic()
        if now_s - self._disk_s >= _DISK_EVERY_S:
            self._disk_s = now_s
            self._look_at_disk()
        if self._live and self._plan is not None and now_s - self._drills_s >= _DRILLS_EVERY_S:
            self._drills_s = now_s
            self._drop_drills(self._plan.retention.drill_days)

    def _look_at_disk(self) -> None:
        fullest = max(self._database.disks(), key=lambda disk: disk.used_share, default=None)
        if fullest is None:
            return
        alarm = next((share for share in ALARM_SHARES if fullest.used_share >= share), 0.0)
        if alarm > self._alarmed:
            print(f"store: {told(fullest.name, fullest.used_share)}", flush=True)
        self._alarmed = alarm

    def _drop_drills(self, days: int) -> None:
        for name in self._database.expired_drills(days):
            try:
                self._database.drop_drill(name)
            except (TransientError, RefusedError) as error:
                print(f"store: {name} should go, its last row is {days} days old: {error}", flush=True)
            else:
                print(f"store: {name} is dropped: nothing was written into it for {days} days", flush=True)


def told(disk: str, share: float) -> str:
    """The sentence of a disk that fills."""
    return f"ClickHouse's disk '{disk}' is {share:.0%} full; nothing is deleted early, and at 100 % nothing more is stored: make room"
