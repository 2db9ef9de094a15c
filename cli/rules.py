"""`muster rules …`: check the rules of a plan, explain an alert, try other numbers on a recording."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cli.console import FAILED, UNREACHABLE, USAGE, console, fail
from cli.paths import HOME, from_caller
from cli.running import write_report
from cli.status import running_modes
from connectors.kafka import Rejected, Tail
from drills import compare
from drills.backtest import Backtest
from drills.recording import Recording
from pipelines.errors import ConfigError, MusterError
from pipelines.events import AlertChange
from pipelines.topics import check_mode
from pipelines.units import MICRO
from plan import needs
from plan.explaining import explain as in_words
from plan.load import load, parse, plan_hash
from plan.model import Plan
from plan.rulebook import RULES
from plan.trying import changed
from stack.addresses import read_addresses
from stack.modes import run_folder

_MONITOR: Final = "monitor"
_SHOWN: Final = 40


def check(file: Path) -> None:
    """Say what is wrong with a plan's rules (exit 1), or how many there are."""
    try:
        plan = load(from_caller(file))
    except MusterError as error:
        fail(error)
    idle = [f"{name} ({rule.lacks})" for name, rule in RULES.items() if rule.needs is not None and not rule.needs(plan)]
    mine = len(plan.rules.combinations)
    console.print(f"{len(RULES) - len(idle)} rules and {mine} combinations can fire; phase {plan.phase}", markup=False)
    if idle:
        console.print(f"nothing to look at: {', '.join(idle)}", markup=False)


def explain(alert: str, *, mode: str | None, recording: Path | None) -> None:
    """Explain the alert whose id begins with *alert*, from the changes of a mode or of a recording tried again."""
    try:
        plan, changes = _from_recording(recording) if recording is not None else _from_mode(mode)
    except ConfigError as error:
        fail(error, USAGE)
    except MusterError as error:
        fail(error, UNREACHABLE)
    ids = sorted({row.alert_id for row in changes if row.alert_id.startswith(alert)})
    if len(ids) != 1:
        several = f"{len(ids)} alerts begin with '{alert}': {', '.join(ids[:5])}"
        fail(several if ids else f"there is no alert {alert} among {len({row.alert_id for row in changes})}", USAGE)
    found = [row for row in changes if row.alert_id == ids[0]]
    if found[-1].plan != plan_hash(plan):
        console.print(
            f"muster: warning: the alert cites plan {found[-1].plan}, and the numbers are those of {plan_hash(plan)}", markup=False
        )
    for line in in_words(found, plan):
        print(line)


def _from_mode(mode: str | None) -> tuple[Plan, list[AlertChange]]:
    modes = running_modes()
    if mode is None and len(modes) != 1:
        fail(f"say which mode with --mode, or a --recording: {', '.join(modes) or 'none runs'}", USAGE if modes else UNREACHABLE)
    chosen = check_mode(mode or modes[0])
    plan = load(run_folder(HOME, chosen) / "plan.yaml")
    tail = Tail(read_addresses(HOME).kafka, mode=chosen, things=("alerts.changes",))
    try:
        seen = {
            (row.record.alert_id, row.record.axis, row.record.number): row.record for row in tail.read_to_end() if _is_change(row.record)
        }
    finally:
        tail.close()
    return plan, list(seen.values())


def _is_change(record: Any) -> bool:
    return not isinstance(record, Rejected)


def _from_recording(file: Path) -> tuple[Plan, list[AlertChange]]:
    plan, tried = _tried(from_caller(file), ())
    return plan, tried.trials[0].changes


def _tried(path: Path, sets: Sequence[str]) -> tuple[Plan, Backtest]:
    """The recording at *path* tried with its own plan and, where *sets* says something, with the changed one.

    Raises:
        ConfigError: it is no recording, holds no plan, or the numbers cannot be.
    """
    try:
        with path.open("rb") as source:
            recording = Recording(source)
            if recording.about is None:
                raise ConfigError("was cut before its plan: nothing can be tried")
            plan = parse(recording.about.plan, name="of the recording")
            tried = Backtest(plan, [changed(plan, sets)] if sets else [])
            tried.run(recording.entries())
            tried.skipped.update(recording.skipped)
            if recording.truncated:
                console.print(f"muster: warning: {path.name} is truncated: what could be read was tried", markup=False)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except ConfigError as error:
        raise ConfigError(f"{path.name}: {error}") from error
    for reason, count in tried.skipped.items():
        console.print(f"muster: warning: skipped {count}: {reason}", markup=False)
    if needs.VEHICLES in needs.results(plan):
        console.print("muster: note: evidence about vehicles is not worked out again; its rules are left out", markup=False)
    return plan, tried


def backtest(file: Path, *, sets: Sequence[str], operators: int | None, report: Path | None) -> None:
    """Try changed numbers on a recording and say what would have been different."""
    if not sets:
        fail("say what to try with --set, e.g. --set north.warning=3.5", USAGE)
    try:
        plan, tried = _tried(from_caller(file), sets)
    except MusterError as error:
        fail(error, USAGE)
    if tried.last_us < 0:
        fail(f"{file.name}: there is no tick in it, so no time passes", FAILED)
    people = operators or max(sum(post.role.en.casefold() == _MONITOR for post in plan.posts), 1)
    before, after = (compare.episodes(trial.changes) for trial in tried.trials)
    found = compare.differences(before, after)
    over_us = tried.last_us - tried.first_us
    loads = [compare.cards_per_hour(rows, over_us=over_us, operators=people) for rows in (before, after)]
    counts = Counter(row.what for row in found)
    for row in found[:_SHOWN]:
        print(_line(row))
    if len(found) > _SHOWN:
        print(f"… and {len(found) - _SHOWN} more; --report has them all")
    print(f"{over_us / MICRO:.0f} s, {len(before)} alerts before and {len(after)} after; levels: " + _counted(counts))
    print(f"cards per hour and operator ({people}): {loads[0]:.1f} before, {loads[1]:.1f} after")
    if report is not None:
        rows = [dataclasses.asdict(row) for row in found]
        shown = {"seconds": over_us / MICRO, "before": len(before), "after": len(after), "operators": people}
        write_report(
            from_caller(report), {**shown, "cards_per_hour": loads, "counts": dict(counts), "differences": rows, "set": list(sets)}
        )


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{counts[what]} {what}" for what in (compare.GAINED, compare.LOST, compare.EARLIER, compare.LATER))


def _line(row: compare.Difference) -> str:
    at_us = row.after_us if row.after_us >= 0 else row.before_us
    moved = f"  {(row.after_us - row.before_us) / MICRO:+.1f} s" if min(row.before_us, row.after_us) >= 0 else ""
    clock = datetime.fromtimestamp(at_us / MICRO, UTC).strftime("%H:%M:%S")
    return f"{row.what:<8} {clock}Z  {row.rule} {row.place} {row.level}{moved}"
