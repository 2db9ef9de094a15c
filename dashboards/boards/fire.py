"""Detectors, the panel's outputs and their feedback."""

from __future__ import annotations

from dashboards import links, thresholds
from dashboards.board import Board, Row
from dashboards.panels import Field, Look, stat, states, table
from dashboards.query import NOW, WITHIN, Names, age_s, moment_ms, view
from dashboards.thresholds import FIRE_STATES
from dashboards.words import Say

_NEWEST = f"SELECT device, zone, kind, state, output, at FROM {view('v_fire')} WHERE {WITHIN} ORDER BY at DESC LIMIT 1 BY device, output"


def _last(state: str) -> str:
    """How many devices said that last; no row where none said anything."""
    return f"SELECT countIf({state}) AS devices FROM ({_NEWEST}) HAVING count() > 0"


def _unsigned() -> str:
    return f"SELECT countIf(NOT verified) AS readings FROM {view('v_fire')} WHERE {WITHIN} HAVING count() > 0"


def _states(names: Names) -> str:
    """The last state of each step; -1 where a device that spoke in the range said nothing."""
    step = "greatest($__interval_s, 1)"
    steps = f"range(intDiv(toUnixTimestamp($__fromTime), {step}) * {step}, toUnixTimestamp({NOW}) + 1, {step})"
    spoke = f"(SELECT DISTINCT device, zone FROM {view('v_fire')} WHERE {WITHIN})"
    said = (
        f"(SELECT $__timeInterval(at) AS time, device, argMax(indexOf({FIRE_STATES}, state), at) AS value"
        f" FROM {view('v_fire')} WHERE {WITHIN} GROUP BY time, device)"
    )
    return (
        f"SELECT r.time AS time, concat({names.of('r.zone', 'zone')}, ' · ', toString(r.device)) AS name,"
        " toFloat64(if(s.device = '', -1, toInt32(s.value))) AS value"
        f" FROM (SELECT toDateTime(arrayJoin({steps}), 'UTC') AS time, device, zone FROM {spoke}) AS r"
        f" LEFT JOIN {said} AS s ON r.device = s.device AND r.time = s.time ORDER BY time, name"
    )


def _now(names: Names) -> str:
    return (
        f"SELECT toString(device) AS device, {names.of('zone', 'zone')} AS place, toString(kind) AS kind,"
        f" toFloat64(toInt32(indexOf({FIRE_STATES}, state))) AS state, toString(output) AS output, {age_s()} AS age,"
        f" {moment_ms()} AS moment_ms"
        f" FROM ({_NEWEST}) ORDER BY state IN (2, 6) DESC, state = 3 DESC, device"
    )


def _feedback(names: Names) -> str:
    """Each start of an output with the first feedback after it."""
    started = f"(SELECT device, zone, output, at FROM {view('v_fire')} WHERE {WITHIN} AND state = 'output_started')"
    back = f"SELECT device, output, at FROM {view('v_fire')} WHERE {WITHIN} AND state = 'feedback'"
    answered = f"(SELECT device, output, groupArray(at) AS times FROM ({back}) GROUP BY device, output)"
    first = "arrayMin(arrayFilter(t -> t >= s.at, f.times))"
    return (
        f"SELECT s.at AS started, {names.of('s.zone', 'zone')} AS place, toString(s.output) AS output,"
        f" if(arrayExists(t -> t >= s.at, f.times), dateDiff('millisecond', s.at, {first}) / 1000, NULL) AS after,"
        f" {moment_ms('s.at')} AS moment_ms"
        f" FROM {started} AS s LEFT JOIN {answered} AS f ON s.device = f.device AND s.output = f.output ORDER BY started DESC LIMIT 200"
    )


def _linkage(say: Say, names: Names) -> str:
    return (
        f"SELECT at AS time, {names.of('zone', 'zone')} AS place, toString(equipment) AS equipment, toString(state) AS state,"
        f" if(actor_role = '', toString(by), toString(actor_role)) AS asked_by, reason_{say.lang} AS reason, {moment_ms()} AS moment_ms"
        f" FROM {view('v_linkage')} WHERE {WITHIN} ORDER BY time DESC LIMIT 200"
    )


def board(say: Say) -> Board:
    """The board in one language."""
    names, words = Names(say.lang), thresholds.fire_words(say)
    moment, row = Field(name="moment_ms", hidden=True), links.at_row(say)
    now = (
        Field(name="device", title="col.device", unit="text", link=row),
        Field(name="place", title="col.zone", unit="text"),
        Field(name="kind", title="col.kind", unit="text"),
        Field(name="state", title="col.state", words=words, limits=thresholds.FIRE_STATE, bright=True),
        Field(name="output", title="col.output", unit="text"),
        Field(name="age", title="col.age", unit="s", decimals=0, limits=thresholds.SILENT_S),
        moment,
    )
    feedback = (
        Field(name="started", title="col.started", unit="time", link=row),
        Field(name="place", title="col.zone", unit="text"),
        Field(name="output", title="col.output", unit="text"),
        Field(name="after", title="col.feedback_after", unit="s", decimals=1, limits=thresholds.FEEDBACK_S, bright=True),
        moment,
    )
    linkage = (
        Field(name="time", title="col.time", unit="time", link=row),
        Field(name="place", title="col.zone", unit="text"),
        Field(name="equipment", title="col.equipment", unit="text"),
        Field(name="state", title="col.state", unit="text"),
        Field(name="asked_by", title="col.by", unit="text"),
        Field(name="reason", title="col.reason", unit="text"),
        moment,
    )
    alarms = Look(key="fire.alarms", sql=_last("state = 'alarm'"), unit="devices", limits=thresholds.CRITICAL_COUNT)
    faults = Look(key="fire.faults", sql=_last("state IN ('fault', 'unanswered')"), unit="devices", limits=thresholds.COUNT)
    unsigned = Look(key="fire.unsigned", sql=_unsigned(), unit="records", limits=thresholds.COUNT)
    over_time = Look(
        key="fire.states",
        sql=_states(names),
        unit="state",
        limits=thresholds.FIRE_STATE,
        words=words,
        links=(links.at_point(say),),
        interval="10s",
    )
    return Board(
        key="fire",
        since="now-3h",
        rows=(
            Row(
                height=4,
                panels=((stat(say, alarms, ground=True), 8), (stat(say, faults, ground=True), 8), (stat(say, unsigned, ground=True), 8)),
            ),
            Row(
                height=9,
                panels=((states(say, over_time), 13), (table(say, Look(key="fire.now", sql=_now(names), unit="text", fields=now)), 11)),
            ),
            Row(
                height=8,
                panels=(
                    (table(say, Look(key="fire.feedback", sql=_feedback(names), unit="text", fields=feedback)), 10),
                    (table(say, Look(key="fire.linkage", sql=_linkage(say, names), unit="text", fields=linkage)), 14),
                ),
            ),
        ),
    )
