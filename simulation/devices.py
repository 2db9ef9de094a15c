"""The simulated devices: turnstiles, ID readers, fire detectors and panel, and the vehicle sensor. Pure: time is given."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np

from pipelines import units
from pipelines.events import SensorFire, SensorIdentity, SensorTurnstile, SensorVehicle
from plan.model import Device, Plan
from simulation.passages import STEP_US, Passage, Passages
from simulation.scenario import Drive, FireStep, Scenario

_FIRE_EVERY_US = 5 * units.MICRO
_OUTPUTS = ("output_started", "feedback")


class Turnstiles:
    """The turnstiles of every gate: people take them in turn; each reports at a passage and every second."""

    def __init__(self, plan: Plan, passages: Passages, scenario: Scenario, *, start_us: int, first_us: int) -> None:
        """Counters stand where they would, had the turnstiles run since *start_us*; the first step is *first_us*."""
        self._start_us = start_us
        self._passages = passages
        self._areas = {gate.id: gate.area or "" for gate in plan.gates}
        self._by_gate: dict[str, list[Device]] = {}
        for device in plan.devices:
            if device.kind == "turnstile" and device.gate is not None:
                self._by_gate.setdefault(device.gate, []).append(device)
        self._all = [device for devices in self._by_gate.values() for device in devices]
        self._totals = self._base(scenario)
        for gate, (entries, exits) in passages.totals(max(first_us - start_us, 0)).items():
            for index, device in enumerate(self._by_gate.get(gate, [])):
                for column, count in enumerate((entries, exits)):
                    self._totals[device.id][column] += _share(count, index, len(self._by_gate[gate]))

    def _base(self, scenario: Scenario) -> dict[str, list[int]]:
        totals = {device.id: [0, 0] for device in self._all}
        for area, inside in scenario.inside_at_start.items():
            entrances = [row for gate, row in self._by_gate.items() if self._areas[gate] == area]
            devices = [device for row in entrances for device in row]
            for index, device in enumerate(devices):
                totals[device.id][0] += _share(inside, index, len(devices))
        return totals

    def step(self, event_us: int) -> tuple[list[SensorTurnstile], list[Passage]]:
        """Readings of the step that ends at *event_us*, and the passages behind them."""
        passages = self._passages.at(event_us - self._start_us) if event_us >= self._start_us else []
        passages = [row for row in passages if row.gate in self._by_gate]
        readings = [self._passed(passage, event_us) for passage in passages]
        beat = event_us // STEP_US
        told = {reading.device for reading in readings}
        for index, device in enumerate(self._all):
            if (beat + index) % (units.MICRO // STEP_US) == 0 and device.id not in told:
                readings.append(self._reading(device, event_us))
        return readings, passages

    def _passed(self, passage: Passage, event_us: int) -> SensorTurnstile:
        devices = self._by_gate[passage.gate]
        device = devices[passage.turn % len(devices)]
        self._totals[device.id][0 if passage.inward else 1] += 1
        return self._reading(device, event_us)

    def _reading(self, device: Device, event_us: int) -> SensorTurnstile:
        assert device.gate is not None
        entries, exits = self._totals[device.id]
        return SensorTurnstile(
            device=device.id,
            event_time_us=event_us,
            received_us=0,
            gate=device.gate,
            area=self._areas[device.gate],
            entries_total=entries,
            exits_total=exits,
        )


def _share(count: int, index: int, of: int) -> int:
    """How many of *count* that take turns among *of* fall to the one at *index*."""
    return count // of + (index < count % of)


class Readers:
    """One ID reader a gate: one credential for each who comes in."""

    def __init__(self, plan: Plan, scenario: Scenario, *, pseudonym_key: bytes) -> None:
        """Pseudonyms are keyed by *pseudonym_key*, at most 64 bytes."""
        self._by_gate = {device.gate: device for device in plan.devices if device.kind == "id_reader"}
        self._key = pseudonym_key
        self._kinds = list(scenario.identities)
        self._bounds = np.cumsum(list(scenario.identities.values()))

    def readings(self, passages: list[Passage], event_us: int) -> Iterator[SensorIdentity]:
        """A reading for each inward passage of a gate that has a reader."""
        for passage in passages:
            device = self._by_gate.get(passage.gate)
            if device is None or device.gate is None or not passage.inward:
                continue
            digest = hashlib.blake2b(f"{passage.gate}/{passage.turn}".encode(), key=self._key, digest_size=16).digest()
            draw = int.from_bytes(digest[:4], "big") / 2**32 * self._bounds[-1]
            yield SensorIdentity(
                device=device.id,
                event_time_us=event_us,
                received_us=0,
                gate=device.gate,
                credential=self._kinds[int(np.searchsorted(self._bounds, draw, side="right"))],
                pass_pseudonym=digest.hex(),
                outcome="match",
            )


class FireDevices:
    """Detectors and panel: what the story says when it says it, and every 5 s the state that holds."""

    def __init__(self, plan: Plan, scenario: Scenario, *, start_us: int) -> None:
        """Second 0 of the story is *start_us*."""
        self._start_us = start_us
        self._steps = sorted(scenario.fire, key=lambda step: step.at_s)
        self._devices = [device for device in plan.devices if device.kind in ("smoke", "heat", "gas", "co", "panel")]

    def step(self, event_us: int) -> list[SensorFire]:
        """Readings of the step (event_us - 200 ms, event_us]."""
        readings = [
            self._reading(device, step, at_us)
            for step in self._steps
            for device in self._devices
            if device.id == step.device and event_us - STEP_US < (at_us := self._start_us + round(step.at_s * units.MICRO)) <= event_us
        ]
        if event_us % _FIRE_EVERY_US < STEP_US:
            readings += [self._held(device, event_us) for device in self._devices]
        return readings

    def _held(self, device: Device, event_us: int) -> SensorFire:
        """The state that *device* is in; a panel whose outputs run says only that it lives, or it would seem to start them again."""
        past = [step for step in self._steps if step.device == device.id and self._start_us + step.at_s * units.MICRO <= event_us]
        lives = not past or past[-1].state in _OUTPUTS
        return self._reading(device, FireStep(at_s=0, device=device.id, state="normal") if lives else past[-1], event_us)

    def _reading(self, device: Device, step: FireStep, at_us: int) -> SensorFire:
        assert device.zone is not None
        return SensorFire(
            device=device.id,
            event_time_us=at_us,
            received_us=0,
            zone=device.zone,
            kind=device.kind,
            state=step.state,
            output=step.output,
            x_cm=round(device.at[0] * units.CM_PER_M),
            y_cm=round(device.at[1] * units.CM_PER_M),
        )


class Vehicles:
    """The roadside sensor: position, speed and heading of every vehicle on its way, five times a second."""

    def __init__(self, scenario: Scenario, *, start_us: int) -> None:
        """Second 0 of the story is *start_us*."""
        self._start_us, self._drives = start_us, scenario.drives

    def step(self, event_us: int) -> list[SensorVehicle]:
        """Where each vehicle is at *event_us*."""
        t_s = (event_us - self._start_us) / units.MICRO
        return [reading for drive in self._drives if (reading := _driven(drive, t_s, event_us)) is not None]


def _driven(drive: Drive, t_s: float, event_us: int) -> SensorVehicle | None:
    way = np.asarray(drive.way)
    if drive.every_s is not None and t_s > way[0, 0]:
        t_s = way[0, 0] + (t_s - way[0, 0]) % drive.every_s
    if not way[0, 0] <= t_s <= way[-1, 0]:
        return None
    leg = int(np.clip(np.searchsorted(way[:, 0], t_s, side="right") - 1, 0, len(way) - 2))
    seconds, dx, dy = way[leg + 1] - way[leg]
    legs = np.diff(way[:, 1:], axis=0)
    facing = legs[max(row for row in range(leg + 1) if row == 0 or legs[row].any())]
    share = (t_s - way[leg, 0]) / seconds
    return SensorVehicle(
        device=drive.device,
        event_time_us=event_us,
        received_us=0,
        vehicle=drive.vehicle,
        x_cm=round((way[leg, 1] + share * dx) * units.CM_PER_M),
        y_cm=round((way[leg, 2] + share * dy) * units.CM_PER_M),
        speed_cmps=round(float(np.hypot(dx, dy)) / seconds * units.CM_PER_M),
        heading_deg=float(np.degrees(np.arctan2(facing[1], facing[0]))) % 360,
        lane=drive.lane,
    )
