"""The load: fires in zones that are free, crowds that come and go, and a person who clears each fire; every one is expected beforehand."""

from __future__ import annotations

import random
import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from benchmarks.alerts.manifest import CLEAR, CROWD, FIRE, Manifest
from benchmarks.alerts.sending import Steadfast
from benchmarks.alerts.venue import SITE, Cameras
from connectors.kafka import Rejected, Tail
from pipelines import units
from pipelines.alerts.episodes import RULE_VERSION
from pipelines.alerts.lifecycle import alert_id
from pipelines.errors import MusterError, TransientError
from pipelines.events import AlertCommand, SensorFire
from simulation.envelopes import Sealer

if TYPE_CHECKING:
    from plan.model import Plan

_TURN_S: Final = 0.004
_SEEN: Final = ("alerts.changes", "alerts.answers", "stage.health")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """How each zone's crowd comes and goes.

    Args:
        dense, empty: slices of 200 ms.
        lead: slices of a dense zone before the window that first crosses the lowest level ends.
    """

    dense: int
    empty: int
    lead: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """The first change of an alert: its event time, and when the broker took it in; µs UTC."""

    rule: str
    event_time_us: int
    appended_us: int


class World:
    """Devices, cameras and one person, in real time, in a thread of their own; another one reads what comes of it.

    Args:
        kafka: host:port.
        mode: live or drill-<id>.
        mode_key: of the mode, from which devices have theirs.
        plan: of the bench.
        cameras: with the people of a dense zone.
        cycle: of the crowds.
        manifest: written before anything is sent.
        clear_after_s: how long a fire's alert stands before it is cleared.
    """

    def __init__(
        self,
        kafka: str,
        *,
        mode: str,
        mode_key: bytes,
        plan: Plan,
        cameras: Cameras,
        cycle: Cycle,
        manifest: Path,
        clear_after_s: float,
        seed: int,
    ) -> None:
        """Dial; nothing is sent yet."""
        self._kafka, self._mode, self._cameras, self._cycle = kafka, mode, cameras, cycle
        self._zones = [zone for row in cameras.zones for zone in row]
        self._offsets = {zone: 7 * number % (cycle.dense + cycle.empty) for number, zone in enumerate(self._zones)}
        self.manifest = Manifest(manifest)
        self.sender = Steadfast(kafka, mode)
        self._sealer = Sealer(site=SITE, mode=mode, mode_key=mode_key, boot_us=time.time_ns() // 1000)
        self._devices = {device.zone: device.id for device in plan.devices}
        self._chance = random.Random(seed)  # noqa: S311 - a seed makes it repeatable
        self._clear_after_us = round(clear_after_s * units.MICRO)
        self._free = list(self._zones)
        self._burning: dict[str, str] = {}  # alert id → zone
        self._clearing: dict[str, tuple[str, str]] = {}  # command id → alert id, zone
        self._dense: dict[str, int] = {}  # zone → where its episode ends
        self.came: dict[str, Came] = {}
        self.refusals: list[str] = []
        self.missed_fires = 0
        self.tick_age_us = -1
        self.fires_per_s = 0.0
        self.crowds = False
        self._over = threading.Event()
        self._failed: list[BaseException] = []
        self._threads = [threading.Thread(target=self._kept, args=(each,), daemon=True) for each in (self._send, self._read)]

    def __enter__(self) -> Self:
        """Begin: empty zones, no fire."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop sending and reading."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        self.sender.close()
        self.manifest.close()

    def check(self) -> None:
        """Whether both threads live.

        Raises:
            MusterError: one has ended.
        """
        if self._failed:
            raise MusterError(f"the load has ended: {self._failed[0]!r}")

    @property
    def quiet(self) -> bool:
        """Whether everything that was sent has had its answer."""
        return not (self._burning or self._clearing or self._dense or self.sender.waiting)

    def wait_until_steady(self, patience_s: float) -> None:
        """Wait until ALERTS takes steps close behind the clock.

        Raises:
            MusterError: it does not.
        """
        until_s = time.monotonic() + patience_s
        while not 0 <= self.tick_age_us < 2 * units.MICRO:
            self.check()
            if time.monotonic() > until_s:
                raise MusterError(f"ALERTS takes no steps close behind the clock (tick age {self.tick_age_us} µs)")
            time.sleep(0.1)

    # -- what is sent -------------------------------------------------------------------------------------------

    def _kept(self, work: Any) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - told by `check`
            self._failed.append(error)

    def _send(self) -> None:
        slice_us = units.slice_start_us(time.time_ns() // 1000)
        fire_s = time.monotonic()
        while not self._over.is_set():
            self.sender.turn()
            if time.time_ns() // 1000 >= slice_us + units.SLICE_US:
                self._sums(slice_us)
                slice_us += units.SLICE_US
            if self.fires_per_s and time.monotonic() >= fire_s:
                fire_s = max(fire_s + 1 / self.fires_per_s, time.monotonic() - 1)
                self._fire()
            self._clear()
            time.sleep(_TURN_S)

    def _sums(self, slice_us: int) -> None:
        length = self._cycle.dense + self._cycle.empty
        for zone in self._zones:
            phase = (slice_us // units.SLICE_US + self._offsets[zone]) % length
            if phase == 0 and self.crowds:
                self._dense[zone] = slice_us + self._cycle.dense * units.SLICE_US
                start_us = slice_us + self._cycle.lead * units.SLICE_US
                self._expect(CROWD, zone, start_us)
            elif self._dense.get(zone, slice_us + 1) <= slice_us:
                del self._dense[zone]
        now_us = time.time_ns() // 1000
        for camera in range(len(self._cameras.zones)):
            record = self._cameras.slice(camera, slice_us, dense=set(self._dense), received_us=now_us)
            self.sender.send("crowd.zones", record, key=record.camera, partition=camera)

    def _expect(self, rule: str, zone: str, start_us: int) -> str:
        made = alert_id(site=SITE, rule=rule, version=RULE_VERSION, place=zone, start_us=start_us)
        self.manifest.write(id=f"{rule}/{zone}/{start_us}", kind=rule, alert_id=made, zone=zone, start_us=start_us)
        return made

    def _fire(self) -> None:
        if not self._free:
            self.missed_fires += 1
            return
        zone = self._free.pop(self._chance.randrange(len(self._free)))
        now_us = time.time_ns() // 1000
        self._burning[self._expect(FIRE, zone, now_us)] = zone
        reading = SensorFire(
            device=self._devices[zone],
            event_time_us=now_us,
            received_us=0,
            zone=zone,
            kind="smoke",
            state="alarm",
            output="",
            x_cm=0,
            y_cm=0,
        )
        self.sender.send("raw.fire", self._sealer.seal(reading, topic="sensor.fire"), key=reading.device)

    def _clear(self) -> None:
        now_us = time.time_ns() // 1000
        for burning, zone in list(self._burning.items()):
            came = self.came.get(burning)
            if came is None or now_us < came.appended_us + self._clear_after_us:
                continue
            command_id = uuid.UUID(int=self._chance.getrandbits(128)).hex
            self.manifest.write(id=command_id, kind=CLEAR, alert_id=burning, zone=zone, start_us=now_us)
            self._clearing[command_id] = burning, zone
            del self._burning[burning]
            command = AlertCommand(
                command_id=command_id,
                alert_id=burning,
                action="clear",
                actor="S1",
                actor_role="safety officer",
                second_gesture=True,
                reason="the bench clears it",
                received_us=now_us,
                choice="handled",
            )
            self.sender.send("alerts.commands", command, key=burning)

    # -- what comes of it ---------------------------------------------------------------------------------------

    def _read(self) -> None:
        tail = Tail(self._kafka, mode=self._mode, things=_SEEN, start="begin")
        while not self._over.is_set():
            try:
                rows = tail.poll(0.05)
            except TransientError:
                continue  # a broker that is down comes again
            for row in rows:
                if not isinstance(row.record, Rejected):
                    self._take(row.thing, row.record, row.appended_us)
        tail.close()

    def _take(self, thing: str, record: Any, appended_us: int) -> None:
        if thing == "alerts.changes":
            if record.axis == "condition" and record.number == 1:
                came = Came(rule=record.rule, event_time_us=record.event_time_us, appended_us=appended_us)
                self.came.setdefault(record.alert_id, came)
        elif thing == "alerts.answers":
            cleared, zone = self._clearing.pop(record.command_id, ("", ""))
            if record.refusal and cleared:
                self._burning[cleared] = zone  # whoever is refused asks again
                self.refusals.append(record.refusal)
            elif cleared:
                self._free.append(zone)
        elif record.stage == "alerts":
            self.tick_age_us = record.tick_age_us
