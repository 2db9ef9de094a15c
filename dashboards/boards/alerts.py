"""What is open, who has it, how fast it is answered."""

from __future__ import annotations

from dashboards import links, thresholds
from dashboards.board import Board, Row
from dashboards.boards import alerts_sql as sql
from dashboards.panels import Field, Look, series, stat, states, table
from dashboards.query import Names
from dashboards.words import Say


def board(say: Say) -> Board:
    """The board in one language."""
    names, levels = Names(say.lang), thresholds.level_words(say)
    point, hidden = (links.at_point(say),), (Field(name="alert_id", hidden=True), Field(name="moment_ms", hidden=True))
    by_level = [Field(name=name, title=f"level.{name}", color=color) for _, name, color in (*thresholds.LEVELS[2:], *thresholds.HIGHEST)]
    open_table = (
        Field(name="level", title="col.level", limits=thresholds.LEVEL, words=levels, bright=True),
        Field(name="rule", title="col.rule", unit="text", link=links.alert(say)),
        Field(name="place", title="col.place", unit="text"),
        Field(name="priority", title="col.priority", unit="text"),
        Field(name="work", title="col.work", unit="text"),
        Field(name="raised", title="col.raised", unit="time"),
        Field(name="open_for", title="col.open_for", unit="s", decimals=0),
        Field(name="acknowledged", title="col.acknowledged", unit="s", decimals=0, limits=thresholds.RESPONSE_S),
        *hidden,
    )
    told = (
        Field(name="time", title="col.time", unit="time", link=links.alert(say)),
        Field(name="rule", title="col.rule", unit="text"),
        Field(name="place", title="col.place", unit="text"),
        Field(name="step", title="col.step", unit="text"),
        Field(name="channel", title="col.channel", unit="text"),
        Field(name="post", title="col.post", unit="text"),
        Field(name="state", title="col.state", unit="text"),
        Field(name="late", title="col.late", unit="s", decimals=1),
        Field(name="reason", title="col.reason", unit="text"),
        *hidden,
    )
    orders = (
        Field(name="issued", title="col.time", unit="time", link=links.at_row(say)),
        Field(name="kind", title="col.order", unit="text"),
        Field(name="place", title="col.place", unit="text"),
        Field(name="role", title="col.role", unit="text"),
        Field(name="state", title="col.state", unit="text"),
        Field(name="arrived", title="col.arrived", unit="s", decimals=0),
        Field(name="effect", title="col.effect", unit="text"),
        hidden[1],
    )
    rules = (
        Field(name="rule", title="col.rule", unit="text"),
        Field(name="alerts", title="col.alerts", decimals=0, unit="alerts"),
        Field(name="cards", title="col.cards", decimals=0, unit="cards"),
        Field(name="false", title="col.false", decimals=0, unit="alerts"),
        Field(name="level", title="col.level", limits=thresholds.LEVEL, words=levels, bright=True),
    )
    acts = (
        Field(name="time", title="col.time", unit="time"),
        Field(name="role", title="col.role", unit="text"),
        Field(name="action", title="col.state", unit="text"),
        Field(name="place", title="col.place", unit="text"),
    )
    handling_fields = [
        Field(name=name, title=f"col.{name}") for name in ("acknowledge_p50", "acknowledge_p90", "clear_p50", "arrive_p50", "arrive_p90")
    ]
    load_fields = (Field(name="cards", title="col.cards"), Field(name="p1", title="col.p1", color=thresholds.RED))
    handling = Look(key="alerts.handling", sql=sql.handling(), unit="s", fields=handling_fields, links=point, interval="10m")
    load = Look(key="alerts.load", sql=sql.load(), unit="cards", limits=thresholds.LOAD, fields=load_fields, links=point)
    level_look = Look(key="alerts.levels", sql=sql.levels(names), unit="level", limits=thresholds.LEVEL, words=levels, links=point)
    return Board(
        key="alerts",
        since="now-3h",
        rows=(
            Row(
                height=4,
                panels=(
                    (
                        stat(
                            say, Look(key="alerts.open", sql=sql.by_level(), unit="alerts", limits=thresholds.LEVEL_COUNT, fields=by_level)
                        ),
                        14,
                    ),
                    (
                        stat(say, Look(key="alerts.unanswered", sql=sql.unanswered(), unit="alerts", limits=thresholds.COUNT), ground=True),
                        5,
                    ),
                    (stat(say, Look(key="alerts.oldest", sql=sql.oldest(), unit="s", decimals=0, limits=thresholds.RESPONSE_S)), 5),
                ),
            ),
            Row(height=10, panels=((table(say, Look(key="alerts.table", sql=sql.open_table(names), unit="text", fields=open_table)), 24),)),
            Row(height=8, panels=((series(say, handling), 12), (series(say, load, bars=True, lines=True), 12))),
            Row(
                height=9,
                panels=(
                    (states(say, level_look), 14),
                    (table(say, Look(key="alerts.rules", sql=sql.rules(), unit="text", fields=rules)), 10),
                ),
            ),
            Row(height=9, panels=((table(say, Look(key="alerts.told", sql=sql.told(names), unit="text", fields=told)), 24),)),
            Row(
                height=8,
                panels=(
                    (table(say, Look(key="alerts.orders", sql=sql.orders(names), unit="text", fields=orders)), 14),
                    (table(say, Look(key="alerts.acts", sql=sql.acts(names), unit="text", fields=acts)), 10),
                ),
            ),
        ),
    )
