"""Ticks go where somebody waits for them, and nowhere else."""

from __future__ import annotations

import re

from pipelines.settings import Settings
from pipelines.topics import BY_THING
from plan import needs
from plan.load import parse
from stack.submit import built
from tests.plans import plan_dict

SETTINGS = Settings(mode="drill-x", kafka="127.0.0.1:1", registry="http://127.0.0.1:2")


def test_each_topic_whose_watermark_a_job_takes_from_ticks_is_ticked_and_so_are_the_readings_of_alerts() -> None:
    plan = parse(plan_dict())
    texts = [text for job in built(SETTINGS, plan, start_ms=0).values() for text in job.tables if "WATERMARK" in text]
    waited = {found[1].replace("_", ".", 1) for found in (re.search(r"CREATE TABLE (\w+)", text) for text in texts) if found}
    assert len(waited) == len(texts) == 4
    assert set(needs.ticked(plan)) == waited | set(needs.READINGS)


def test_only_topics_that_may_carry_ticks_are_ticked() -> None:
    assert all(BY_THING[thing].ticked for thing in needs.ticked(parse(plan_dict())))


def test_a_plan_without_turnstiles_lanes_and_lines_has_ticks_for_its_cameras_alone() -> None:
    plan = parse(plan_dict(lanes=[], lines=[], zones=plan_dict()["zones"][1:], devices=[]))
    assert needs.ticked(plan) == ("crowd.zones", *needs.READINGS)
