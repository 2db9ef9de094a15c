"""The AUDIT process: puts every act into the hash chain, signs its root once a minute, and anchors the root outside.

Its place is its log: on start it reads the chain's end and takes up each source after the last record that the chain
names, so that each is there exactly once. Two of it at once would write two chains into one log, which verification tells.
"""

from __future__ import annotations

import time
from typing import Any, Final

from connectors.anchor import Anchor
from connectors.kafka import Rejected, Row, Sender, Tail, producer
from pipelines.audit import acts
from pipelines.audit.chain import sealed, signed_root
from pipelines.audit.keys import signing_key
from pipelines.errors import TransientError
from pipelines.events import AuditEntry, AuditRoot, StageHealth
from pipelines.settings import TOPICS_READY, Settings
from pipelines.stage import run
from plan.load import load, plan_hash

ROOT_EVERY_S: Final = 60.0
_POLL_S: Final = 0.5


class Audit:
    """One running AUDIT.

    Args:
        settings: of the mode.
    """

    def __init__(self, settings: Settings) -> None:
        """Read the chain, and take up its sources where it ends."""
        self._settings, self._key = settings, signing_key(settings.run)
        self._last: AuditEntry | None = None
        self._places: dict[tuple[str, int], int] = {}
        self._plan_source = ""
        self._rooted = 0
        self._read_chain()
        self._anchor = Anchor(settings.anchor) if settings.anchor else None
        self._to_anchor: list[AuditRoot] = []
        self._sender = Sender(producer(settings.kafka, linger_ms=5), settings.mode)
        self._tail = Tail(settings.kafka, mode=settings.mode, things=acts.SOURCES, offsets=self._places)
        self._taken = self._given = self._refused = 0
        self._root_s = time.monotonic()
        self._health_s = 0.0
        self._note_plan()

    def _read_chain(self) -> None:
        tail = Tail(self._settings.kafka, mode=self._settings.mode, things=("audit.log", "audit.roots"))
        try:
            for row in tail.read_to_end():
                match row.record:
                    case AuditEntry() as entry:
                        self._last = entry
                        self._note_place(entry.source)
                    case AuditRoot() as root:
                        self._rooted = max(self._rooted, root.number)
                    case _:
                        print(f"audit: {row.thing}/{row.offset} cannot be read; `muster audit verify` says more", flush=True)
        finally:
            tail.close()

    def _note_place(self, source: str) -> None:
        thing, _, rest = source.partition("/")
        if thing == acts.PLAN:
            self._plan_source = source
            return
        partition, _, offset = rest.partition("/")
        place = (thing, int(partition))
        self._places[place] = max(self._places.get(place, 0), int(offset) + 1)

    def _note_plan(self) -> None:
        """The plan in force is an act of its own: at each start of the mode, and whenever it changes."""
        path = self._settings.plan
        ready = self._settings.run / TOPICS_READY
        began_us = ready.stat().st_mtime_ns // 1000 if ready.exists() else 0
        act = acts.plan_in_force(
            mode=self._settings.mode,
            plan_hash=plan_hash(load(path)),
            raw=path.read_bytes(),
            at_us=time.time_ns() // 1000,
            began_us=began_us,
        )
        if act.source != self._plan_source:
            self._append(act)
            self._plan_source = act.source

    def turn(self) -> None:
        """Take what has come, in each topic's order; sign the root when it is time."""
        rows = self._tail.poll(_POLL_S)
        for row in rows:
            self._taken += 1
            self._append(self._act(row))
        if rows:
            self._sender.flush(10)  # what fails, fails from here on: no later entry arrives without the ones before it
        now_s = time.monotonic()
        if now_s - self._root_s >= ROOT_EVERY_S:
            self._root_s = now_s
            self.sign()
        if now_s - self._health_s >= 1:
            self._say_health(now_s)

    def _act(self, row: Row) -> AuditEntry:
        source, mode = f"{row.thing}/{row.partition}/{row.offset}", self._settings.mode
        if isinstance(row.record, Rejected):
            self._refused += 1
            return acts.unreadable(mode=mode, source=source, raw=row.raw, at_us=row.appended_us)
        return acts.act_of(row.record, mode=mode, source=source, raw=row.raw)

    def _append(self, act: AuditEntry) -> None:
        entry = sealed(act, after=self._last)
        self._sender.send("audit.log", entry, key=entry.source.partition("/")[0])
        self._last = entry
        self._given += 1

    def sign(self) -> None:
        """Sign the root of what has surely arrived, and anchor it; the anchor may be away, the roots wait for it."""
        self._sender.flush(10)
        if self._last is None:
            return
        root = signed_root(self._last, self._key, at_us=time.time_ns() // 1000)
        self._sender.send("audit.roots", root, key=root.mode)
        self._sender.flush(10)
        self._rooted = root.number
        self._to_anchor.append(root)
        self._keep_outside()

    def _keep_outside(self) -> None:
        if self._anchor is None:
            return
        public = self._key.public_key().public_bytes_raw().hex()
        try:
            while self._to_anchor:
                self._anchor.keep(self._settings.mode, {**_plain(self._to_anchor[0]), "public_key": public})
                del self._to_anchor[0]
        except TransientError as error:
            print(f"audit: {error}; {len(self._to_anchor)} roots wait", flush=True)

    def _say_health(self, now_s: float) -> None:
        self._health_s = now_s
        record = StageHealth(
            stage="audit",
            at_us=time.time_ns() // 1000,
            taken=self._taken,
            given=self._given,
            late=0,
            clamped=0,
            refused=self._refused,
            lag=self._tail.lag(),
            tick_age_us=-1,
        )
        self._sender.send("stage.health", record, key="audit")

    def close(self) -> None:
        """Sign what is there, so that an end in order leaves nothing unsigned."""
        if self._last is not None and self._last.number > self._rooted:
            self.sign()
        self._sender.flush(5)
        self._tail.close()


def _plain(root: AuditRoot) -> dict[str, Any]:
    return {
        "number": root.number,
        "hash": root.hash.hex(),
        "at_us": root.at_us,
        "key_id": root.key_id,
        "signature": root.signature.hex(),
    }


def main() -> None:
    """Run until told to stop."""
    run("audit", Audit, again_from="the end of the chain")


if __name__ == "__main__":
    main()
