"""Passes by gate and outcome, how fast they are checked, what turnstiles carry."""

from __future__ import annotations

from dashboards import links, thresholds
from dashboards.board import Board, Row
from dashboards.panels import Field, Look, series, stat, table
from dashboards.query import WITHIN, Names, chosen, view
from dashboards.words import Say

OUTCOMES = ("match", "no_match", "refused")
_PASSES = f"{view('v_identity_minutes')} WHERE {WITHIN} AND {chosen('gate', 'gate')}"


def _share(counted: str) -> str:
    return f"SELECT {counted} / sum(passes) AS share FROM {_PASSES} HAVING sum(passes) > 0"


def _alerts() -> str:
    return f"SELECT countIf(rule IN ('pass_two_gates', 'pass_back')) AS alerts FROM {view('v_alerts')} WHERE $__timeFilter_ms(raised_at)"


def _by_outcome(say: Say) -> str:
    outcomes, words = (", ".join(f"'{word}'" for word in row) for row in (OUTCOMES, [say(f"outcome.{name}") for name in OUTCOMES]))
    return (
        f"SELECT $__timeInterval(minute) AS time, transform(toString(outcome), [{outcomes}], [{words}], toString(outcome)) AS name,"
        f" sum(passes) / uniqExact(minute) AS value FROM {_PASSES} GROUP BY time, name ORDER BY time, name"
    )


def _gates(names: Names) -> str:
    return (
        f"SELECT {names.of('gate', 'gate')} AS place, toString(credential) AS kind, sum(passes) AS total, sumIf(passes,"
        " outcome = 'match') / total AS matched,"
        f" sum(within_1s) / total AS within_1s, max(p95_s) AS p95 FROM {_PASSES} GROUP BY gate, kind ORDER BY place, kind"
    )


def _turnstiles(names: Names) -> str:
    """The growth of each turnstile's two counters in each step, as an hour's rate."""
    return (
        f"SELECT time, concat({names.of('gate', 'gate')}, ' · ', toString(device)) AS name, people * 3600 / seconds AS value FROM ("
        "SELECT $__timeInterval(at) AS time, gate, device, max(entries_total + exits_total) - min(entries_total + exits_total) AS people,"
        f" greatest(dateDiff('second', min(at), max(at)), 1) AS seconds FROM {view('v_turnstiles')}"
        f" WHERE {WITHIN} AND {chosen('gate', 'gate')} GROUP BY time, gate, device HAVING count() > 1) ORDER BY time, name"
    )


def _slow(names: Names) -> str:
    return (
        f"SELECT $__timeInterval(minute) AS time, {names.of('gate', 'gate')} AS name, max(p95_s) AS value"
        f" FROM {_PASSES} GROUP BY time, gate ORDER BY time, name"
    )


def board(say: Say) -> Board:
    """The board in one language."""
    names, point = Names(say.lang), (links.at_point(say),)
    gates = (
        Field(name="place", title="col.gate", unit="text"),
        Field(name="kind", title="col.kind", unit="text"),
        Field(name="total", title="col.passes", unit="passes", decimals=0),
        Field(name="matched", title="col.matched", unit="share", decimals=1, limits=thresholds.IDENTIFIED),
        Field(name="within_1s", title="col.within_1s", unit="share", decimals=1, limits=thresholds.IDENTIFIED),
        Field(name="p95", title="col.p95", unit="s", decimals=2),
    )
    matched = Look(
        key="identity.matched", sql=_share("sumIf(passes, outcome = 'match')"), unit="share", decimals=1, limits=thresholds.IDENTIFIED
    )
    within = Look(key="identity.within", sql=_share("sum(within_1s)"), unit="share", decimals=1, limits=thresholds.IDENTIFIED)
    pass_alerts = Look(key="identity.alerts", sql=_alerts(), unit="alerts", limits=thresholds.COUNT)
    turnstiles = Look(
        key="identity.turnstiles", sql=_turnstiles(names), unit="per_h", decimals=0, limits=thresholds.TURNSTILE, links=point, interval="1m"
    )
    slow = Look(key="identity.slow", sql=_slow(names), unit="s", decimals=2, limits=thresholds.CHECK_S, links=point, interval="1m")
    passes = Look(key="identity.passes", sql=_by_outcome(say), unit="passes", links=point, interval="1m")
    return Board(
        key="identity",
        since="now-3h",
        rows=(
            Row(height=4, panels=((stat(say, matched), 8), (stat(say, within), 8), (stat(say, pass_alerts, ground=True), 8))),
            Row(
                height=9,
                panels=(
                    (series(say, passes, bars=True, stacked=True), 12),
                    (table(say, Look(key="identity.gates", sql=_gates(names), unit="text", fields=gates)), 12),
                ),
            ),
            Row(height=9, panels=((series(say, turnstiles, lines=True), 12), (series(say, slow, lines=True), 12))),
        ),
    )
