"""When a window with late sums is worked in: after what came in time is stored, and after its burst has come. Pure."""

from __future__ import annotations

from collections.abc import Mapping


class StoredUntil:
    """How far in event time every sum that came in time is stored, by the ticks that stand behind them in each partition."""

    def __init__(self, partitions: int) -> None:
        """Nothing has come yet."""
        self._seen: dict[int, int] = {}
        self._stored: dict[int, int] = {}
        self._partitions = partitions

    def saw(self, partition: int, tick_us: int) -> None:
        """A tick has been read; what was read before it is not stored yet."""
        self._seen[partition] = max(tick_us, self._seen.get(partition, tick_us))

    def stored(self) -> None:
        """Everything that was read is stored."""
        self._stored.update(self._seen)

    def forgotten(self) -> None:
        """What was read and is not stored will be read again."""
        self._seen.clear()

    @property
    def event_us(self) -> int | None:
        """Sums of slices that end by then are there; None until each partition has had a tick."""
        return min(self._stored.values()) if len(self._stored) == self._partitions else None


class Settling:
    """Windows whose late sums wait a little for more of their kind, so that one correction takes a burst.

    Args:
        quiet_s: a window is due when nothing was added to it for this long,
        longest_s: or when its first late sum was seen this long ago.
    """

    def __init__(self, *, quiet_s: float, longest_s: float) -> None:
        """Nothing waits."""
        self._quiet_s, self._longest_s = quiet_s, longest_s
        self._waiting: dict[int, tuple[object, float, float]] = {}

    def look(self, found: Mapping[int, object], *, now_s: float) -> None:
        """Windows (by their end) with late sums that are not worked in, each with a mark that changes when more come."""
        for end_us, mark in found.items():
            known, first_s, changed_s = self._waiting.get(end_us, (None, now_s, now_s))
            self._waiting[end_us] = mark, first_s, changed_s if mark == known else now_s

    def due(self, *, now_s: float) -> list[int]:
        """Ends of the windows to be corrected now, oldest first."""
        return sorted(
            end_us
            for end_us, (_, first_s, changed_s) in self._waiting.items()
            if now_s - changed_s >= self._quiet_s or now_s - first_s >= self._longest_s
        )

    def done(self, end_us: int) -> None:
        """A window is worked in."""
        self._waiting.pop(end_us, None)

    def later(self, end_us: int, *, at_s: float) -> None:
        """A window could not be worked in: it is due again then."""
        if end_us in self._waiting:
            self._waiting[end_us] = self._waiting[end_us][0], at_s, at_s - self._quiet_s

    def __len__(self) -> int:
        """How many windows wait."""
        return len(self._waiting)
