"""`muster recording …`: clips out of recorded video, proof of retention, and what is held as evidence."""

from __future__ import annotations

import json
import math
import secrets
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from cli.console import FAILED, UNREACHABLE, USAGE, console, fail, print_json
from cli.paths import HOME, from_caller
from cli.status import running_modes
from connectors.kafka import Rejected, Tail
from pipelines.errors import ConfigError, MusterError
from pipelines.events import AlertChange
from pipelines.recorder.asking import ask_clip
from pipelines.recorder.clipping import Made
from pipelines.recorder.keeping import FLOOR_DAYS, Hold
from pipelines.recorder.library import Library, digest
from pipelines.recorder.naming import iso
from pipelines.recorder.proof import Proof, days_that_fit, prove
from pipelines.topics import check_mode
from pipelines.units import MICRO
from plan.load import load
from plan.model import Plan
from stack.addresses import read_addresses
from stack.modes import recordings_of, run_folder

_ON_DISK_US: Final = 2 * MICRO  # from a picture's arrival until it can be read from its file, at the most
_LOOK_S: Final = 0.2


def clip(
    *, camera: str, alert: str | None, at: str | None, before_s: float, after_s: float, out: Path, mode: str | None, as_json: bool
) -> None:
    """Write a clip around an alert or a time, waiting for what is still to come."""
    if (alert is None) == (at is None):
        fail("say either --alert ID or --at TIME", USAGE)
    chosen, path = _mode(mode), from_caller(out)
    if path.exists():
        fail(f"{out} is there already: a clip is never written over", USAGE)
    library = _library(chosen)
    try:
        middle_us = instant_us(at) if at is not None else _alert_us(str(alert), chosen)
        from_us, until_us = middle_us - round(before_s * MICRO), middle_us + round(after_s * MICRO)
        _wait(library, camera, until_us)
        made = ask_clip(library.root, camera, from_us=from_us, until_us=until_us, out=path)
    except ConfigError as error:
        fail(error, FAILED)
    except MusterError as error:
        fail(error, UNREACHABLE)
    _tell(made, path, from_us=from_us, until_us=until_us, as_json=as_json)


def _wait(library: Library, camera: str, until_us: int) -> None:
    """Wait until what was to come is on the disk; a camera that has been lost is waited for no longer than that."""
    told = False
    while time.time_ns() // 1000 < until_us + _ON_DISK_US and not library.reaches(camera, until_us):
        if not told:
            console.print(f"muster: waiting until {iso(until_us)}", markup=False)
            told = True
        time.sleep(_LOOK_S)


def _tell(made: Made, path: Path, *, from_us: int, until_us: int, as_json: bool) -> None:
    if as_json:
        plain = asdict(made) | {"out": str(path), "asked_from": iso(from_us), "asked_until": iso(until_us)}
        print_json(plain | {"start": iso(made.start_us), "end": iso(made.end_us)})
        return
    length_s = (made.end_us - made.start_us) / MICRO
    console.print(f"{path.name}: {iso(made.start_us)} to {iso(made.end_us)}, {length_s:.2f} s, {made.pictures} pictures", markup=False)
    if made.start_us > from_us + MICRO or made.end_us < until_us - MICRO:
        console.print(f"muster: warning: asked for were {iso(from_us)} to {iso(until_us)}; there is no more of it", markup=False)
    for one, two in made.holes:
        console.print(f"muster: warning: no picture from {iso(one)} for {(two - one) / MICRO:.2f} s", markup=False)


def check(*, mode: str | None, days: int, verify: bool, as_json: bool) -> None:
    """Prove retention; exit 1 where a camera is not as the standard asks."""
    chosen = _mode(mode)
    library, plan = _library(chosen), _plan(chosen)
    wanted = [row.id for row in plan.cameras if row.record] if plan is not None else []
    now_us = time.time_ns() // 1000
    proofs = []
    for camera in sorted({*wanted, *library.cameras()}):
        rows = library.index(camera, from_us=now_us - days * 86_400 * MICRO)
        missing = library.missing(rows)
        if verify:
            missing += [row.file for row in rows if row.file not in missing and digest(library.root / row.file)[1] != row.blake2b]
        there = [row for row in rows if row.file not in set(missing)]
        proofs.append(prove(camera, there, now_us=now_us, days=days, missing=missing, wanted=camera in wanted or plan is None))
    if not proofs:
        fail(f"there is no recording in {library.root.name}, and the plan wants none", UNREACHABLE)
    disk = library.disk()
    fits = days_that_fit(proofs, free_bytes=disk.free, reserve_bytes=disk.reserve)
    least = plan.recording.floor_days if plan is not None else FLOOR_DAYS
    faults = [f"{proof.camera}: {fault}" for proof in proofs for fault in proof.faults]
    if fits < least:
        faults.append(f"the disk holds {fits:g} days of these cameras, and {least} are asked for")
    if as_json:
        print_json(_as_json(proofs, fits, disk.used_percent, disk.free, faults))
    else:
        console.print(_table(proofs))
        console.print(f"disk {disk.used_percent:g} % used, {disk.free / 1e9:.1f} GB free; {_days(fits)} days fit", markup=False)
        for fault in faults:
            console.print(f"muster: {fault}", markup=False)
    if faults:
        raise SystemExit(FAILED)


def _table(proofs: list[Proof]) -> Table:
    table = Table(box=None, padding=(0, 2))
    for title in ("camera", "from", "to", "recorded", "gaps", "longest", "picture", "GB a day"):
        table.add_column(title)
    for proof in proofs:
        table.add_row(
            proof.camera,
            iso(proof.since_us) if proof.since_us else "-",
            iso(proof.until_us) if proof.until_us else "-",
            f"{proof.recorded_us / MICRO / 3600:.2f} h",
            str(len(proof.gaps)),
            f"{max((gap.length_s for gap in proof.gaps), default=0):g} s",
            f"{proof.smallest_px[0]} x {proof.smallest_px[1]} {', '.join(proof.codecs)}",
            f"{proof.bytes_a_day / 1e9:.2f}",
        )
    return table


def _as_json(proofs: list[Proof], fits: float, used_percent: float, free_bytes: int, faults: list[str]) -> dict[str, Any]:
    rows = []
    for proof in proofs:
        plain: dict[str, Any] = json.loads(json.dumps(asdict(proof)))
        for gap, found in zip(plain["gaps"], proof.gaps, strict=True):
            gap["length_s"] = found.length_s
        rows.append(plain)
    days = fits if math.isfinite(fits) else None
    return {"cameras": rows, "days_that_fit": days, "used_percent": used_percent, "free_bytes": free_bytes, "faults": faults}


def _days(fits: float) -> str:
    return f"{fits:g}" if math.isfinite(fits) else "any number of"


def hold(*, camera: str, from_: str, until: str, why: str, by: str, mode: str | None) -> None:
    """Keep video as evidence until it is released."""
    library = _library(_mode(mode))
    try:
        from_us, until_us = instant_us(from_), instant_us(until)
    except ConfigError as error:
        fail(error, USAGE)
    if from_us >= until_us:
        fail("--from must be before --until", USAGE)
    made = Hold(id=secrets.token_hex(4), camera=camera, from_us=from_us, until_us=until_us, why=why, by=by, at_us=time.time_ns() // 1000)
    if not library.index(camera, from_us=from_us, until_us=until_us):
        console.print(f"muster: warning: camera {camera} has no video of that time yet", markup=False)
    library.hold(made)
    console.print(f"held as {made.id}: {camera}, {iso(from_us)} to {iso(until_us)}", markup=False)


def holds(*, mode: str | None, as_json: bool) -> None:
    """Show what is held."""
    try:
        found = _library(_mode(mode)).holds()
    except ConfigError as error:
        fail(error)
    if as_json:
        print_json([asdict(row) for row in found])
        return
    for row in found:
        console.print(f"{row.id}  {row.camera}  {iso(row.from_us)} to {iso(row.until_us)}  {row.by}: {row.why}", markup=False)


def release(hold_id: str, *, by: str, why: str, mode: str | None) -> None:
    """Let go of held video."""
    if not _library(_mode(mode)).release(hold_id, by=by, why=why, at_us=time.time_ns() // 1000):
        fail(f"nothing is held as {hold_id}", USAGE)
    console.print(f"released {hold_id}, by {by}: {why}", markup=False)


def instant_us(text: str) -> int:
    """A time with its zone, e.g. 2026-05-01T19:30:00Z or …+08:00, as µs UTC.

    Raises:
        ConfigError: it is none.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"'{text}' is no time: expected e.g. 2026-05-01T19:30:00Z") from None
    if found.tzinfo is None:
        raise ConfigError(f"'{text}' has no zone: expected e.g. 2026-05-01T19:30:00Z or 2026-05-01T19:30:00+08:00")
    return round((found - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * MICRO)


def _alert_us(alert: str, mode: str) -> int:
    """When the alert whose id begins with *alert* began, by its first change.

    Raises:
        ConfigError: there is none, or more than one.
    """
    tail = Tail(read_addresses(HOME).kafka, mode=mode, things=("alerts.changes",))
    try:
        rows: list[AlertChange] = [row.record for row in tail.read_to_end() if not isinstance(row.record, Rejected)]
    finally:
        tail.close()
    found = [row for row in rows if row.alert_id.startswith(alert.rpartition(":")[2])]
    ids = {row.alert_id for row in found}
    if len(ids) != 1:
        raise ConfigError(f"{len(ids)} alerts begin with '{alert}'" if ids else f"there is no alert {alert}")
    return min(row.event_time_us for row in found)


def _mode(mode: str | None) -> str:
    """The mode that is named, else the one that runs, else the one that has recordings."""
    modes = [mode] if mode is not None else running_modes()
    if not modes and recordings_of(HOME).is_dir():
        modes = sorted(path.name for path in recordings_of(HOME).iterdir() if path.is_dir())
    if len(modes) != 1:
        fail(f"say which mode with --mode: {', '.join(modes) or 'none runs, and none has recordings'}", USAGE if modes else UNREACHABLE)
    try:
        return check_mode(modes[0])
    except ConfigError as error:
        fail(error, USAGE)


def _library(mode: str) -> Library:
    folder = recordings_of(HOME) / mode
    if not folder.is_dir():
        fail(f"mode {mode} has no recordings", UNREACHABLE)
    return Library(folder)


def _plan(mode: str) -> Plan | None:
    try:
        return load(run_folder(HOME, mode) / "plan.yaml")
    except MusterError:
        return None
