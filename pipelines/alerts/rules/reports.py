"""What people say of a place. It outranks the picture: an incident opens though cameras are green, and only a person ends it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from pipelines.alerts.ladder import rank
from pipelines.alerts.rules.watch import Told
from pipelines.refusals import refuse
from pipelines.units import MICRO
from pipelines.words import NOTHING, Said

if TYPE_CHECKING:
    from pipelines.alerts.kernel import Kernel
    from pipelines.alerts.outlook import Second
    from pipelines.events import AlertCommand

REPORT: Final = "human_report"
DOUBTFUL: Final = "camera_doubtful"


def report(kernel: Kernel, command: AlertCommand) -> Said:
    """Take a report (action `report`, target = zone, choice = kind); returns why not, nothing when it was taken."""
    rule = kernel.plan.signs.reports
    zone = kernel.plan.zone(command.target)
    if zone is None:
        return refuse("no_zone", zone=command.target)
    if command.choice not in rule.kinds:
        return refuse("no_kind", kind=command.choice, kinds=", ".join(rule.kinds))
    if not command.actor.strip():
        return refuse("no_name")
    at_m = (command.x_m, command.y_m) if (command.x_m, command.y_m) != (0.0, 0.0) else kernel.ground.middle(zone.id)
    staff = command.actor_role.casefold() in kernel.ground.staff
    if not staff and _visitors(kernel, Told(command.received_us, *at_m, command.choice, command.actor)) < rule.visitors:
        return NOTHING
    now_us = kernel.watch.now_us if kernel.watch.now_us >= 0 else command.received_us
    kernel.raise_(
        REPORT,
        zone.id,
        now_us,
        [rule.level(command.choice)],
        now_us,
        unit=command.choice,
        at_m=at_m,
        source=command.actor if staff else "visitors",
        subject=f"{zone.id}/{command.choice}",
        verified=staff,
        latched=True,
    )
    return NOTHING


def _visitors(kernel: Kernel, told: Told) -> int:
    """How many visitors have said the same, near enough and soon enough; kinds of a crowd in distress are the same."""
    rule, kept = kernel.plan.signs.reports, kernel.watch.told
    kept[:] = [row for row in kept if 0 <= told.at_us - row.at_us <= rule.within_s * MICRO]
    kept.append(told)
    alike = rule.crowd_kinds if told.kind in rule.crowd_kinds else (told.kind,)
    return len({row.who for row in kept if row.kind in alike and math.dist((row.x_m, row.y_m), (told.x_m, told.y_m)) <= rule.within_m})


def doubt(kernel: Kernel, now: Second) -> None:
    """While people report a crowd in distress and a zone's covered picture stays below warning, its cameras are doubtful."""
    crowd = kernel.plan.signs.reports.crowd_kinds
    reports = [alert for alert in kernel.open_alerts(REPORT) if alert.unit in crowd]
    doubtful: dict[str, str] = {}
    for alert in reports:
        if kernel.covered(alert.place, now) and rank(now.levels[alert.place]) < rank("warning"):
            doubtful |= dict.fromkeys(kernel.ground.cameras_of(alert.place, (alert.x_m, alert.y_m)), alert.place)
    for camera, zone in doubtful.items():
        if kernel.open_alert(DOUBTFUL, camera) is None:
            kernel.raise_(DOUBTFUL, camera, now.now_us, ["watch"], now.now_us, card=False, at_m=kernel.ground.at_m(camera), source=zone)
    for alert in kernel.open_alerts(DOUBTFUL):
        if alert.place not in doubtful:
            kernel.lapse(alert, now.now_us)
