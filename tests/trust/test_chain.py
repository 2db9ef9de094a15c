"""The audit chain: whatever is changed, taken out, put in or cut off is found."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.audit import acts
from pipelines.audit.chain import sealed, signed_root
from pipelines.audit.keys import public_key, signing_key
from pipelines.audit.verification import Log, SourceRecord, Sources, broken, from_lines, root_of, to_lines
from pipelines.codec import encode
from pipelines.errors import ConfigError, DecodeError
from pipelines.events import AlertCommand, AuditEntry, AuditRoot

NOW = 1_767_225_600_000_000
KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PUBLIC = KEY.public_key()
PUBLIC_HEX = PUBLIC.public_bytes_raw().hex()
MODE = "drill-t"


def command(number: int) -> AlertCommand:
    return AlertCommand(
        command_id=f"c{number}",
        alert_id=f"a{number % 3}",
        action="acknowledge",
        actor="M1",
        actor_role="monitor",
        second_gesture=False,
        reason="seen on camera 4",
        received_us=NOW + number,
    )


RECORDS = [
    SourceRecord(source=f"alerts.commands/0/{number}", raw=encode(command(number)), appended_us=NOW + number) for number in range(12)
]


def chain(*, roots_at: tuple[int, ...] = (5, 12)) -> Log:
    """Twelve acts and a root after some of them."""
    log, last = Log(mode=MODE), None
    for number, record in enumerate(RECORDS):
        last = sealed(acts.act_of(command(number), mode=MODE, source=record.source, raw=record.raw), after=last)
        log.entries.append(last)
        if last.number in roots_at:
            log.roots.append(signed_root(last, KEY, at_us=NOW + number))
    return log


def resealed(entries: list[AuditEntry]) -> list[AuditEntry]:
    """What a forger without the key can do: seal everything anew."""
    made: list[AuditEntry] = []
    for entry in entries:
        made.append(sealed(entry, after=made[-1] if made else None))
    return made


def test_a_chain_that_nobody_touched_is_whole():
    log = chain()
    assert broken(log, PUBLIC, anchored=log.roots) == []
    sources = Sources(log.entries, now_us=NOW)
    assert [sentence for record in RECORDS for sentence in sources.broken(record)] == []
    assert (sources.checked, sources.twice) == (12, [])


def other(value):
    """A value of the same type that is another."""
    if isinstance(value, int):
        return st.integers(min_value=-(2**62), max_value=2**62).filter(lambda made: made != value)
    kind = st.binary(max_size=40) if isinstance(value, bytes) else st.text(max_size=40)
    flipped = st.integers(0, max(len(value) - 1, 0)).map(lambda at: _flipped(value, at))
    return st.one_of(kind, flipped).filter(lambda made: made != value)


def _flipped(value, at):
    if isinstance(value, bytes):
        return value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :] if value else b"x"
    return value[:at] + chr(ord(value[at]) ^ 1) + value[at + 1 :] if value else "x"


@settings(max_examples=400, deadline=None)
@given(found=st.data())
def test_any_other_value_in_any_field_of_any_entry_is_found(found):
    log = chain()
    at = found.draw(st.integers(0, len(log.entries) - 1))
    name = found.draw(st.sampled_from([each.name for each in fields(AuditEntry)]))
    log.entries[at] = replace(log.entries[at], **{name: found.draw(other(getattr(log.entries[at], name)))})
    assert broken(log, PUBLIC)
    log.entries = resealed(log.entries)
    if log.entries != chain().entries:
        assert broken(log, PUBLIC), "roots hold against a chain that was sealed anew"


@settings(max_examples=200, deadline=None)
@given(found=st.data())
def test_any_other_value_in_any_field_of_any_root_is_found(found):
    log = chain()
    at = found.draw(st.integers(0, len(log.roots) - 1))
    name = found.draw(st.sampled_from([each.name for each in fields(AuditRoot)]))
    log.roots[at] = replace(log.roots[at], **{name: found.draw(other(getattr(log.roots[at], name)))})
    assert broken(log, PUBLIC)


@settings(max_examples=200, deadline=None)
@given(at=st.integers(0, 11), to=st.integers(0, 11), seal=st.booleans())
def test_an_entry_that_is_taken_out_put_in_twice_or_moved_is_found(at, to, seal):
    def forged(change):
        log = chain()
        change(log.entries)
        log.entries = resealed(log.entries) if seal else log.entries
        return log

    def moved(rows):
        rows.insert(to, rows.pop(at))

    assert broken(forged(lambda rows: rows.pop(at)), PUBLIC)
    doubled = forged(lambda rows: rows.insert(to, rows[at]))
    assert broken(doubled, PUBLIC) or Sources(doubled.entries, now_us=NOW).twice
    if at != to:
        assert broken(forged(moved), PUBLIC)


@pytest.mark.parametrize("left", range(12))
def test_a_tail_that_is_cut_off_is_found_by_the_root_that_covers_it(left):
    log = chain()
    log.entries = log.entries[:left]
    assert "is not there" in broken(log, PUBLIC)[0]


@pytest.mark.parametrize("left", range(5, 12))
def test_a_tail_that_is_cut_off_with_its_root_is_found_by_the_anchor_and_by_the_records_it_named(left):
    log = chain()
    anchored = list(log.roots)
    log.entries, log.roots = log.entries[:left], log.roots[:1]
    assert broken(log, PUBLIC) == []
    assert broken(log, PUBLIC, anchored=anchored)
    sources = Sources(log.entries, now_us=NOW + 120_000_000)
    assert "there is no entry of it" in next(sentence for record in RECORDS for sentence in sources.broken(record))


def test_a_record_that_was_appended_a_moment_ago_may_wait_for_its_entry():
    sources = Sources(chain().entries[:11], now_us=NOW + 1_000_000)
    assert [sentence for record in RECORDS for sentence in sources.broken(record)] == []


@settings(max_examples=100, deadline=None)
@given(found=st.data())
def test_a_source_record_that_was_changed_is_found(found):
    at = found.draw(st.integers(0, 11))
    raw = found.draw(other(RECORDS[at].raw))
    assert Sources(chain().entries, now_us=NOW).broken(replace(RECORDS[at], raw=raw))


def test_a_record_that_stands_in_the_chain_twice_is_found():
    log = chain(roots_at=())
    again = sealed(acts.act_of(command(3), mode=MODE, source=RECORDS[3].source, raw=RECORDS[3].raw), after=log.entries[-1])
    assert "is in the chain already" in Sources([*log.entries, again], now_us=NOW).twice[0]


def test_a_root_of_another_key_is_found():
    log = chain()
    log.roots[1] = signed_root(log.entries[-1], Ed25519PrivateKey.generate(), at_us=NOW)
    assert "its signature is not that of key" in broken(log, PUBLIC)[0]


def test_a_chain_survives_the_way_into_a_file_and_back():
    log = chain()
    found, key = from_lines(list(to_lines(log, public_key=PUBLIC_HEX)))
    assert (found, key) == (log, PUBLIC_HEX)
    assert public_key(key).public_bytes_raw() == PUBLIC.public_bytes_raw()


@settings(max_examples=300, deadline=None)
@given(found=st.data())
def test_any_byte_that_is_changed_in_a_file_is_found(found):
    """Except where the line says the same thing afterwards: the entries it gives are equal then."""
    lines = list(to_lines(chain(), public_key=PUBLIC_HEX))
    number = found.draw(st.integers(1, len(lines) - 1))
    at = found.draw(st.integers(0, len(lines[number]) - 1))
    lines[number] = (
        lines[number][:at] + chr(ord(lines[number][at]) ^ found.draw(st.sampled_from([1, 2, 4, 8, 16, 32]))) + lines[number][at + 1 :]
    )
    try:
        log, _ = from_lines(lines)
    except DecodeError:
        return
    if log != chain():
        assert broken(log, PUBLIC)


def test_an_anchor_gives_back_the_root_it_was_given_and_nothing_else():
    root = chain().roots[0]
    plain = {each.name: getattr(root, each.name) for each in fields(AuditRoot)}
    plain = {name: value.hex() if isinstance(value, bytes) else value for name, value in plain.items()}
    assert root_of({**plain, "public_key": PUBLIC_HEX}) == root
    with pytest.raises(DecodeError):
        root_of({**plain, "number": "one"})


def test_the_key_is_made_once_and_nobody_else_may_read_it(tmp_path):
    key = signing_key(tmp_path)
    assert (tmp_path / "audit.key").stat().st_mode & 0o777 == 0o600
    assert signing_key(tmp_path).private_bytes_raw() == key.private_bytes_raw()
    assert public_key((tmp_path / "audit.pub").read_text()).public_bytes_raw() == key.public_key().public_bytes_raw()
    (tmp_path / "audit.key").write_bytes(b"short")
    with pytest.raises(ConfigError, match="32 bytes"):
        signing_key(tmp_path)


def test_a_file_without_its_head_is_refused():
    with pytest.raises(DecodeError, match="line 1"):
        from_lines([json.dumps({"kind": "entry"})])
