"""What people say of a place. It outranks the picture: an incident opens though cameras are green, and only a person ends it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from pipelines.levels import rank
from pipelines.refusals import refuse
from pipelines.rules.evidence import Evidence, Over
from pipelines.rules.watch import Told
from pipelines.units import MICRO
from pipelines.words import NOTHING, Said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.events import AlertCommand
    from pipelines.outlook.second import Second
    from pipelines.rules.facts import Facts

REPORT: Final = "human_report"
DOUBTFUL: Final = "camera_doubtful"


def report(facts: Facts, command: AlertCommand) -> Evidence | Said:
    """What a report (action `report`, target = zone, choice = kind) is evidence of; or why it is refused.

    `NOTHING` refuses nothing: it is kept, until others say the same.
    """
    rule = facts.plan.signs.reports
    zone = facts.plan.zone(command.target)
    if zone is None:
        return refuse("no_zone", zone=command.target)
    if command.choice not in rule.kinds:
        return refuse("no_kind", kind=command.choice, kinds=", ".join(rule.kinds))
    if not command.actor.strip():
        return refuse("no_name")
    at_m = (command.x_m, command.y_m) if (command.x_m, command.y_m) != (0.0, 0.0) else facts.ground.middle(zone.id)
    staff = command.actor_role.casefold() in facts.ground.staff
    if not staff and _visitors(facts, Told(command.received_us, *at_m, command.choice, command.actor)) < rule.visitors:
        return NOTHING
    now_us = facts.watch.now_us if facts.watch.now_us >= 0 else command.received_us
    return Evidence(
        rule=REPORT,
        place=zone.id,
        start_us=now_us,
        now_us=now_us,
        levels=(rule.level(command.choice),),
        unit=command.choice,
        at_m=at_m,
        source=command.actor if staff else "visitors",
        subject=f"{zone.id}/{command.choice}",
        verified=staff,
        latched=True,
    )


def _visitors(facts: Facts, told: Told) -> int:
    """How many visitors have said the same, near enough and soon enough; kinds of a crowd in distress are the same."""
    rule, kept = facts.plan.signs.reports, facts.watch.told
    kept[:] = [row for row in kept if 0 <= told.at_us - row.at_us <= rule.within_s * MICRO]
    kept.append(told)
    alike = rule.crowd_kinds if told.kind in rule.crowd_kinds else (told.kind,)
    return len({row.who for row in kept if row.kind in alike and math.dist((row.x_m, row.y_m), (told.x_m, told.y_m)) <= rule.within_m})


def doubt(facts: Facts, now: Second) -> Iterator[Evidence | Over]:
    """While people report a crowd in distress and a zone's covered picture stays below warning, its cameras are doubtful."""
    crowd = facts.plan.signs.reports.crowd_kinds
    reports = [alert for alert in facts.open_alerts(REPORT) if alert.unit in crowd]
    doubtful: dict[str, str] = {}
    for alert in reports:
        if facts.ground.covered(now.rows.get(alert.place)) and rank(now.levels[alert.place]) < rank("warning"):
            doubtful |= dict.fromkeys(facts.ground.cameras_of(alert.place, (alert.x_m, alert.y_m)), alert.place)
    for camera, zone in doubtful.items():
        if facts.open_alert(DOUBTFUL, camera) is None:
            yield Evidence(
                rule=DOUBTFUL,
                place=camera,
                start_us=now.now_us,
                now_us=now.now_us,
                levels=("watch",),
                card=False,
                at_m=facts.ground.at_m(camera),
                source=zone,
            )
    for alert in facts.open_alerts(DOUBTFUL):
        if alert.place not in doubtful:
            yield Over(DOUBTFUL, alert.place)
