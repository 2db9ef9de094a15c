"""A clip, asked of the program that makes it. Only the recorder's programs load PyAV; see docs/decisions/0021."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from pipelines.errors import ConfigError, TransientError
from pipelines.recorder.clipping import Made

PROGRAM: Final = "pipelines.recorder.clips"
REFUSED, AGAIN = 1, 3  # its exit codes, beside 0: there is no such clip; it could not be made now
_ROOT: Final = Path(__file__).resolve().parents[2]


def ask_clip(folder: Path, camera: str, *, from_us: int, until_us: int, out: Path, timeout_s: float | None = None) -> Made:
    """Have the clip of *camera* over [from, until) made out of the recordings in *folder*, in the file *out*.

    Raises:
        ConfigError: there is nothing of that time, or the file cannot be made.
        TransientError: a recorded file cannot be read, or the program broke down or took longer than *timeout_s*.
    """
    words = {"folder": folder.resolve(), "camera": camera, "from-us": from_us, "until-us": until_us, "out": out.resolve()}
    command = [sys.executable, "-m", PROGRAM, *(f"--{name}={value}" for name, value in words.items())]
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            command, cwd=_ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=timeout_s
        )
    except subprocess.TimeoutExpired as error:
        raise TransientError(f"the clip took longer than {timeout_s:g} s to make, and was given up") from error
    except OSError as error:
        raise TransientError(f"the program that makes clips cannot be started: {error.strerror}") from error
    if done.returncode == 0:
        return read_made(done.stdout)
    if done.returncode in (REFUSED, AGAIN) and (sentence := done.stdout.strip()):
        raise ConfigError(sentence) if done.returncode == REFUSED else TransientError(sentence)
    last = done.stderr.strip().rpartition("\n")[2]
    raise TransientError(f"the program that makes clips ended with {done.returncode}: {last or 'it said nothing'}")


def read_made(text: str) -> Made:
    """What the program says of a clip that it made: JSON, with the fields of `Made`."""
    plain: dict[str, Any] = json.loads(text)
    holes = tuple((int(one), int(two)) for one, two in plain.pop("holes"))
    return Made(holes=holes, files=tuple(plain.pop("files")), **plain)
