"""Finds life safety among the raw readings of fire devices, by a consumer and in a thread of its own: it waits behind no other reading.

Faust reads all topics in one queue, and reads on when that has been worked off: in a storm of readings an alarm would stand in it
for seconds. Here a reading is only looked at; what may be an alarm is handed over, and judged by the hands that judge all others.
Nothing hangs on it: what it does not see, the batch agent passes on.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Final

from connectors.kafka import Row, Tail
from pipelines.errors import MusterError
from pipelines.ingest.coverage import Place
from pipelines.ingest.incoming import Raw, raw_of
from pipelines.ingest.validate import may_be_p1
from pipelines.settings import Settings

FIRE: Final = "raw.fire"
_WAIT_S: Final = 0.2


class Lane:
    """Reads raw.fire on from *offsets*, all of its partitions: whose they are, the receiver knows.

    Args:
        settings: of the process.
        hand_over: takes what may be life safety; called in the lane's thread.
    """

    def __init__(self, settings: Settings, hand_over: Callable[[Raw], None]) -> None:
        """Nothing is read yet."""
        self._settings, self._hand_over = settings, hand_over
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, offsets: Mapping[Place, int]) -> None:
        """Begin to read, if it has not begun."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, args=(dict(offsets),), name="life-safety", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Read no more."""
        self._over.set()
        if self._thread is not None:
            self._thread.join(2 * _WAIT_S)

    def _run(self, offsets: dict[Place, int]) -> None:
        while not self._over.is_set():
            try:
                with contextlib.closing(Tail(self._settings.kafka, mode=self._settings.mode, things=(FIRE,), offsets=offsets)) as tail:
                    while not self._over.is_set():
                        for row in [*tail.poll(_WAIT_S, most=1), *tail.poll(0)]:
                            self._look(row)
                            offsets[FIRE, row.partition] = row.offset + 1
            except MusterError as error:
                print(f"ingest: the lane of life safety dials again: {error}", file=sys.stderr, flush=True)
                self._over.wait(_WAIT_S)

    def _look(self, row: Row) -> None:
        if may_be_p1(row.record):
            self._hand_over(raw_of(row))
