"""Where it is too dense, and whether the picture may be believed."""

from __future__ import annotations

from dashboards import links, thresholds, variables
from dashboards.board import Board, Row
from dashboards.boards import crowd_sql as sql
from dashboards.panels import Field, Look, heat, series, stat, states, table, venue
from dashboards.query import Names
from dashboards.thresholds import BANDS
from dashboards.words import Say

GEOJSON = "${geojson}?mode=${mode:percentencode}&frame=venue"


def board(say: Say) -> Board:
    """The board in one language."""
    names, levels, los = Names(say.lang), thresholds.level_words(say), thresholds.los_words(say)
    moment = Field(name="moment_ms", hidden=True)
    zone_fields = (
        Field(name="zone", title="col.zone", unit="text"),
        Field(name="level", title="col.level", limits=thresholds.LEVEL, words=levels, bright=True),
        Field(name="peak", title="col.peak", unit="density", decimals=1, limits=thresholds.DENSITY, link=links.at_row(say)),
        Field(name="least", title="col.at_least", unit="text"),
        Field(name="people", title="col.people", unit="people", decimals=0),
        Field(name="error", title="col.error", unit="people", decimals=0),
        Field(name="density", title="col.density", unit="density", decimals=2),
        Field(name="los", title="col.los", words=los),
        Field(name="scale", title="col.scale", unit="text"),
        Field(name="pressure_low", title="col.low", unit="pressure", decimals=3),
        Field(name="pressure", title="col.pressure", unit="pressure", decimals=3),
        Field(name="pressure_high", title="col.high", unit="pressure", decimals=3),
        Field(name="coverage", title="col.coverage", unit="share", limits=thresholds.COVERAGE),
        Field(name="cameras", title="col.cameras", unit="text"),
        Field(name="age", title="col.age", unit="s", decimals=1, limits=thresholds.AGE_S),
        moment,
    )
    now = (
        (
            stat(
                say, Look(key="crowd.level_now", sql=sql.level_now(names), unit="level", limits=thresholds.LEVEL, words=levels), ground=True
            ),
            6,
        ),
        (
            stat(
                say, Look(key="crowd.unknown_now", sql=sql.unknown_now(names), unit="zones", limits=thresholds.UNKNOWN_COUNT), ground=True
            ),
            5,
        ),
        (stat(say, Look(key="crowd.age", sql=sql.age(), unit="s", decimals=1, limits=thresholds.AGE_S)), 4),
        (stat(say, Look(key="crowd.coverage", sql=sql.coverage(names), unit="share", limits=thresholds.COVERAGE)), 4),
        (stat(say, Look(key="crowd.hidden", sql=sql.hidden(), unit="cells", limits=thresholds.COUNT)), 5),
    )
    at_end, at_column = (links.at_end(say),), (links.at_column(say),)
    floor = Look(key="crowd.floor", sql=sql.floor(), unit="density", limits=thresholds.DENSITY, links=at_end)
    map_ = Look(key="crowd.map", sql=sql.marks(names, say), unit="level", limits=thresholds.LEVEL, words=levels, links=(links.at_row(say),))
    over_time = Look(key="crowd.over_time", sql=sql.over_time(), unit="density", limits=thresholds.DENSITY, links=at_column, interval="10s")
    worst = Look(key="crowd.worst_floor", sql=sql.worst_floor(), unit="density", limits=thresholds.DENSITY, links=at_end)
    bands = Look(
        key="crowd.bands",
        sql=sql.bands(),
        unit="m2",
        interval="10s",
        fields=[Field(name=f"b{low}", title=f"band.{low}", color=color) for low, color in BANDS],
    )
    pressure = Look(
        key="crowd.pressure",
        sql=sql.pressure(),
        unit="pressure",
        limits=thresholds.PRESSURE,
        links=(links.at_point(say),),
        decimals=3,
        fields=(
            Field(name="low", title="col.low", color="#5c7f94"),
            Field(name="pressure", title="col.pressure", color=thresholds.ACCENT, line={"custom.lineWidth": 2}),
            Field(name="high", title="col.high", color="#5c7f94", line={"custom.fillBelowTo": "low", "custom.fillOpacity": 20}),
        ),
    )
    worst_fields = (
        Field(name="zone", title="col.zone", unit="text"),
        Field(name="minute", title="col.minute", unit="time", link=links.at_row(say)),
        Field(name="peak", title="col.peak", unit="density", decimals=1, limits=thresholds.DENSITY),
        Field(name="least", title="col.at_least", unit="text"),
        Field(name="people", title="col.people", unit="people", decimals=0),
        Field(name="error", title="col.error", unit="people", decimals=0),
        Field(name="density", title="col.density", unit="density", decimals=2),
        Field(name="pressure_low", title="col.low", unit="pressure", decimals=3),
        Field(name="coverage", title="col.coverage", unit="share", limits=thresholds.COVERAGE),
        moment,
    )
    level_look = Look(
        key="crowd.levels", sql=sql.levels(names), unit="level", limits=thresholds.LEVEL, words=levels, links=(links.at_point(say),)
    )
    los_look = Look(key="crowd.los", sql=sql.los(names), unit="los", limits=thresholds.LOS_SCALE, words=los, links=(links.at_point(say),))
    peaks = Look(key="crowd.peaks", sql=sql.peaks(names), unit="density", decimals=1, limits=thresholds.PEAK, links=(links.at_point(say),))
    return Board(
        key="crowd",
        extra=tuple(variables.floor(say)),
        rows=(
            Row(height=4, panels=now),
            Row(
                height=15,
                panels=(
                    (heat(say, floor, y_label="axis.rows"), 14),
                    (venue(say, map_, source=GEOJSON, name=f"name_{say.lang}"), 10),
                ),
            ),
            Row(height=9, panels=((table(say, Look(key="crowd.zones", sql=sql.zones(names), unit="text", fields=zone_fields)), 24),)),
            Row(height=12, panels=((heat(say, worst, y_label="axis.rows"), 12), (heat(say, over_time, y_label="axis.rows"), 12))),
            Row(height=8, panels=((series(say, bands, stacked=True), 24),)),
            Row(height=9, panels=((states(say, level_look), 12), (states(say, los_look), 12))),
            Row(height=9, panels=((series(say, peaks), 12), (series(say, pressure, lines=True), 12))),
            Row(
                height=8,
                panels=((table(say, Look(key="crowd.worst_minutes", sql=sql.worst_minutes(names), unit="text", fields=worst_fields)), 24),),
            ),
        ),
    )
