"""Keeps a picture for every mode that the stack runs: one reading thread each, one more to watch for modes."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Final

import structlog
from confluent_kafka import Producer

from command.order_book import OrderBook
from command.picture import Picture
from command.source import Mode, parse_mode
from connectors.kafka import Rejected, Row, Sender, Tail
from pipelines.errors import ConfigError, MusterError
from pipelines.events import AlertChange, AlertCommand, CameraPreview, LinkageRequest, OrderCommand
from pipelines.topics import is_drill, topic
from plan.load import load
from plan.model import Plan

FROM_THE_BEGINNING: Final = ("alerts.changes", "alerts.commands", "alerts.answers", "dispatch.receipts", "orders.changes")
WATCH_S: Final = 1.0
AGAIN_S: Final = 1.0
SNAPSHOT_KEPT_US: Final = 200_000
log = structlog.get_logger()


def wall_clock_us() -> int:
    """µs UTC."""
    return time.time_ns() // 1000


class Watched:
    """One mode with its picture; the thread that reads its topics, and callers that ask, share a lock."""

    def __init__(self, mode: Mode, plan: Plan, dial: Callable[[Picture], Tail]) -> None:
        """Begin to read."""
        self.mode, self.plan = mode, plan
        self._dial = dial
        self._picture = Picture(plan, mode=mode.mode, clock=mode.clock)
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._text, self._text_us = "", 0
        self.rejected = 0
        self._thread = threading.Thread(target=self._read, name=f"picture-{mode.mode}", daemon=True)
        self._thread.start()

    def same_run(self, mode: Mode) -> bool:
        """Whether *mode* is this run, or the end of it; what ended and runs again is another."""
        begins = mode.state == "running" and (self.mode.state == "ended" or mode.since_us != self.mode.since_us)
        return not begins and (mode.plan, mode.clock) == (self.mode.plan, self.mode.clock)

    def carry_on(self, mode: Mode) -> None:
        """Take the state of the same run; its beginning stays."""
        self.mode = replace(mode, since_us=self.mode.since_us)

    def close(self) -> None:
        """Stop reading."""
        self._stop.set()

    def snapshot(self) -> str:
        """The picture now, as JSON; at most 200 ms old."""
        with self._lock:
            now_us = wall_clock_us()
            if not 0 <= now_us - self._text_us < SNAPSHOT_KEPT_US:
                made = self._picture.snapshot(now_us, ended=self.mode.state == "ended")
                self._text = json.dumps(made, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
                self._text_us = now_us
            return self._text

    def alert(self, alert_id: str) -> AlertChange | None:
        """The newest change of an alert's condition."""
        with self._lock:
            return self._picture.alerts.newest(alert_id)

    def preview(self, camera: str) -> CameraPreview | None:
        """The newest preview picture of a camera."""
        with self._lock:
            return self._picture.preview(camera)

    def orders(self) -> OrderBook:
        """A copy of the orders as they are now."""
        with self._lock:
            return deepcopy(self._picture.orders)

    def _read(self) -> None:
        while not self._stop.is_set():
            try:
                with contextlib.closing(self._dial(self._picture)) as tail:
                    while not self._stop.is_set():
                        self._take(tail.poll(0.2))
            except MusterError as error:
                log.warning("reading again in a second", mode=self.mode.mode, why=str(error))
                self._stop.wait(AGAIN_S)

    def _take(self, rows: list[Row]) -> None:
        with self._lock:
            for row in rows:
                if isinstance(row.record, Rejected):
                    self.rejected += 1
                elif not self._of_an_older_run(row):
                    self._picture.apply(row.thing, row.record, row.appended_us)

    def _of_an_older_run(self, row: Row) -> bool:
        """A drill that is run again has the same alert ids; a live mode keeps its alerts over a restart."""
        since_us = self.mode.since_us
        return is_drill(self.mode.mode) and row.appended_us < since_us <= wall_clock_us()


class Hub:
    """The modes named in a folder, each watched."""

    def __init__(self, folder: Path, *, bootstrap: str, client: Producer) -> None:
        """Look at *folder* for mode files; send with *client*."""
        self._folder, self._bootstrap, self._client = folder, bootstrap, client
        self._watched: dict[str, Watched] = {}
        self._senders: dict[str, Sender] = {}
        self._failed: dict[Path, str] = {}
        self._lock, self._stop = threading.Lock(), threading.Event()

    def start(self) -> None:
        """Look once, then every second."""
        self._look()
        threading.Thread(target=self._watch, name="modes", daemon=True).start()

    def close(self) -> None:
        """Stop every thread."""
        self._stop.set()
        with self._lock:
            for watched in self._watched.values():
                watched.close()

    def now_us(self) -> int:
        """Wall clock, µs UTC."""
        return wall_clock_us()

    def modes(self) -> list[Mode]:
        """Modes that can be shown: live first, then running before ended, the newest first."""
        with self._lock:
            modes = [watched.mode for watched in self._watched.values()]
        return sorted(modes, key=lambda mode: (mode.mode != "live", mode.state != "running", -mode.since_us))

    def plan(self, mode: str) -> Plan | None:
        """The plan of a mode."""
        found = self._of(mode)
        return found.plan if found else None

    def snapshot(self, mode: str) -> str | None:
        """The mode's picture now, as JSON text."""
        found = self._of(mode)
        return found.snapshot() if found else None

    def alert(self, mode: str, alert_id: str) -> AlertChange | None:
        """The newest change of an alert's condition."""
        found = self._of(mode)
        return found.alert(alert_id) if found else None

    def preview(self, mode: str, camera: str) -> CameraPreview | None:
        """The newest preview picture of a camera."""
        found = self._of(mode)
        return found.preview(camera) if found else None

    def orders(self, mode: str) -> OrderBook:
        """The orders of a mode."""
        found = self._of(mode)
        return found.orders() if found else OrderBook()

    def send(self, mode: str, command: AlertCommand | OrderCommand) -> None:
        """Send a command, and wait until the broker has it."""
        with self._lock:
            sender = self._senders.setdefault(mode, Sender(self._client, mode))
        if isinstance(command, OrderCommand):
            sender.send("orders.commands", command, key=command.order_id or command.command_id)
        else:
            sender.send("alerts.commands", command, key=command.alert_id)
        sender.flush(5)

    def ask_panel(self, mode: str, gesture: LinkageRequest) -> None:
        """Send a gesture to LINKAGE, and wait until the broker has it."""
        with self._lock:
            sender = self._senders.setdefault(mode, Sender(self._client, mode))
        sender.send("linkage.requests", gesture, key=gesture.request_id)
        sender.flush(5)

    def _of(self, mode: str) -> Watched | None:
        with self._lock:
            return self._watched.get(mode)

    def _watch(self) -> None:
        while not self._stop.wait(WATCH_S):
            self._look()

    def _look(self) -> None:
        named: dict[str, Mode] = {}
        for path in sorted(self._folder.glob("*.json")) if self._folder.is_dir() else ():
            try:
                mode = parse_mode(path.read_text(encoding="utf-8"), name=path.name)
                self._keep(mode)
            except (OSError, ConfigError) as error:
                self._say_once(path, str(error))
                continue
            self._failed.pop(path, None)
            named[mode.mode] = mode
        with self._lock:
            for gone in self._watched.keys() - named.keys():
                self._watched.pop(gone).close()

    def _keep(self, mode: Mode) -> None:
        known = self._of(mode.mode)
        if known is not None and known.same_run(mode):
            known.carry_on(mode)
            return
        made = Watched(mode, load(mode.plan), lambda picture: self._tail(mode.mode, picture))
        with self._lock:
            self._watched[mode.mode] = made
        if known is not None:
            known.close()

    def _tail(self, mode: str, picture: Picture) -> Tail:
        begin = {(thing, partition): 0 for thing in FROM_THE_BEGINNING for partition in range(topic(thing).partitions)}
        return Tail(self._bootstrap, mode=mode, things=picture.things, start="end", offsets=begin)

    def _say_once(self, path: Path, sentence: str) -> None:
        if self._failed.get(path) != sentence:
            self._failed[path] = sentence
            log.warning("a mode cannot be shown", why=sentence)
