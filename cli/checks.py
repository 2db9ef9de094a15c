"""`muster test` and `muster bench`."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import typer

from cli.console import USAGE, Progress, console, fail, print_json
from cli.paths import HOME, ROOT, from_caller
from cli.running import fetched, write_report
from pipelines.errors import MusterError

_CHECKS = (
    ("ruff", (sys.executable, "-m", "ruff", "check", ".")),
    ("ruff format", (sys.executable, "-m", "ruff", "format", "--check", ".")),
    ("mypy", (sys.executable, "-m", "mypy")),
    ("import-linter", (str(Path(sys.executable).with_name("lint-imports")), "--no-cache")),
)


def test(arguments: list[str]) -> None:
    """All checks, then all tests; with arguments, pytest alone with them."""
    try:
        with Progress().shown() as progress:
            fetched(progress)
    except MusterError as error:
        fail(error)
    failed = []
    for name, command in _CHECKS if not arguments else ():
        console.print(f"== {name}", markup=False)
        if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:  # noqa: S603 - our own tools
            failed.append(name)
    console.print("== pytest", markup=False)
    if subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=ROOT, check=False).returncode != 0:  # noqa: S603 - our own tests
        failed.append("pytest")
    if failed:
        fail(f"failed: {', '.join(failed)}")
    console.print("muster: all checks passed")


def bench(name: str, report: Path | None, settings: dict[str, Any]) -> None:
    """Run the benchmark *name* and print what it found; *settings* are those that were given."""
    modules = {path.stem for path in (ROOT / "benchmarks").glob("[a-z]*.py")}
    known = sorted(modules | {path.parent.name for path in (ROOT / "benchmarks").glob("[a-z]*/__init__.py")})
    if name not in known:
        fail(f"there is no benchmark '{name}'; there are {', '.join(known) or 'none'}", USAGE)
    try:
        with Progress().shown() as progress:
            fetched(progress)
        module: Any = importlib.import_module(f"benchmarks.{name}")
        unknown = settings.keys() - inspect.signature(module.run).parameters.keys()
        if unknown:
            fail(f"the benchmark '{name}' has no setting {', '.join(sorted(unknown))}", USAGE)
        found = module.run(HOME, ROOT, **settings)
    except MusterError as error:
        fail(error)
    print_json(found)
    if report is not None:
        write_report(from_caller(report), found)
    if not found.get("ok", True):
        raise typer.Exit(1)
