"""The recorder's programs are programs: nobody else loads PyAV, and a clip is asked for by its words and answered in JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from pipelines.errors import ConfigError, TransientError
from pipelines.recorder.asking import PROGRAM, ask_clip, read_made
from pipelines.recorder.clipping import Made
from pipelines.recorder.naming import iso
from tests.recorder.test_clips import START_US, recorded

ROOT = Path(__file__).resolve().parents[2]
IMPORTS = """
import importlib, pkgutil, sys
names = set()
for name in ("cli", "command", "stack", "plan", "drills", "simulation", "benchmarks.detect"):
    package = importlib.import_module(name)
    names |= {row.name for row in pkgutil.walk_packages(package.__path__, name + ".")}
for stage in ("ingest", "detect", "alerts", "store", "dispatch", "audit", "linkage"):
    names.add(f"pipelines.{stage}.app")
for name in sorted(names):
    if not name.endswith("__main__") or name == "cli.__main__":
        importlib.import_module(name)
print(len(names), sorted(name for name in sys.modules if name == "av" or name.startswith("av.")))
"""


def test_the_command_line_the_page_and_every_other_stage_load_no_pyav() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORTS], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    count, _, loaded = done.stdout.strip().rpartition("\n")[2].partition(" ")
    assert loaded == "[]"
    assert int(count) > 100


def test_a_clip_that_is_asked_for_is_made_and_told_of(tmp_path: Path) -> None:
    library, out = recorded(tmp_path / "r", files=2), tmp_path / "clip.mp4"
    made = ask_clip(library.root, "c1", from_us=START_US + 1_500_000, until_us=START_US + 2_500_000, out=out)
    assert (made.start_us, made.pictures, made.holes, made.codec) == (START_US + 1_000_000, 15, (), "h264")
    assert out.stat().st_size == made.size_bytes


def test_what_is_not_recorded_is_refused_in_the_programs_own_sentence(tmp_path: Path) -> None:
    library = recorded(tmp_path / "r", files=1)
    with pytest.raises(ConfigError, match=f"there is video from {iso(START_US)}"):
        ask_clip(library.root, "c1", from_us=0, until_us=1_000_000, out=tmp_path / "clip.mp4")
    with pytest.raises(ConfigError, match="camera --out=x: nothing is recorded"):
        ask_clip(library.root, "--out=x", from_us=0, until_us=1_000_000, out=tmp_path / "clip.mp4")
    with pytest.raises(ConfigError, match="cannot be made"):
        ask_clip(library.root, "c1", from_us=START_US, until_us=START_US + 1_000_000, out=tmp_path / "nowhere" / "clip.mp4")


def test_a_clip_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(TransientError, match=r"longer than 0\.001 s"):
        ask_clip(tmp_path, "c1", from_us=0, until_us=1, out=tmp_path / "clip.mp4", timeout_s=0.001)


def test_the_program_says_which_words_it_wants(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", PROGRAM, "--camera=c1"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--folder" in done.stderr


def test_what_is_made_comes_back_as_it_was_said() -> None:
    made = Made(start_us=1, end_us=2, holes=((3, 4),), files=("a", "b"), pictures=5, size_bytes=6, codec="hevc")
    assert read_made(json.dumps(asdict(made))) == made
