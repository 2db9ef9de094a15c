"""What is encoded comes back; what is not a record is refused with the one error that readers know."""

from __future__ import annotations

import contextlib
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import codec
from pipelines.errors import DecodeError
from pipelines.events import AlertChange, CrowdDensity, DeadLetter


def _neighbour(name: str) -> ModuleType:
    """A module of this folder: tests are no package."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


made = _neighbour("strategies")


@pytest.mark.parametrize("name", made.NAMES)
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_every_record_comes_back_as_it_went(name: str, data: st.DataObject) -> None:
    record = data.draw(made.record(name))
    assert codec.decode(codec.encode(record), type(record)) == record
    assert codec.decode_body(codec.encode_body(record), codec.schema_id(type(record))) == record
    assert codec.from_plain(type(record), codec.to_plain(record)) == record


@pytest.mark.parametrize("name", made.NAMES)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_mutated_bytes_are_a_record_or_a_decode_error(name: str, data: st.DataObject) -> None:
    raw = bytearray(codec.encode(data.draw(made.record(name))))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(raw) - 1))
        match data.draw(st.sampled_from(("change", "insert", "cut"))):
            case "change":
                raw[place] = data.draw(st.integers(0, 255))
            case "insert":
                raw[place:place] = data.draw(st.binary(max_size=12))
            case _:
                del raw[place : place + data.draw(st.integers(1, 8))]
        if not raw:
            break
    kind = codec.class_of(name)
    try:
        record = codec.decode(bytes(raw), kind)
    except DecodeError:
        return
    assert isinstance(record, kind)


@given(raw=st.binary(max_size=200), number=st.integers(-5, 40))
@settings(max_examples=300, deadline=None)
def test_any_bytes_under_any_id_are_a_record_or_a_decode_error(raw: bytes, number: int) -> None:
    with contextlib.suppress(DecodeError):
        codec.decode_body(raw, number)


@pytest.mark.parametrize("raw", [None, b"", b"\x00", b"\x00\x00\x00\x00", b"\x01\x00\x00\x00\x0e", b"\x00\xff\xff\xff\xff"])
def test_what_has_no_header_or_no_known_id_is_refused(raw: bytes | None) -> None:
    with pytest.raises(DecodeError):
        codec.decode(raw, CrowdDensity)


def test_a_record_of_another_kind_is_refused() -> None:
    letter = DeadLetter(stage="s", topic="t", partition=0, offset=0, reason="r", raw=b"", at_us=0)
    with pytest.raises(DecodeError, match="a DeadLetter came where a AlertChange belongs"):
        codec.decode(codec.encode(letter), AlertChange)


def test_bytes_left_over_are_refused() -> None:
    letter = DeadLetter(stage="s", topic="t", partition=0, offset=0, reason="r", raw=b"", at_us=0)
    with pytest.raises(DecodeError, match="1 bytes too many"):
        codec.decode(codec.encode(letter) + b"\x00", DeadLetter)


def test_a_record_beyond_the_limit_is_refused_on_both_sides() -> None:
    letter = DeadLetter(stage="s", topic="t", partition=0, offset=0, reason="r", raw=bytes(codec.MAX_BYTES), at_us=0)
    with pytest.raises(DecodeError, match="more than the limit"):
        codec.encode(letter)
    with pytest.raises(DecodeError, match="more than the limit"):
        codec.decode_body(bytes(codec.MAX_BYTES + 1), codec.schema_id(DeadLetter))
