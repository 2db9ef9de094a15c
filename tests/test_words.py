"""Refusals and reasons in two languages: equal places, words of the list of terms, and none that no text may use."""

from __future__ import annotations

import re

import pytest

from command import acts
from pipelines import refusals
from pipelines.dispatch import orders
from pipelines.words import LEVELS, NOTHING, Said, fill, joined, own
from plan import authority
from plan.words import forbidden_in

TABLES = {
    "acts": acts.SENTENCES,
    "alerts": refusals.SENTENCES,
    "orders": orders.SENTENCES,
    "authority": authority.SENTENCES,
    "levels": LEVELS,
    "work": refusals.WORK,
    "actions": refusals.ACTIONS,
}


@pytest.mark.parametrize("name", TABLES)
def test_both_languages_fill_in_the_same_values_and_use_no_forbidden_word(name: str) -> None:
    for key, (en, zh) in TABLES[name].items():
        assert set(re.findall(r"\{(\w+)\}", en)) == set(re.findall(r"\{(\w+)\}", zh)), key
        assert en, key
        assert zh, key
        assert not forbidden_in(f"{en} {zh}"), key


def test_a_part_in_two_languages_stands_in_each_and_any_other_in_both() -> None:
    assert fill(("{a} at {level}", "{a}为{level}"), a=7, level=("watch", "关注")) == Said(en="7 at watch", zh="7为关注")


def test_what_says_nothing_is_false_and_left_out() -> None:
    assert not NOTHING
    assert joined([own("a"), NOTHING, Said(en="b", zh="乙")], between=("; ", ";")) == Said(en="a; b", zh="a;乙")
