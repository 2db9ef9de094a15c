"""Queries of the alerts board."""

from __future__ import annotations

from typing import Final

from dashboards.query import NOW, WITHIN, Names, moment_ms, view

LEVELS: Final = ("watch", "caution", "warning", "critical", "act_now")
# Members of a group are told by the alert that stands for them; what is over without ever having been taken on is not open.
_OPEN: Final = "work != 'closed' AND (condition = 'active' OR latched OR work != 'new') AND grouped_under = ''"
_AT_END: Final = f"raised_at <= {NOW}"
_ROWS: Final = 500


def by_level() -> str:
    """Open alerts, a column a level."""
    counts = ", ".join(f"countIf(level_number = {number}) AS {level}" for number, level in enumerate(LEVELS, start=1))
    return f"SELECT {counts} FROM {view('v_alerts')} WHERE {_OPEN} AND {_AT_END}"


def unanswered() -> str:
    """Open cards that nobody has acknowledged."""
    return f"SELECT count() AS alerts FROM {view('v_alerts')} WHERE {_OPEN} AND {_AT_END} AND card AND work = 'new'"


def oldest() -> str:
    """How long the oldest of them has waited; 0 where there is none."""
    return (
        f"SELECT if(count() = 0, 0, dateDiff('second', min(raised_at), {NOW})) AS waited"
        f" FROM {view('v_alerts')} WHERE {_OPEN} AND {_AT_END} AND card AND work = 'new'"
    )


def open_table(names: Names) -> str:
    """Each open alert."""
    return (
        f"SELECT toFloat64(level_number) AS level, toString(rule) AS rule, {names.of('place')} AS place, toString(priority) AS priority,"
        f" toString(work) AS work, raised_at AS raised, dateDiff('second', raised_at, {NOW}) AS open_for, acknowledge_s AS acknowledged,"
        f" alert_id, {moment_ms('raised_at')} AS moment_ms FROM {view('v_alerts')} WHERE {_OPEN} AND {_AT_END}"
        f" ORDER BY level DESC, raised LIMIT {_ROWS}"
    )


def handling() -> tuple[str, str]:
    """Times of alerts by when they were raised, and of orders by when they were issued."""
    alerts = (
        "SELECT $__timeInterval(raised_at) AS time, quantileOrNull(0.5)(acknowledge_s) AS acknowledge_p50,"
        " quantileOrNull(0.9)(acknowledge_s) AS acknowledge_p90, quantileOrNull(0.5)(clear_s) AS clear_p50"
        f" FROM {view('v_alerts')} WHERE $__timeFilter_ms(raised_at) AND card GROUP BY time ORDER BY time"
    )
    orders = (
        "SELECT $__timeInterval(issued_at) AS time, quantileOrNull(0.5)(arrive_s) AS arrive_p50,"
        " quantileOrNull(0.9)(arrive_s) AS arrive_p90"
        f" FROM {view('v_orders')} WHERE $__timeFilter_ms(issued_at) GROUP BY time ORDER BY time"
    )
    return alerts, orders


def load() -> str:
    """Cards in each ten minutes; ten minutes without any are told as such."""
    steps = f"range(intDiv(toUnixTimestamp($__fromTime), 600) * 600, toUnixTimestamp({NOW}) + 1, 600)"
    return (
        f"SELECT r.time AS time, l.cards AS cards, l.p1 AS p1 FROM (SELECT toDateTime(arrayJoin({steps}), 'UTC') AS time) AS r"
        f" LEFT JOIN (SELECT toDateTime(ten_minutes, 'UTC') AS time, cards, p1 FROM {view('v_alarm_load')}"
        " WHERE ten_minutes >= $__fromTime - 600 AND ten_minutes <= $__toTime) AS l ON r.time = l.time ORDER BY time"
    )


def levels(names: Names) -> str:
    """The level of each alert while it is active, from its changes."""
    return (
        f"SELECT at AS time, concat({names.of('place')}, ' · ', toString(rule), ' · ', substring(alert_id, 1, 4)) AS alert,"
        " toFloat64(if(condition = 'cleared', 0, level_number)) AS value"
        f" FROM {view('v_alert_changes')} WHERE {WITHIN} AND axis = 'condition' AND card AND grouped_under = '' ORDER BY time LIMIT 5000"
    )


def rules() -> str:
    """Alerts by rule."""
    return (
        "SELECT toString(rule) AS rule, count() AS alerts, countIf(card) AS cards,"
        " countIf(verdict = 'false' OR closing = 'false') AS false,"
        f" toFloat64(max(level_number)) AS level FROM {view('v_alerts')}"
        " WHERE $__timeFilter_ms(raised_at) GROUP BY rule ORDER BY alerts DESC"
    )


def told(names: Names) -> str:
    """Each delivery, what was late or failed first."""
    return (
        f"SELECT t.at AS time, toString(a.rule) AS rule, {names.of('a.place')} AS place, toString(t.step) AS step,"
        " toString(t.channel) AS channel, toString(t.post) AS post, toString(t.state) AS state, t.late_s AS late, t.reason AS reason,"
        f" t.alert_id AS alert_id, {moment_ms('t.at')} AS moment_ms FROM {view('v_told')} AS t"
        f" LEFT JOIN (SELECT alert_id, rule, place FROM {view('v_alerts')}) AS a ON t.alert_id = a.alert_id"
        f" WHERE {WITHIN.replace('at_us', 't.at_us')}"
        f" ORDER BY t.state IN ('failed', 'refused') DESC, t.late_s > 0 DESC, time DESC LIMIT {_ROWS}"
    )


def orders(names: Names) -> str:
    """Each order."""
    return (
        f"SELECT issued_at AS issued, toString(kind) AS kind, {names.of('place')} AS place, toString(issued_role) AS role,"
        f" toString(state) AS state, arrive_s AS arrived, toString(effect) AS effect, {moment_ms('issued_at')} AS moment_ms"
        f" FROM {view('v_orders')} WHERE $__timeFilter_ms(issued_at) ORDER BY issued DESC LIMIT {_ROWS}"
    )


def acts(names: Names) -> str:
    """Acts by role; what the system did has none."""
    return (
        f"SELECT at AS time, toString(actor_role) AS role, toString(action) AS action, {names.of('place')} AS place"
        f" FROM {view('v_acts')} WHERE {WITHIN} AND actor_role != '' ORDER BY time DESC LIMIT {_ROWS}"
    )
