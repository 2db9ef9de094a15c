"""All devices of a story together: their sealed readings, step by step, and the faults that the story asks for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Final

from pipelines import units
from pipelines.events import RawEnvelope, SensorFire, SensorIdentity, SensorTurnstile, SensorVehicle
from simulation.cameras import Sent
from simulation.devices import FireDevices, Readers, Turnstiles, Vehicles
from simulation.envelopes import Sealer, badly_signed
from simulation.passages import STEP_US, Passages
from simulation.scenario import Story

_KINDS: Final = {SensorTurnstile: "turnstile", SensorIdentity: "identity", SensorFire: "fire", SensorVehicle: "vehicle"}
_NOT_AVRO: Final = b'{"device": "t-b2", "entries": "many"}'


class Readings:
    """What the devices of a story send."""

    def __init__(self, story: Story, *, mode: str, mode_key: bytes, start_us: int, first_us: int, passages: Passages) -> None:
        """Second 0 of the story is *start_us*; the devices start at *first_us*, a multiple of 200 ms."""
        plan, scenario = story.plan, story.scenario
        self._hostile = scenario.hostile
        self._start_us = start_us
        self._sealer = Sealer(site=plan.event.site, mode=mode, mode_key=mode_key, boot_us=first_us)
        self._turnstiles = Turnstiles(plan, passages, scenario, start_us=start_us, first_us=first_us)
        self._readers = Readers(plan, scenario, pseudonym_key=hashlib.blake2b(mode_key, person=b"pass", digest_size=32).digest())
        self._fire = FireDevices(plan, scenario, start_us=start_us)
        self._vehicles = Vehicles(scenario, start_us=start_us)
        self._forge = [(round(row.at_s * units.MICRO), row.device) for row in scenario.hostile.badly_signed]
        self._told = 0

    def step(self, event_us: int) -> Iterator[Sent]:
        """Envelopes of the step (event_us - 200 ms, event_us]; what can raise a P1 goes first."""
        counted, passages = self._turnstiles.step(event_us)
        for reading in (*self._fire.step(event_us), *self._vehicles.step(event_us)):
            yield self._sealed(reading)
        for reading in counted:
            yield from self._from_turnstile(self._sealed(reading), event_us)
        for identity in self._readers.readings(passages, event_us):
            yield self._sealed(identity)
        t_us = event_us - self._start_us
        for at_s in self._hostile.not_avro_at_s:
            if t_us - STEP_US < round(at_s * units.MICRO) <= t_us:
                yield Sent(thing="raw.turnstile", record=_NOT_AVRO, key="")

    def _from_turnstile(self, sent: Sent, event_us: int) -> Iterator[Sent]:
        """The envelope; before it, where the story asks, one with a wrong signature; after it, at times, itself again."""
        envelope: RawEnvelope = sent.record
        t_us = event_us - self._start_us
        due = next((row for row in self._forge if row[1] == envelope.device and t_us - units.MICRO < row[0] <= t_us), None)
        if due is not None:
            self._forge.remove(due)
            yield Sent(thing=sent.thing, record=badly_signed(envelope), key=sent.key)
        yield sent
        self._told += 1
        if self._hostile.duplicate_every and self._told % self._hostile.duplicate_every == 0:
            yield sent

    def _sealed(self, reading: Any) -> Sent:
        kind = _KINDS[type(reading)]
        return Sent(thing=f"raw.{kind}", record=self._sealer.seal(reading, topic=f"sensor.{kind}"), key=reading.device)
