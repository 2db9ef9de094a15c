"""The disk of the recordings: watched by every recorder, cleared by one of them at a time."""

from __future__ import annotations

import fcntl
import os
import sys
import time
from collections.abc import Callable
from typing import Final

from pipelines.errors import ConfigError
from pipelines.recorder.keeping import Disk, DiskState, Keep, sentence, what_to_delete
from pipelines.recorder.library import Library
from pipelines.units import MICRO

_LOCK: Final = ".keeper.lock"
_EXPIRED_EVERY_S: Final = 60.0


class SteadyClock:
    """A clock for deleting by: it goes no faster than time itself, so that a clock set forward deletes nothing."""

    def __init__(self, wall: Callable[[], int], steady: Callable[[], int]) -> None:
        """Begin at the present of *wall* (µs UTC); *steady* counts µs from anywhere and is never set."""
        self._wall, self._steady = wall, steady
        self._began_us, self._zero_us = wall(), steady()

    def now_us(self) -> int:
        """µs UTC, never later than the start plus what has passed since."""
        return min(self._wall(), self._began_us + self._steady() - self._zero_us)


class Upkeep:
    """Watches the disk and deletes what may go.

    Args:
        library: the folder.
        keep: how long video is kept.
        clock: µs UTC.
        disk: asks for the disk.
    """

    def __init__(self, library: Library, keep: Keep, *, clock: SteadyClock, disk: Callable[[], Disk]) -> None:
        """Nothing is known of the disk yet, and nothing may be recorded until it is."""
        self._library, self._keep, self._clock, self._ask = library, keep, clock, disk
        self.disk = Disk(total=0, free=0)
        self.state: DiskState = "stopped"
        self.sentences = ("", "")
        self.deleted = 0
        self._looked = False
        self._expired_s = -_EXPIRED_EVERY_S
        self._lock: int | None = None

    @property
    def has_room(self) -> bool:
        """Whether recording may go on."""
        return self.state != "stopped"

    def turn(self) -> bool:
        """Look at the disk, and delete what is due; returns whether its state has changed."""
        self.disk = self._ask()
        held = self._clear()
        if self.deleted and self.disk.wanted:
            self.disk = self._ask()
        before, self.state = self.state, self.disk.state
        self.sentences = sentence(self.state, self.disk, days=self._keep.floor_us // (86_400 * MICRO))
        if held and self.state == "ok":
            self.sentences = (held, held)
        changed = before != self.state or not self._looked
        self._looked = True
        return changed

    def _clear(self) -> str:
        due = time.monotonic() - self._expired_s >= _EXPIRED_EVERY_S
        if not (due or self.disk.wanted) or not self._is_keeper():
            return ""
        self._expired_s = time.monotonic()
        now_us = self._clock.now_us()
        try:
            holds = self._library.holds()
        except ConfigError as error:
            print(f"recorder: {error}", file=sys.stderr, flush=True)
            return str(error)
        stored = self._library.stored_before(now_us - self._keep.floor_us)
        for segment in what_to_delete(stored, now_us=now_us, keep=self._keep, wanted=self.disk.wanted, holds=holds):
            self._library.delete(segment)
            self.deleted += 1
        return ""

    def _is_keeper(self) -> bool:
        """Whether this process clears the folder; the lock goes with the process that has it."""
        if self._lock is None:
            handle = os.open(self._library.root / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(handle)
                return False
            self._lock = handle
        return True
