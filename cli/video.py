"""`muster recording`: the options of its commands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Optional

import typer

from cli.console import USAGE, fail

recording = typer.Typer(help="Recorded video: clips, proof of retention, evidence.", no_args_is_help=True)

Mode = Annotated[Optional[str], typer.Option(help="Mode; the one that runs where there is only one.")]  # noqa: UP045 - typer reads it at run time
AsJson = Annotated[bool, typer.Option("--json", help="As JSON on standard output.")]
Camera = Annotated[str, typer.Option(help="Camera id.")]
Name = Annotated[str, typer.Option("--by", help="Name or call sign of who does it.")]
Why = Annotated[str, typer.Option("--why", help="For what.")]


@recording.command("clip")
def recording_clip(
    *,
    camera: Camera,
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to make: .mp4, or .ts.")],
    alert: Annotated[Optional[str], typer.Option(help="The alert's id, or its beginning.")] = None,  # noqa: UP045
    at: Annotated[Optional[str], typer.Option(help="A time with its zone, e.g. 2026-05-01T19:30:00Z.")] = None,  # noqa: UP045
    before: Annotated[str, typer.Option(help="So long before it.")] = "10s",
    after: Annotated[str, typer.Option(help="So long after it; waited for where it is still to come.")] = "20s",
    mode: Mode = None,
    as_json: AsJson = False,
) -> None:
    """Cut a clip around an alert or a time out of recorded video, at key frames, without coding anything anew."""
    from cli import recording as command  # noqa: PLC0415

    command.clip(camera=camera, alert=alert, at=at, before_s=_seconds(before), after_s=_seconds(after), out=out, mode=mode, as_json=as_json)


@recording.command("check")
def recording_check(
    *,
    mode: Mode = None,
    days: Annotated[int, typer.Option(min=1, max=3660, help="Days to look back over.")] = 30,
    verify: Annotated[bool, typer.Option("--verify", help="Read every file, and hold it against its digest.")] = False,
    as_json: AsJson = False,
) -> None:
    """Prove retention: for each camera from when, gaps, sharpness, bytes a day, and how many days the disk holds."""
    from cli import recording as command  # noqa: PLC0415

    command.check(mode=mode, days=days, verify=verify, as_json=as_json)


@recording.command("hold")
def recording_hold(
    *,
    camera: Camera,
    from_: Annotated[str, typer.Option("--from", help="A time with its zone.")],
    until: Annotated[str, typer.Option(help="A time with its zone.")],
    why: Why,
    by: Name,
    mode: Mode = None,
) -> None:
    """Hold video as evidence: it is kept until it is released, whatever its age."""
    from cli import recording as command  # noqa: PLC0415

    command.hold(camera=camera, from_=from_, until=until, why=why, by=by, mode=mode)


@recording.command("holds")
def recording_holds(*, mode: Mode = None, as_json: AsJson = False) -> None:
    """What is held, by whom and for what."""
    from cli import recording as command  # noqa: PLC0415

    command.holds(mode=mode, as_json=as_json)


@recording.command("release")
def recording_release(
    hold: Annotated[str, typer.Argument(help="What it is held as.")],
    *,
    why: Why,
    by: Name,
    mode: Mode = None,
) -> None:
    """Release held video: from then on its age counts again."""
    from cli import recording as command  # noqa: PLC0415

    command.release(hold, by=by, why=why, mode=mode)


def _seconds(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(s|m|h)?", text.strip())
    if found is None:
        fail(f"'{text}' is no time: expected e.g. 20s or 10m", USAGE)
    return float(found[1]) * {"s": 1, "m": 60, "h": 3600, None: 1}[found[2]]
