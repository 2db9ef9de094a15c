"""Each channel in a thread of its own, with a bounded queue of its own: nothing waits behind a slow one. P1 goes first.

What a channel has done comes back through one queue, which the process reads at each turn.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final

from pipelines.errors import ConfigError, RefusedError, TransientError
from pipelines.units import US_PER_S

if TYPE_CHECKING:
    from pipelines.dispatch.call import Handed
    from pipelines.dispatch.delivery import Outcome
    from pipelines.messages import Channel

DEPTH: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one attempt."""

    handed: Handed
    outcome: Outcome
    receipt: str = ""
    reason: str = ""
    retry_after_us: int = 0


class Worker:
    """One channel's thread: dials, delivers one message after the other, and never raises.

    Args:
        channel: not started yet.
        results: where its results go.
        depth: so many messages wait at most; when full, what is least urgent and newest fails at once.
    """

    def __init__(self, channel: Channel, results: SimpleQueue[Result], *, depth: int = DEPTH) -> None:
        """Start the thread; nothing is dialled before the first message."""
        self._channel, self._results, self._depth = channel, results, depth
        self._heap: list[tuple[str, int, Handed]] = []
        self._number = 0
        self._started = self._stopped = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name=f"channel-{channel.name}", daemon=True)
        self._thread.start()

    def offer(self, handed: Handed) -> None:
        """Queue a message; returns at once."""
        with self._changed:
            self._number += 1
            heapq.heappush(self._heap, (handed.priority, self._number, handed))
            dropped = None
            if len(self._heap) > self._depth:
                dropped = max(self._heap)
                self._heap.remove(dropped)
                heapq.heapify(self._heap)
            self._changed.notify()
        if dropped is not None:
            self._results.put(Result(handed=dropped[2], outcome="failed", reason=f"the queue of '{self._channel.name}' is full"))

    def close(self) -> None:
        """Take no more, and hang up; a thread that is stuck in its channel ends with the process."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join(1.0)
        if not self._thread.is_alive():
            self._channel.close()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._heap or self._stopped)
                if self._stopped:
                    return
                _, _, handed = heapq.heappop(self._heap)
            self._results.put(self._attempt(handed))

    def _attempt(self, handed: Handed) -> Result:
        try:
            if not self._started:
                self._channel.start()
                self._started = True
            return Result(handed=handed, outcome="delivered", receipt=self._channel.deliver(handed.message))
        except TransientError as error:
            return Result(handed=handed, outcome="failed", reason=str(error), retry_after_us=round(error.retry_after_s * US_PER_S))
        except (RefusedError, ConfigError) as error:
            return Result(handed=handed, outcome="refused", reason=str(error))
        except Exception as error:  # noqa: BLE001 - a channel's mistake must not end the thread that others wait for
            return Result(handed=handed, outcome="failed", reason=f"{self._channel.name} failed: {type(error).__name__}: {error}"[:400])


class Workers:
    """The workers of all channels."""

    def __init__(self, channels: Iterable[Channel], *, depth: int = DEPTH) -> None:
        """A thread for each channel."""
        self._results: SimpleQueue[Result] = SimpleQueue()
        self._workers = {channel.name: Worker(channel, self._results, depth=depth) for channel in channels}

    def offer(self, handed: Handed) -> None:
        """Give a message to its channel; returns at once."""
        self._workers[handed.channel].offer(handed)

    def results(self) -> list[Result]:
        """What the channels have done since the last call."""
        found = []
        while True:
            try:
                found.append(self._results.get_nowait())
            except Empty:
                return found

    def close(self) -> None:
        """Stop them all."""
        for worker in self._workers.values():
            worker.close()
