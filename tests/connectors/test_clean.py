"""Texts from outside, made safe; marks of exercises."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.clean import clean, plain
from connectors.marks import check, marked, standing
from connectors.payload import as_json
from pipelines.errors import RefusedError
from pipelines.messages import Texts
from tests.connectors.messages import message


@given(text=st.text(), most=st.integers(1, 200))
def test_a_clean_text_is_short_seen_and_stays_as_it_is(text: str, most: int) -> None:
    made = clean(text, most=most)
    assert len(made) <= most
    assert unicodedata.is_normalized("NFC", made)
    assert not [mark for mark in made if unicodedata.category(mark) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")]
    assert clean(made, most=most) == made
    assert not set(plain(text, most=most)) & set("<>")


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("a\u202egnp.exe", "agnp.exe"),
        ("one\r\ntwo\u2028three", "one two three"),
        ("\x1b[31mred\x9b", "[31mred"),
        ("e\u0301", "é"),
        ("C口外场", "C口外场"),
        ("\u200b\ufeff", ""),
    ],
)
def test_what_cannot_be_seen_goes(text: str, made: str) -> None:
    assert clean(text, most=100) == made


@given(text=st.text(max_size=50))
def test_json_opens_no_tag_in_a_page(text: str) -> None:
    body = as_json(message(texts={"en": Texts(radio=text, screen=f"</script>{text}")}))
    assert not set(body) & set(b"<>&")


@pytest.mark.parametrize(("mode", "expected"), [("live", "actual"), ("drill-a", "exercise"), ("drill-channel-test", "test")])
def test_only_live_is_actual(mode: str, expected: str) -> None:
    assert standing(mode) == expected


@given(mode=st.text(max_size=12).filter(lambda mode: mode != "live"))
def test_no_other_mode_passes_for_live(mode: str) -> None:
    with pytest.raises(RefusedError):
        check(message(mode, change=None), name="it", takes_live=True, takes_drills=False)


def test_a_mark_is_there_once() -> None:
    once = marked("text", "drill-a")
    assert marked(once, "drill-a") == once == "EXERCISE 演练 – text"
    assert marked("text", "live") == "text"
