"""Who comes in and out, how many are inside, how long they wait, when it is full."""

from __future__ import annotations

from dashboards import links, thresholds
from dashboards.board import Board, Row
from dashboards.boards import flow_sql as sql
from dashboards.panels import Field, Look, series, table
from dashboards.query import Names
from dashboards.words import Say


def board(say: Say) -> Board:
    """The board in one language."""
    names = Names(say.lang)
    point, row = (links.at_point(say),), links.at_row(say)
    moment = Field(name="moment_ms", hidden=True)
    inside = (
        Field(name="area", title="col.area", unit="text"),
        Field(name="low", title="col.low", unit="people", decimals=0),
        Field(name="inside", title="col.inside", unit="people", decimals=0, link=row),
        Field(name="high", title="col.high", unit="people", decimals=0),
        Field(name="approved", title="col.approved", unit="people", decimals=0),
        Field(name="share", title="col.share", unit="share", decimals=0, limits=thresholds.APPROVED, bright=True),
        Field(name="suspect", title="col.suspect", unit="text"),
        Field(name="age", title="col.age", unit="s", decimals=1, limits=thresholds.AGE_S),
        moment,
    )
    full = (
        Field(name="area", title="col.area", unit="text"),
        Field(name="rate", title="col.rate", unit="per_min", decimals=0),
        Field(name="soonest", title="col.soonest", unit="min", decimals=0),
        Field(name="full", title="col.full", unit="min", decimals=0),
        Field(name="latest", title="col.latest", unit="min", decimals=0),
    )
    ahead = (
        Field(name="zone", title="col.zone", unit="text"),
        Field(name="level", title="col.level", limits=thresholds.LEVEL, words=thresholds.level_words(say), bright=True),
        Field(name="next", title="col.next", limits=thresholds.LEVEL, words=thresholds.level_words(say)),
        Field(name="trend", title="col.trend", unit="density", decimals=2),
        Field(name="soonest", title="col.soonest", unit="min", decimals=0),
        Field(name="next_in", title="col.next_in", unit="min", decimals=0, link=row),
        Field(name="latest", title="col.latest", unit="min", decimals=0),
        moment,
    )
    counts = (
        Field(name="gate", title="col.gate", unit="text"),
        *(Field(name=name, title=f"col.{name}", unit="people", decimals=0) for name in ("lines_in", "turnstiles_in")),
        Field(name="difference_in", title="col.difference_in", unit="share", decimals=1),
        *(Field(name=name, title=f"col.{name}", unit="people", decimals=0) for name in ("lines_out", "turnstiles_out")),
        Field(name="difference_out", title="col.difference_out", unit="share", decimals=1),
    )
    specific = Look(key="flow.specific", sql=sql.specific(names), unit="per_m_min", limits=thresholds.SPECIFIC_FLOW, links=point)
    counter = Look(key="flow.counter", sql=sql.counter(names), unit="share", limits=thresholds.COUNTER_SHARE, links=point)
    wait = Look(key="flow.wait", sql=sql.wait(names), unit="min", limits=thresholds.WAIT_MIN, links=point)
    return Board(
        key="flow",
        rows=(
            Row(
                height=7,
                panels=(
                    (table(say, Look(key="flow.inside", sql=sql.inside(names), unit="text", fields=inside)), 14),
                    (table(say, Look(key="flow.full", sql=sql.full(names), unit="text", fields=full)), 10),
                ),
            ),
            Row(
                height=9,
                panels=(
                    (table(say, Look(key="flow.ahead", sql=sql.ahead(names), unit="text", fields=ahead)), 12),
                    (series(say, Look(key="flow.inside_time", sql=sql.inside_time(names, say), unit="people", links=point)), 12),
                ),
            ),
            Row(
                height=8,
                panels=(
                    (series(say, Look(key="flow.entering", sql=sql.crossing(names, "entered"), unit="per_min", links=point)), 12),
                    (series(say, Look(key="flow.leaving", sql=sql.crossing(names, "exited"), unit="per_min", links=point)), 12),
                ),
            ),
            Row(height=8, panels=((series(say, specific, lines=True), 12), (series(say, counter, lines=True), 12))),
            Row(
                height=8,
                panels=(
                    (series(say, Look(key="flow.queue", sql=sql.queue(names), unit="people", links=point)), 12),
                    (series(say, wait, lines=True), 12),
                ),
            ),
            Row(
                height=9,
                panels=(
                    (table(say, Look(key="flow.counts", sql=sql.counts(names), unit="text", fields=counts)), 12),
                    (series(say, Look(key="flow.balance", sql=sql.balance(names, say), unit="people", links=point)), 12),
                ),
            ),
        ),
    )
