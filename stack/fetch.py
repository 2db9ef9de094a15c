"""Brings what the Python environment cannot hold: Java archives, ClickHouse's engine, the built page."""

from __future__ import annotations

import argparse
import contextlib
import functools
import shutil
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pipelines.settings import RECORDINGS
from stack import jars, java, npm

ROOT = Path(__file__).resolve().parent.parent


def fetch_all(home: Path, *, progress: Callable[[str, int, int], None], root: Path = ROOT) -> None:
    """Bring everything that is missing under *home*; what is there and verified is used as it is.

    Args:
        home: the runtime folder, made when absent.
        progress: told (what, done, total) from several threads; not called for what is already there.
        root: the project, whose ``command/web`` is built when it exists.

    Raises:
        ConfigError: something could not be had; what came so far stays and is used by the next try.
    """
    page = functools.partial(npm.build_page, home, root / "command" / "web", progress)
    _side_by_side([*_for_servers(home, progress), page], home)


def fetch_servers(home: Path, *, progress: Callable[[str, int, int], None]) -> None:
    """As `fetch_all`, without the page: what Kafka, Flink and ClickHouse need."""
    _side_by_side(_for_servers(home, progress), home)


def fetch_for_image(home: Path, *, progress: Callable[[str, int, int], None], root: Path = ROOT) -> None:
    """What the stages need where the servers run somewhere else: the page, and the connectors with which Flink jobs are submitted."""
    connectors = functools.partial(_fetch_jars, home, progress, groups=("flink",))
    _side_by_side([connectors, functools.partial(npm.build_page, home, root / "command" / "web", progress)], home)


def _for_servers(home: Path, progress: Callable[[str, int, int], None]) -> list[Callable[[], None]]:
    return [
        functools.partial(_fetch_jars, home, progress),
        functools.partial(java.make_base_archive, home),
        functools.partial(npm.fetch_engine, home, progress),
    ]


def _side_by_side(tasks: Sequence[Callable[[], None]], home: Path) -> None:
    home.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(len(tasks), thread_name_prefix="fetch") as pool:
        running = [pool.submit(task) for task in tasks]
    for task in running:
        task.result()


def _fetch_jars(home: Path, progress: Callable[[str, int, int], None], groups: Sequence[str] = tuple(jars.WANTED)) -> None:
    lock = {group: wanted for group, wanted in jars.read_lock().items() if group in groups}
    missing = {group: jars.missing_jars(home / "jars" / group, wanted) for group, wanted in lock.items()}
    if not any(missing.values()):
        return
    with jars.repository_client() as client:
        get = functools.partial(jars.from_repository, client)
        for group, wanted in missing.items():
            if wanted:
                jars.download_jars(home / "jars" / group, wanted, get=get, progress=progress)


def clean(home: Path, root: Path) -> None:
    """Remove everything that a start made, in the runtime folder *home*, and the project's ``.venv``; recorded video stays."""
    for path in [*home.iterdir()] if home.is_dir() else ():
        if path.name == RECORDINGS:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()
    with contextlib.suppress(OSError):
        home.rmdir()  # but for recordings it is empty
    shutil.rmtree(root / ".venv", ignore_errors=True)


def main() -> None:
    """``python -m stack.fetch [--relock | --image]``: bring everything now, only what an image of the stages needs, or lock Java anew."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--relock", action="store_true", help="write stack/jars.lock.json from the wanted versions")
    parser.add_argument("--image", action="store_true", help="leave out Kafka, Java's archive and ClickHouse's engine")
    told = parser.parse_args()
    if told.relock:
        jars.relock()
        return
    fetch = fetch_for_image if told.image else fetch_all
    fetch(ROOT / ".muster", progress=lambda what, done, total: print(f"{what} {done}/{total}", file=sys.stderr))


if __name__ == "__main__":
    main()
