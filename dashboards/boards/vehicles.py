"""Vehicles where people are."""

from __future__ import annotations

from dashboards import links, thresholds
from dashboards.board import Board, Row
from dashboards.panels import Field, Look, series, stat, table
from dashboards.query import WITHIN, Names, moment_ms, view
from dashboards.words import Say

KINDS = ("wrong_way", "towards_people", "improper_stop", "beyond_permit", "speeding")


def _count(kind: str) -> str:
    return f"SELECT countIf(kind = '{kind}') AS events FROM {view('v_vehicle_events')} WHERE {WITHIN}"


def _nearest() -> str:
    return f"SELECT minOrNullIf(ahead_m, ahead_m >= 0) AS ahead FROM {view('v_vehicle_events')} WHERE {WITHIN}"


def _in_words(say: Say) -> str:
    """The kind of evidence in words."""
    kinds, words = (", ".join(f"'{word}'" for word in words) for words in (KINDS, [say(f"kind.{kind}") for kind in KINDS]))
    return f"transform(toString(kind), [{kinds}], [{words}], toString(kind))"


def _by_kind(say: Say) -> str:
    return (
        f"SELECT $__timeInterval(at) AS time, {_in_words(say)} AS name, count() AS value"
        f" FROM {view('v_vehicle_events')} WHERE {WITHIN} GROUP BY time, name ORDER BY time, name"
    )


def _table(say: Say, names: Names) -> str:
    return (
        f"SELECT at AS time, {_in_words(say)} AS what, {names.of('lane', 'lane')} AS lane, {names.of('zone')} AS zone,"
        " speed_mps * 3.6 AS speed,"
        " if(ahead_m < 0, NULL, ahead_m) AS ahead, if(distance_m > 0, distance_m, NULL) AS distance, toString(detail) AS detail,"
        f" {moment_ms()} AS moment_ms FROM {view('v_vehicle_events')} WHERE {WITHIN} ORDER BY time DESC LIMIT 500"
    )


def _by_lane(names: Names, value: str) -> str:
    return (
        f"SELECT ten_seconds AS time, if(lane = '', '–', {names.of('lane', 'lane')}) AS name, {value} AS value"
        f" FROM {view('v_vehicle_speeds')} WHERE {WITHIN} ORDER BY time, name"
    )


def board(say: Say) -> Board:
    """The board in one language."""
    names, point = Names(say.lang), (links.at_point(say),)
    fields = (
        Field(name="time", title="col.time", unit="time", link=links.at_row(say)),
        Field(name="what", title="col.kind", unit="text"),
        Field(name="lane", title="col.lane", unit="text"),
        Field(name="zone", title="col.zone", unit="text"),
        Field(name="speed", title="col.speed", unit="kmh", decimals=0),
        Field(name="ahead", title="col.ahead", unit="m", decimals=0),
        Field(name="distance", title="col.distance", unit="m", decimals=0),
        Field(name="detail", title="col.detail", unit="text"),
        Field(name="moment_ms", hidden=True),
    )
    towards = Look(key="vehicles.towards", sql=_count("towards_people"), unit="events", limits=thresholds.CRITICAL_COUNT)
    wrong_way = Look(key="vehicles.wrong_way", sql=_count("wrong_way"), unit="events", limits=thresholds.WARNING_COUNT)
    fastest = Look(
        key="vehicles.fastest",
        sql=_by_lane(names, "fastest_mps * 3.6"),
        unit="kmh",
        decimals=0,
        limits=thresholds.SPEED_KMH,
        links=point,
        interval="10s",
    )
    return Board(
        key="vehicles",
        since="now-3h",
        rows=(
            Row(
                height=4,
                panels=(
                    (stat(say, towards, ground=True), 8),
                    (stat(say, wrong_way, ground=True), 8),
                    (stat(say, Look(key="vehicles.nearest", sql=_nearest(), unit="m", decimals=0)), 8),
                ),
            ),
            Row(
                height=9,
                panels=(
                    (series(say, Look(key="vehicles.events", sql=_by_kind(say), unit="events", links=point), bars=True, stacked=True), 10),
                    (table(say, Look(key="vehicles.table", sql=_table(say, names), unit="text", fields=fields)), 14),
                ),
            ),
            Row(
                height=9,
                panels=(
                    (series(say, fastest, lines=True), 12),
                    (
                        series(
                            say, Look(key="vehicles.count", sql=_by_lane(names, "vehicles"), unit="vehicles", links=point, interval="10s")
                        ),
                        12,
                    ),
                ),
            ),
        ),
    )
