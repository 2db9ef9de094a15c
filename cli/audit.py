"""`muster audit`: is the chain of acts whole, and the chain as a file."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cli.console import FAILED, UNREACHABLE, USAGE, console, fail
from cli.paths import HOME, from_caller
from cli.topics import only_mode
from connectors.anchor import Anchor
from connectors.kafka import Rejected, Tail
from pipelines.audit.acts import SOURCES
from pipelines.audit.chain import key_id
from pipelines.audit.keys import public_key
from pipelines.audit.verification import Log, SourceRecord, Sources, broken, from_lines, root_of, to_lines
from pipelines.errors import ConfigError, DecodeError, MusterError
from pipelines.events import AuditEntry, AuditRoot
from pipelines.topics import is_drill
from stack.addresses import read_addresses
from stack.modes import anchor_of, run_folder


def verify(*, mode: str | None, file: Path | None, key: Path | None) -> None:
    """Say whether the chain is whole, or the first place where it is broken (exit 1)."""
    if file is not None:
        _verify_file(from_caller(file), key)
        return
    try:
        kafka, chosen = read_addresses(HOME).kafka, mode or only_mode()
        public = public_key((from_caller(key) if key else run_folder(HOME, chosen) / "audit.pub").read_text(encoding="ascii"))
        log, unreadable = _read(kafka, chosen)
        anchored, strange = _anchored(chosen, public)
        wrong = unreadable or broken(log, public, anchored=anchored) or strange
        checked = 0
        if not wrong:
            sources = Sources(log.entries, now_us=time.time_ns() // 1000)
            wrong, checked = sources.twice[:1] or _first_broken(kafka, chosen, sources), sources.checked
    except OSError as error:
        fail(f"the public key of the chain cannot be read: {error.strerror}", UNREACHABLE)
    except MusterError as error:
        fail(error, UNREACHABLE)
    _tell(log, public, wrong, anchored=len(anchored), checked=checked)


def _verify_file(path: Path, key: Path | None) -> None:
    try:
        log, named = from_lines(path.read_text(encoding="utf-8").splitlines())
        public = public_key(from_caller(key).read_text(encoding="ascii") if key else named)
        anchored, strange = _anchored(log.mode, public)
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{path.name} cannot be read: {error}", USAGE)
    except DecodeError as error:
        fail(f"broken: {error}", FAILED)
    except ConfigError as error:
        fail(error, USAGE)
    if key is None:
        console.print("the key is the one that the file names; --key holds it against one that you trust", markup=False)
    _tell(log, public, broken(log, public, anchored=anchored) or strange, anchored=len(anchored), checked=0)


def _tell(log: Log, public: Ed25519PublicKey, wrong: list[str], *, anchored: int, checked: int) -> None:
    last = log.roots[-1].number if log.roots else 0
    console.print(
        f"mode {log.mode}: {len(log.entries)} entries, {len(log.roots)} roots of key {key_id(public)}, {anchored} anchored, "
        f"{checked} held against records that are still kept, {max(len(log.entries) - last, 0)} not yet under a root",
        markup=False,
    )
    if wrong:
        fail(f"broken: {wrong[0]}", FAILED)
    console.print("muster: the chain is whole")


def _read(kafka: str, mode: str) -> tuple[Log, list[str]]:
    """The chain as it stands on its topics, and the first record of it that cannot be read."""
    log, unreadable = Log(mode=mode), []
    tail = Tail(kafka, mode=mode, things=("audit.log", "audit.roots"))
    try:
        for row in tail.read_to_end():
            match row.record:
                case AuditEntry() as entry:
                    log.entries.append(entry)
                case AuditRoot() as root:
                    log.roots.append(root)
                case Rejected() as rejected:
                    unreadable.append(f"{row.thing}/{row.offset}: {rejected.reason}")
    finally:
        tail.close()
    return log, unreadable


def _anchored(mode: str, public: Ed25519PublicKey) -> tuple[list[AuditRoot], list[str]]:
    """The roots that are kept outside; and what is strange about them: in `live`, a key that is not this chain's."""
    anchor, mine, strange = Anchor(anchor_of(HOME)), [], []
    for line in anchor.kept(mode):
        if line.get("key_id") == key_id(public):
            mine.append(root_of(line))
        elif not is_drill(mode):  # a drill begins anew, key and all
            strange.append(f"root of entry {line.get('number')}: it is anchored outside by another key, {line.get('key_id')}")
    return mine, strange


def _first_broken(kafka: str, mode: str, sources: Sources) -> list[str]:
    tail = Tail(kafka, mode=mode, things=SOURCES)
    try:
        for row in tail.read_to_end():
            source = f"{row.thing}/{row.partition}/{row.offset}"
            wrong = sources.broken(SourceRecord(source=source, raw=row.raw, appended_us=row.appended_us))
            if wrong:
                return wrong
    finally:
        tail.close()
    return []


def export(*, mode: str | None, out: Path) -> None:
    """Write the chain of a mode to a file, for whoever is to verify it elsewhere."""
    path = from_caller(out)
    try:
        kafka, chosen = read_addresses(HOME).kafka, mode or only_mode()
        log, unreadable = _read(kafka, chosen)
        key = (run_folder(HOME, chosen) / "audit.pub").read_text(encoding="ascii").strip()
        _write(path, to_lines(log, public_key=key))
    except OSError as error:
        fail(f"{path.name} cannot be written: {error}", USAGE)
    except MusterError as error:
        fail(error, UNREACHABLE)
    for sentence in unreadable:
        console.print(f"left out: {sentence}", markup=False)
    console.print(f"muster: {len(log.entries)} entries and {len(log.roots)} roots in {path.name}", markup=False)


def _write(path: Path, lines: Iterable[str]) -> None:
    with path.open("x", encoding="utf-8") as opened:
        opened.writelines(f"{line}\n" for line in lines)
