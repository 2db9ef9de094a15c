"""`muster replay`: a recording through the whole path again, in a drill of its own, and the hash of what it found."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from cli.console import USAGE, console, fail
from cli.paths import from_caller
from cli.played_mode import drill_of, run_played
from cli.report import Book
from cli.running import Stop, write_report
from cli.watching import parts_usage
from connectors.kafka import Sender, producer
from drills.recording import TICKS, Recording
from drills.replay import Replayer
from drills.results import Results
from drills.watch import AlertsPlace, gathered
from pipelines.errors import ConfigError
from plan import needs
from plan.load import load, parse, plan_hash
from plan.model import Plan
from stack.flink import SLOTS, overview
from stack.machine import Machine

PARALLELISMS: Final = (1, 2, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How to replay: rate, parallelism of the Flink jobs, where the report goes, and another plan than the recorded one."""

    rate: float
    parallelism: int
    report: Path | None
    plan: Path | None


def mode_of(path: Path) -> str:
    """The drill in which a recording is replayed."""
    return drill_of("replay", path)


def replay(file: Path, how: How) -> None:
    """Replay a recording."""
    path = from_caller(file)
    if how.parallelism not in PARALLELISMS:
        fail(f"parallelism {how.parallelism}: expected {', '.join(map(str, PARALLELISMS))}", USAGE)
    with _opened(path) as source:
        try:
            recording = Recording(source)
            plan = _plan(recording, how)
        except ConfigError as error:
            fail(f"{path}: {error}", USAGE)
        if plan is None:
            _nothing(path, how)
        else:
            _run(path, recording, plan, how)


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        fail(f"{path}: cannot be read: {error.strerror}", USAGE)


def _plan(recording: Recording, how: How) -> Plan | None:
    """The plan to replay with; None where the recording was cut before its own."""
    if recording.about is None:
        return None
    return load(from_caller(how.plan)) if how.plan else parse(recording.about.plan, name="of the recording")


def _nothing(path: Path, how: How) -> None:
    console.print(f"muster: warning: {path.name} was cut before its plan: nothing can be replayed", markup=False)
    if how.report is not None:
        write_report(from_caller(how.report), {"truncated": True, "records": {}, "ticks": 0, "skipped": {}, **Results().hashes()})


def _run(path: Path, recording: Recording, plan: Plan, how: How) -> None:
    mode_name = mode_of(path)
    run_played(
        mode_name,
        plan,
        lambda machine, stop: _replay(machine, mode_name, recording, plan, how, stop),
        said=f"replaying {path.name}",
        tell=lambda found: _tell(path, found),
        report=how.report,
        parallelism=how.parallelism,
        check=lambda machine: _check_slots(machine, plan, how.parallelism),
    )


def _check_slots(machine: Machine, plan: Plan, parallelism: int) -> None:
    """Refuse what would wait for slots for ever.

    Raises:
        ConfigError: the cluster has too few.
    """
    want = parallelism * len(needs.results(plan))
    free = SLOTS if machine.owns_servers else overview(machine.addresses.flink_url).get("slots-available", 0)
    if want > free:
        raise ConfigError(f"{len(needs.results(plan))} jobs at parallelism {parallelism} need {want} slots of Flink, and {free} are free")


def _replay(machine: Machine, mode: str, recording: Recording, plan: Plan, how: How, stop: Stop) -> dict[str, Any]:
    kafka = machine.addresses.kafka
    alerts, book = AlertsPlace(kafka, mode, stop), Book()
    replayer = Replayer(Sender(producer(kafka), mode), alerts, rate=how.rate, stop=stop, ticked=needs.ticked(plan))
    begun = time.monotonic()
    try:
        replayer.play(recording.entries())
        last_tick_us = replayer.finish(ended=recording.ended and not recording.truncated)
    finally:
        alerts.close()
    played_s = time.monotonic() - begun
    results = gathered(
        kafka,
        mode,
        results=needs.results(plan),
        last_tick_us=last_tick_us,
        stop=stop,
        book=lambda row: book.take(row.record, appended_us=row.appended_us),
    )
    done_s = time.monotonic() - begun
    about, supervisor = recording.about, machine.supervisor
    assert about is not None
    assert supervisor is not None
    records = {thing: count for thing, count in sorted(replayer.sent.items()) if thing != TICKS}
    return {
        "mode": mode,
        "recording": {"mode": about.mode, "site": about.site, "plan": about.plan_hash, "version": about.version},
        "plan": plan_hash(plan),
        "rate": how.rate,
        "parallelism": how.parallelism,
        "truncated": recording.truncated,
        "ended_early": stop.is_set(),
        "records": records,
        "ticks": replayer.sent[TICKS],
        "skipped": {**recording.skipped, **replayer.skipped},
        "waits_for_alerts": replayer.waits,
        "first_tick_us": replayer.first_tick_us,
        "last_tick_us": last_tick_us,
        "played_s": round(played_s, 1),
        "results_s": round(done_s, 1),
        **results.hashes(),
        "zones": book.zones([zone.id for zone in plan.zones]),
        "alerts": [{key: value for key, value in row.items() if key != "card_us"} for row in book.alerts()],
        "parts": parts_usage(supervisor.status()),
    }


def _tell(path: Path, found: dict[str, Any]) -> None:
    if found["truncated"]:
        console.print(f"muster: warning: {path.name} is truncated: what could be read was replayed", markup=False)
    for reason, count in found["skipped"].items():
        console.print(f"muster: warning: skipped {count}: {reason}", markup=False)
    total = sum(found["records"].values())
    console.print(f"replayed {total} records and {found['ticks']} ticks in {found['played_s']} s", markup=False)
    tell_hashes(found)


def tell_hashes(found: dict[str, Any]) -> None:
    """Say the hashes, and how many rows they stand for."""
    measures = sum(count for thing, count in found["rows"].items() if thing != "alerts.changes")
    console.print(f"  measures   {found['measures_hash']}  {measures} rows", markup=False)
    console.print(f"  conditions {found['conditions_hash']}  {found['rows']['alerts.changes']} changes", markup=False)
    console.print(f"  both       {found['hash']}", markup=False)
    if found["conflicts"]:
        console.print(f"muster: warning: {found['conflicts']} rows came twice and were not equal", markup=False)
