"""`muster store migrate`, `muster store check`: the database of a mode, as it should be."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Final, NoReturn

from cli.console import FAILED, UNREACHABLE, console, fail, print_json
from cli.paths import HOME, from_caller
from cli.topics import only_mode
from connectors import clickhouse
from pipelines.errors import MusterError, TransientError
from pipelines.store.retention import floors
from pipelines.store.upkeep import ALARM_SHARES, PlanUpkeep, told
from pipelines.topics import is_drill
from plan.load import load
from plan.model import Plan
from stack.addresses import read_addresses
from stack.modes import run_folder

_PLAN: Final = "plan.yaml"


def migrate(*, mode: str | None, plan: Path | None, address: str | None) -> None:
    """Bring the schema up to date, set how long rows are kept, drop drills that are past their time."""
    try:
        mode = mode or only_mode()
        with closing(_database(mode, address)) as database:
            upkeep = PlanUpkeep(database, _plan(mode, plan), live=not is_drill(mode))
            upkeep.begin()
            upkeep.turn()
    except MusterError as error:
        _end(error)
    console.print(f"database '{clickhouse.database_of(mode)}' is up to date", markup=False)


def check(*, mode: str | None, address: str | None, as_json: bool) -> None:
    """Say what is wrong with the database, and how full the disk is."""
    try:
        mode = mode or only_mode()
        with closing(_database(mode, address)) as database:
            disks = database.disks()
            problems = database.problems(floors=floors())
    except MusterError as error:
        _end(error)
    problems += [told(disk.name, disk.used_share) for disk in disks if disk.used_share >= min(ALARM_SHARES)]
    if as_json:
        print_json({"database": database.name, "problems": problems, "disks": {disk.name: round(disk.used_share, 3) for disk in disks}})
    else:
        for disk in disks:
            console.print(f"disk '{disk.name}': {disk.free / 1e9:.1f} GB free, {disk.used_share:.0%} full", markup=False)
        for sentence in problems:
            console.print(f"  {sentence}", markup=False)
        if not problems:
            console.print(f"database '{database.name}' is as its schema files make it", markup=False)
    if problems:
        fail(f"{len(problems)} problems", FAILED)


def _database(mode: str, address: str | None) -> clickhouse.Database:
    where = address or read_addresses(HOME).clickhouse
    return clickhouse.Database(clickhouse.client(where), clickhouse.database_of(mode))


def _plan(mode: str, given: Path | None) -> Plan | None:
    """The plan that was given, or the one that the mode runs with; none: how long rows are kept stays as it is."""
    path = from_caller(given) if given else run_folder(HOME, mode) / _PLAN
    return load(path) if given or path.is_file() else None


def _end(error: MusterError) -> NoReturn:
    fail(error, UNREACHABLE if isinstance(error, TransientError) else FAILED)
