"""The words that go out: short enough for the radio, and none that makes a crowd run."""

from __future__ import annotations

from itertools import product

import pytest

from pipelines import rules
from pipelines.dispatch.texts import LEVEL, WHAT, forbidden, free_texts, line, order_texts, texts, too_long
from pipelines.levels import LEVELS
from pipelines.rules import CROWD
from plan.model import Plan
from plan.words import RADIO_CHARACTERS, forbidden_in
from tests.dispatch.town import change

MARK = "EXERCISE 演练"
RULES = {CROWD} | {value for name, value in vars(rules).items() if name.isupper() and isinstance(value, str)}


def test_a_radio_text_says_place_what_level_do_and_reply(plan: Plan) -> None:
    made = texts(change(level="warning"), plan)
    assert made["zh"].radio == "C口外场,拥挤二级,停止放人,收到复述"
    assert made["en"].radio == "Gate C queue – crowding II – stop entry – repeat back"
    assert made["zh"].screen == "C口外场,拥挤,严重二级"
    assert made["zh"].public == ""


def test_a_drills_text_says_so_first(plan: Plan) -> None:
    for row in texts(change(mode="drill-t1"), plan).values():
        assert row.radio.startswith(MARK)
        assert row.screen.startswith(MARK)
    assert line(change(mode="drill-t1"), plan)["zh"] == f"{MARK},C口外场,拥挤,危急一级"


def test_an_unverified_alert_a_cleared_one_and_a_retracted_one_say_so(plan: Plan) -> None:
    assert "火警一级未核实" in texts(change(rule="fire", verified=False), plan)["zh"].radio
    assert "解除" in texts(change(condition="cleared"), plan)["zh"].radio
    assert "撤销" in texts(change(), plan, retracted=True)["zh"].radio


def test_a_screen_says_where_the_number_is_the_least_there_is_and_the_radio_keeps_to_its_twenty_characters(plan: Plan) -> None:
    least, plain = texts(change(at_least=True), plan), texts(change(), plan)
    assert least["en"].screen == f"{plain['en'].screen} – at least, people hide each other"
    assert least["zh"].screen == f"{plain['zh'].screen},仅为下限,人群相互遮挡"
    assert (least["en"].radio, least["zh"].radio) == (plain["en"].radio, plain["zh"].radio)
    assert texts(change(at_least=True, condition="cleared"), plan) == texts(change(condition="cleared"), plan)


def test_every_rule_and_level_has_words() -> None:
    assert set(LEVEL) == set(LEVELS)
    assert set(WHAT) >= RULES


def test_every_radio_text_of_every_rule_level_and_place_of_the_demo_fits_and_has_no_forbidden_word(plan: Plan) -> None:
    counted, longest = 0, 0
    for rule, level, place in product(WHAT, LEVEL, plan.places):
        for fields in ({}, {"verified": False}, {"condition": "cleared"}):
            row = change(rule=rule, level=level, place=place, **fields)
            made = texts(row, plan)
            name = made["zh"].radio.split(",")[0]
            assert name in (plan.places[place].zh, plan.short[place].zh if place in plan.short else name)
            assert len(made["zh"].radio) <= RADIO_CHARACTERS
            assert made["zh"].radio.endswith("复述")
            assert forbidden(made) == ()
            counted, longest = counted + 1, max(longest, len(made["zh"].radio))
    print(f"{counted} radio texts, the longest has {longest} characters")
    assert too_long(plan) == []


def test_a_name_that_is_too_long_for_the_radio_is_named_and_a_short_one_mends_it(plan: Plan) -> None:
    long = plan.model_copy(update={"short": {}})
    (sentence,) = [row for row in too_long(long) if "'service-road-east'" in row]
    assert "give it a short Chinese name" in sentence
    assert texts(change(place="service-road-east"), long)["zh"].radio.startswith("服务道路(东向)")


def test_an_order_has_its_place_its_words_and_its_public_text(plan: Plan) -> None:
    action = next(row for row in plan.actions if row.id == "stop_show")
    made = order_texts(action, "field", plan, mode="live")
    assert made["zh"].radio == "内场,停演开灯,收到复述"
    assert "paused" in made["en"].public
    assert order_texts(action, "field", plan, mode="drill-x")["en"].public.startswith(MARK)


def test_an_order_that_sends_people_somewhere_shows_the_state_of_that_place(plan: Plan) -> None:
    action = next(row for row in plan.actions if row.id == "divert_c_to_b")
    made = order_texts(action, "gate-c-queue", plan, mode="live", seen=("there now 0.4 p/m², below watch", "该处0.4人/平方米"))
    assert made["en"].screen == "Gate C queue – divert to Gate B – there now 0.4 p/m², below watch"


@pytest.mark.parametrize("word", ["踩踏", "爆炸", "确认", "Stampede", "EXPLOSION", "预警"])
def test_forbidden_words_are_found_in_any_case(plan: Plan, word: str) -> None:
    assert forbidden_in(f"x {word} y")
    assert forbidden(free_texts((word, word), "field", plan, mode="live"))
