"""The WATCHDOG process: sends a signed synthetic event every 5 s, and calls out when it does not come through.

It is outside the path: it shares no process with any stage, it calls by a channel of its own (`callout.py`), and it lives
on for a minute when the supervisor of the machine dies, to say so. Who watches it: the supervisor, by the age of its file.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import time
import uuid
from typing import Final

from connectors.kafka import Rejected, Sender, Tail, producer
from pipelines import probe
from pipelines.codec import encode_body, schema_id
from pipelines.errors import MusterError
from pipelines.events import RawEnvelope, SensorFire
from pipelines.ingest.signing import device_key, sign
from pipelines.settings import Settings, die, read
from plan.load import load
from stack import watch_file
from stack.callout import BACK_WORDS, PART_WORDS, WORDS, Call, Channel, call_out, channel
from stack.deadman import SEND_EVERY_US, Judge, Verdict
from stack.parts_seen import PartsSeen

LINGER_S: Final = 60.0
_LOOK_S: Final = 0.25
_SAY_EVERY_S: Final = 1.0


class Probe:
    """Sends synthetic events into raw.fire, and hears what the stages say of them."""

    def __init__(self, settings: Settings) -> None:
        """Dial; each start is a new start of the device."""
        self._settings = settings
        self._site = load(settings.plan).event.site
        self._key = device_key(settings.mode_key(), probe.PROBE)
        self._boot_id = str(uuid.uuid4())
        self._sender = Sender(producer(settings.kafka, linger_ms=0), settings.mode)
        self._tail = Tail(settings.kafka, mode=settings.mode, things=("probe.passed",), start="end")
        self.sequence = -1

    def send(self) -> int:
        """Send the next event; returns its number. A broker that takes nothing is no reason to stop: it is what is watched for."""
        self.sequence += 1
        reading = probe.reading(self.sequence, time.time_ns() // 1000)
        with contextlib.suppress(MusterError):
            self._sender.send("raw.fire", self._envelope(reading), key=probe.PROBE)
        return self.sequence

    def _envelope(self, reading: SensorFire) -> RawEnvelope:
        envelope = RawEnvelope(
            site=self._site,
            device=probe.PROBE,
            boot_id=self._boot_id,
            sequence=self.sequence,
            event_time_us=reading.event_time_us,
            received_us=0,
            topic="sensor.fire",
            mode=self._settings.mode,
            schema_id=schema_id(SensorFire),
            payload=encode_body(reading),
            hmac=b"",
        )
        return sign(envelope, self._key)

    def hear(self, judge: Judge) -> None:
        """Take what the stages have said; waits a moment for it."""
        try:
            rows = self._tail.poll(_LOOK_S)
        except MusterError:
            time.sleep(_LOOK_S)
            return
        for row in rows:
            if not isinstance(row.record, Rejected):
                judge.passed(row.record)


class Watchdog:
    """One watch over one mode."""

    def __init__(self, settings: Settings, by: Channel) -> None:
        """Begin; the supervisor is whoever started this process."""
        self._settings, self._by = settings, by
        self._probe = Probe(settings)
        self._judge = Judge(_now_us())
        self._parent = os.getppid()
        self._parts = PartsSeen(settings.home / "run", self._parent)
        self._told: Verdict = Verdict(state="starting")
        self._since_us = time.time_ns() // 1000
        self._next_us = _now_us()
        self._said_s = self._alone_s = 0.0

    def turn(self) -> bool:
        """Look once; returns whether the watch goes on."""
        if _now_us() >= self._next_us:
            self._next_us += SEND_EVERY_US
            self._judge.sent(self._probe.send(), _now_us())
        self._probe.hear(self._judge)
        alone = os.getppid() != self._parent
        wrong = [] if alone else self._parts.wrong(time.monotonic())
        self._tell(self._judge.verdict(_now_us(), wrong=wrong, alone=alone))
        if alone and not self._alone_s:
            self._alone_s = time.monotonic()
        return not (alone and (time.monotonic() - self._alone_s > LINGER_S or self._has_successor()))

    def _tell(self, verdict: Verdict) -> None:
        changed = verdict.state != self._told.state
        before, self._told = self._told.state, verdict
        if changed:
            self._since_us = time.time_ns() // 1000
            self._call(verdict, before)
        if changed or time.monotonic() - self._said_s >= _SAY_EVERY_S:
            self.say()

    def say(self) -> None:
        """A sign of life, with the newest verdict."""
        self._said_s = time.monotonic()
        settings = self._settings
        word = watch_file.said(self._told, mode=settings.mode, pid=os.getpid(), since_us=self._since_us, sequence=self._probe.sequence)
        with contextlib.suppress(OSError):  # a full disk must not silence the call-out
            watch_file.write(settings.home, word)

    def _call(self, verdict: Verdict, before: str) -> None:
        down = watch_file.down_path(self._settings.home, self._settings.mode)
        words = {"down": WORDS, "degraded": PART_WORDS}.get(verdict.state, BACK_WORDS)
        with contextlib.suppress(OSError):
            if verdict.state == "down":
                down.parent.mkdir(parents=True, exist_ok=True)
                down.write_text(f"{WORDS}\n{verdict.sentence_en}\n{verdict.sentence_zh}\n", encoding="utf-8")
            else:
                down.unlink(missing_ok=True)
        if before == "starting" and verdict.state == "ok":
            return
        call_out(
            Call(
                mode=self._settings.mode,
                words=words,
                sentence_en=verdict.sentence_en,
                sentence_zh=verdict.sentence_zh,
                at_us=time.time_ns() // 1000,
            ),
            self._by,
        )

    def _has_successor(self) -> bool:
        """Whether the machine runs again, with a watchdog of its own."""
        try:
            found = json.loads(watch_file.path_of(self._settings.home, self._settings.mode).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return bool(found.get("pid") != os.getpid())


def _now_us() -> int:
    return time.monotonic_ns() // 1000


def main() -> None:
    """Watch until told to stop, or until a minute after the supervisor's death."""
    stop = threading.Event()
    for which in (signal.SIGTERM, signal.SIGINT):
        signal.signal(which, lambda *_: stop.set())
    try:
        settings = read()
        watchdog = Watchdog(settings, channel(settings.callout))
    except MusterError as error:
        die(error)
        return
    watchdog.say()
    settings.ready()
    while not stop.is_set():
        if not watchdog.turn():
            print("watchdog: the supervisor is gone for a minute, or runs again; this watch ends", file=sys.stderr, flush=True)
            return
    watch_file.forget(settings.home, settings.mode)


if __name__ == "__main__":
    main()
