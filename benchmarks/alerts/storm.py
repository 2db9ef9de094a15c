"""A storm of alerts through the whole stack: signed readings that give a thousand alerts a second, and ten true fires among them.

A panel whose loops fail one after the other (P2), elements of detectors that fail (P3, no card), and passes that are presented at
two gates at once (P2). Every alert, with the id that it must have, stands in the manifest before its reading is sent; the checker
of the kill campaign judges. A fire's time goes from its sending to its record in `alerts.changes`, and to its first delivery.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks.alerts.manifest import FIRE, Manifest, read
from benchmarks.alerts.running import MODE, Running, running
from benchmarks.alerts.sending import Steadfast
from benchmarks.alerts.speed import percentiles
from benchmarks.alerts.venue import CAMERAS, SITE, venue
from connectors.kafka import Rejected, Tail
from pipelines.alerts.episodes import RULE_VERSION
from pipelines.alerts.lifecycle import alert_id
from pipelines.errors import MusterError
from pipelines.events import SensorFire, SensorIdentity
from pipelines.units import MICRO
from simulation.envelopes import Sealer

if TYPE_CHECKING:
    from plan.model import Plan

PANEL_FAULT: Final = "panel_fault"
TWO_GATES: Final = "pass_two_gates"
FIRES: Final = 10
ZONES_A_CAMERA: Final = 25
PANELS: Final = 8
_GATES: Final = ("west", "east")
_TURN_S: Final = 0.02
_APART_US: Final = 1000  # between the two readings of one pass
_MIX: Final = (PANEL_FAULT, PANEL_FAULT, "element", PANEL_FAULT, TWO_GATES, "element", PANEL_FAULT, "element", PANEL_FAULT, TWO_GATES)
_NAME: Final = {"en": "bench", "zh": "基准"}
_START_S: Final = 180.0
_LAST_S: Final = 180.0
_WARM_S: Final = 5.0


def storm_plan() -> Plan:
    """The bench's venue with panels, and a gate with a reader at each end; alerts are kept back as in any plan."""
    middle, far = CAMERAS * 3, ZONES_A_CAMERA * 6
    gates = [
        {"id": name, "label": name[0].upper(), "name": _NAME, "at": at}
        for name, at in zip(_GATES, ([0, middle], [far, middle]), strict=True)
    ]
    panels = [{"id": f"panel-{number}", "kind": "panel", "at": [1, 1], "zone": "z0-0", "beats": False} for number in range(PANELS)]
    readers = [{"id": f"reader-{gate['id']}", "kind": "id_reader", "at": gate["at"], "gate": gate["id"]} for gate in gates]
    return venue(zones_a_camera=ZONES_A_CAMERA, hold_up_s=10, hold_down_s=60, devices=[*panels, *readers], gates=gates, handling={})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What the storm has sent."""

    alerts: int
    fires: dict[str, int]  # alert id → when its reading was sent, µs UTC
    seconds: float


def _alert_of(rule: str, place: str, at_us: int) -> str:
    return alert_id(site=SITE, rule=rule, version=RULE_VERSION, place=place, start_us=at_us)


class Storm:
    """Writes, seals and sends.

    Args:
        sender: rides through whatever happens to the broker.
        sealer: signs for the devices.
        plan: of the storm.
        manifest: written before anything is sent.
        seed: of the places and moments of the fires.
    """

    def __init__(self, sender: Steadfast, sealer: Sealer, plan: Plan, manifest: Manifest, *, seed: int) -> None:
        """Nothing has been sent."""
        self._sender, self._sealer, self._manifest = sender, sealer, manifest
        self._chance = random.Random(seed)  # noqa: S311 - a seed makes it repeatable
        self._detectors = {device.id: device.zone or "" for device in plan.devices if device.kind == "smoke"}
        self._numbers = count()

    def blow(self, *, per_s: int, seconds: float) -> Sent:
        """Send so many alerts a second, and the fires at moments of their own between them."""
        moments, total = list(self._moments(seconds)), round(per_s * seconds)
        fires, sent, began_s = {}, 0, time.monotonic()
        while moments or sent < total:
            now_s = time.monotonic() - began_s
            while sent < min(round(now_s * per_s), total):
                self._alert(next(self._numbers))
                sent += 1
            while moments and now_s >= moments[0]:
                made, at_us = self._fire()
                fires[made] = at_us
                del moments[0]
            self._sender.turn()
            time.sleep(_TURN_S)
        return Sent(alerts=sent, fires=fires, seconds=round(time.monotonic() - began_s, 1))

    def _moments(self, seconds: float) -> Iterator[float]:
        """When each fire breaks out: one in each tenth of the time."""
        for number in range(FIRES):
            yield (number + self._chance.uniform(0.1, 0.8)) * seconds / FIRES

    def _expect(self, rule: str, place: str, zone: str, at_us: int) -> str:
        made = _alert_of(rule, place, at_us)
        self._manifest.write(id=f"{rule}/{place}/{at_us}", kind=rule, alert_id=made, zone=zone, start_us=at_us)
        return made

    def _alert(self, number: int) -> None:
        kind = _MIX[number % len(_MIX)]
        if kind == TWO_GATES:
            self._pass(number)
        elif kind == PANEL_FAULT:
            self._fault(f"panel-{number % PANELS}", "z0-0", "panel", f"loop {number}")
        else:
            device = list(self._detectors)[number % len(self._detectors)]
            self._fault(device, self._detectors[device], "smoke", f"element {number}")

    def _fault(self, device: str, zone: str, kind: str, output: str) -> None:
        now_us = time.time_ns() // 1000
        self._expect(PANEL_FAULT, f"{device}/{zone}/{output}", zone, now_us)
        self._say(device, zone, kind, "fault", output, now_us)

    def _fire(self) -> tuple[str, int]:
        device = self._chance.choice(list(self._detectors))
        zone = self._detectors.pop(device)  # each in a zone of its own
        now_us = time.time_ns() // 1000
        made = self._expect(FIRE, zone, zone, now_us)
        self._say(device, zone, "smoke", "alarm", "", now_us)
        return made, now_us

    def _say(self, device: str, zone: str, kind: str, state: str, output: str, now_us: int) -> None:
        reading = SensorFire(
            device=device, event_time_us=now_us, received_us=0, zone=zone, kind=kind, state=state, output=output, x_cm=0, y_cm=0
        )
        self._sender.send("raw.fire", self._sealer.seal(reading, topic="sensor.fire"), key=device)

    def _pass(self, number: int) -> None:
        pseudonym = f"{number:032x}"[::-1]  # what differs stands first: ALERTS knows a pass by its beginning
        now_us = time.time_ns() // 1000
        self._expect(TWO_GATES, pseudonym[:12], _GATES[1], now_us)
        for gate, at_us in zip(_GATES, (now_us - _APART_US, now_us), strict=True):
            reading = SensorIdentity(
                device=f"reader-{gate}",
                event_time_us=at_us,
                received_us=0,
                gate=gate,
                credential="ticket",
                pass_pseudonym=pseudonym,
                outcome="match",
            )
            self._sender.send("raw.identity", self._sealer.seal(reading, topic="sensor.identity"), key=reading.device, partition=0)


def storm(home: Path, root: Path, *, per_s: int, seconds: float, seed: int, manifest: Path) -> dict[str, Any]:
    """Start the stack, let the storm blow, wait until all has come, and hold it against the manifest."""
    plan = storm_plan()
    with running(home, root, plan) as stack:
        _wait_until_steady(stack)
        written, sender = Manifest(manifest), Steadfast(stack.kafka, MODE)
        sealer = Sealer(site=SITE, mode=MODE, mode_key=stack.mode_key, boot_us=time.time_ns() // 1000)
        storm_ = Storm(sender, sealer, plan, written, seed=seed)
        sent = storm_.blow(per_s=per_s, seconds=seconds)
        sender.close()
        written.close()
        came, told, passed = _wait_until_all_came(stack, sent, manifest)
        judged = stack.judged(manifest)
    restarts = sum(row.restarts for row in stack.supervisor.status())
    return {
        "alerts": sent.alerts,
        "per_s": round(sent.alerts / sent.seconds),
        "seconds": sent.seconds,
        "p1": len(sent.fires),
        "p1_ms": percentiles([(came[fire] - at_us) / 1000 for fire, at_us in sent.fires.items() if fire in came]),
        "p1_lane_ms": percentiles([(passed[fire] - at_us) / 1000 for fire, at_us in sent.fires.items() if fire in passed]),
        "p1_told_ms": percentiles([(told[fire] - at_us) / 1000 for fire, at_us in sent.fires.items() if fire in told]),
        "others_ms": percentiles([(came[row.alert_id] - row.start_us) / 1000 for row in read(manifest) if row.alert_id in came]),
        "restarts": restarts,
        **judged,
    }


def _wait_until_steady(stack: Running) -> None:
    """Wait until ALERTS takes steps close behind the clock."""
    until_s = time.monotonic() + _START_S
    with closing(Tail(stack.kafka, mode=MODE, things=("stage.health",))) as tail:
        while time.monotonic() < until_s:
            ages = [
                row.record.tick_age_us for row in tail.poll(0.5) if not isinstance(row.record, Rejected) and row.record.stage == "alerts"
            ]
            if ages and 0 <= ages[-1] < 2 * MICRO:
                time.sleep(_WARM_S)
                return
    raise MusterError("ALERTS takes no steps close behind the clock")


Times = dict[str, int]


def _wait_until_all_came(stack: Running, sent: Sent, manifest: Path) -> tuple[Times, Times, Times]:
    """When each alert's first change was appended, each fire first delivered, and its reading in its lane; by alert id, µs UTC."""
    expected = {row.alert_id for row in read(manifest)}
    came: Times = {}
    told: Times = {}
    passed: Times = {}
    until_s = time.monotonic() + _LAST_S
    with closing(Tail(stack.kafka, mode=MODE, things=("alerts.changes", "dispatch.receipts", "sensor.p1"))) as tail:
        while time.monotonic() < until_s and not (expected <= came.keys() and sent.fires.keys() <= told.keys()):
            for row in tail.poll(0.2):
                if isinstance(row.record, Rejected):
                    continue
                if row.thing == "alerts.changes":
                    came.setdefault(row.record.alert_id, row.appended_us)
                elif row.thing == "sensor.p1":
                    passed.setdefault(_alert_of(FIRE, row.record.zone, row.record.event_time_us), row.appended_us)
                elif row.record.state == "delivered":
                    told.setdefault(row.record.alert_id, row.appended_us)
    return came, told, passed
