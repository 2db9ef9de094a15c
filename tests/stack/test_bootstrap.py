"""The bootstrap script, without network: what it says and what it hands on."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("bash", "cat", "cut", "dirname", "env", "flock", "mkdir", "mktemp", "readlink", "rm", "sha256sum", "tee")
LOCKED = ("uv.lock", "pyproject.toml", "stack/uv-requirements.txt")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the script and its lock, and a machine with the bare tools and no Python."""
    project, tools = tmp_path / "project", tmp_path / "bin"
    (project / "stack").mkdir(parents=True)
    tools.mkdir()
    for name in ("muster", *LOCKED):
        shutil.copy(ROOT / name, project / name)
    for name in TOOLS:
        (tools / name).symlink_to(str(shutil.which(name)))
    return project


def run(project: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    env = {"PATH": str(project.parent / "bin"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [str(project / "muster"), *arguments]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)


def test_without_python_it_says_so_and_ends_with_3(project: Path, tmp_path: Path) -> None:
    done = run(project, "demo", cwd=tmp_path)
    assert done.returncode == 3
    assert "Python 3.11 is needed" in done.stderr


def test_a_made_environment_is_used_at_once_from_any_folder(project: Path, tmp_path: Path) -> None:
    python = project / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/usr/bin/env bash\necho "$PWD|$MUSTER_ROOT|$MUSTER_CWD|$PYTHONDONTWRITEBYTECODE|$*"\nexit 5\n')
    python.chmod(0o755)
    stamp = hashlib.sha256(b"".join((project / name).read_bytes() for name in LOCKED)).hexdigest()
    (project / ".venv" / "muster-stamp").write_text(stamp + "\n")
    done = run(project, "status", "--plan", "my plan", cwd=tmp_path)
    assert done.returncode == 5
    assert done.stdout == f"{project}|{project}|{tmp_path}||-m cli status --plan my plan\n"
    assert not (project / ".muster").exists()


def test_another_lock_means_another_environment(project: Path, tmp_path: Path) -> None:
    (project / ".venv").mkdir()
    (project / ".venv" / "muster-stamp").write_text("of an older lock\n")
    assert run(project, "status", cwd=tmp_path).returncode == 3  # it sets out to make one, and finds no Python
