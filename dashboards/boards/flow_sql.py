"""Queries of the flow board."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dashboards.query import WITHIN, Names, age_s, chosen, moment_ms, recent, view
from dashboards.words import Say

PACE_S: Final = 600  # the pace of filling is that of the last ten minutes
_LEVELS: Final = "['watch', 'caution', 'warning', 'critical', 'act_now']"


def _areas(names: Names) -> str:
    name = f"if(name_{names.lang} = '', id, name_{names.lang})"
    return f"(SELECT toString(id) AS id, {name} AS name, approved FROM {view('v_places')} WHERE kind = 'area')"


def inside(names: Names) -> str:
    """Each area with its interval and its approved number."""
    newest = f"(SELECT area, at, inside, low, high, suspect FROM {view('v_balance')} WHERE {recent()} ORDER BY at DESC LIMIT 1 BY area)"
    said = "b.area != ''"
    return (
        f"SELECT a.name AS area, if({said}, b.low, NULL) AS low, if({said}, b.inside, NULL) AS inside, if({said}, b.high, NULL) AS high,"
        f" a.approved AS approved, if({said}, b.high / a.approved, NULL) AS share, toString(b.suspect) AS suspect,"
        f" if({said}, {age_s('b.at')}, NULL) AS age, if({said}, {moment_ms('b.at')}, NULL) AS moment_ms"
        f" FROM {_areas(names)} AS a LEFT JOIN {newest} AS b ON a.id = b.area ORDER BY share DESC"
    )


def full(names: Names) -> str:
    """Minutes to the approved number, from both ends of the last ten minutes; empty where the pace may be nought."""
    pace = (
        "(SELECT area, dateDiff('second', min(at), max(at)) / 60 AS minutes, argMin(inside, at) AS inside_0, argMin(low, at) AS low_0,"
        " argMin(high, at) AS high_0, argMax(inside, at) AS inside_1, argMax(low, at) AS low_1, argMax(high, at) AS high_1"
        f" FROM {view('v_balance')} WHERE {recent(PACE_S)} GROUP BY area HAVING minutes >= 1)"
    )

    def minutes(room: str, rate: str) -> str:
        return f"if({rate} > 0, greatest(0, {room} / ({rate})), NULL)"

    rate, fast, slow = (
        f"({end} - {begin}) / b.minutes" for end, begin in (("b.inside_1", "b.inside_0"), ("b.high_1", "b.low_0"), ("b.low_1", "b.high_0"))
    )
    return (
        f"SELECT a.name AS area, if(b.area = '', NULL, {rate}) AS rate, {minutes('(a.approved - b.high_1)', fast)} AS soonest,"
        f" {minutes('(a.approved - b.inside_1)', rate)} AS full, {minutes('(a.approved - b.low_1)', slow)} AS latest"
        f" FROM {_areas(names)} AS a LEFT JOIN {pace} AS b ON a.id = b.area ORDER BY soonest"
    )


def ahead(names: Names) -> str:
    """Time to each zone's next level; -1 where nothing is known."""
    newest = (
        f"(SELECT zone, at, level_number, indexOf({_LEVELS}, next_level) AS next_number, trend_per_m2_min, next_s, next_low_s, next_high_s"
        f" FROM {view('v_zone_levels')} WHERE {recent()} ORDER BY at DESC LIMIT 1 BY zone)"
    )
    said = "f.zone != ''"
    return (
        f"SELECT p.name AS zone, toFloat64(if({said}, toInt32(f.level_number), -1)) AS level,"
        f" if({said} AND f.next_number > 0, toFloat64(f.next_number), NULL) AS next, if({said}, f.trend_per_m2_min, NULL) AS trend,"
        f" f.next_low_s / 60 AS soonest, f.next_s / 60 AS next_in, f.next_high_s / 60 AS latest,"
        f" if({said}, {moment_ms('f.at')}, NULL) AS moment_ms"
        f" FROM {names.places('zone', 'zone')} AS p LEFT JOIN {newest} AS f ON p.id = f.zone ORDER BY next_in IS NULL, next_in, level DESC"
    )


def _parts(names: Names, parts: Mapping[str, str], source: str) -> str:
    """Several values of each area as series `area · part`."""
    words = ", ".join(f"'{word}'" for word in parts)
    values = ", ".join(f"toNullable({value})" for value in parts.values())
    return (
        f"SELECT time, concat(name, ' · ', part) AS series, value FROM (SELECT time, {names.of('area', 'area')} AS name,"
        f" [{words}] AS parts, [{values}] AS found FROM {source}) ARRAY JOIN parts AS part, found AS value"
        " WHERE value IS NOT NULL ORDER BY time, series"
    )


def inside_time(names: Names, say: Say) -> str:
    """Inside with its interval and the approved number."""
    approved = (
        f"(SELECT mapFromArrays(groupArray(toString(id)), groupArray(approved)) FROM {view('v_places')}"
        " WHERE kind = 'area' AND approved IS NOT NULL)"
    )
    source = (
        "(SELECT $__timeInterval(at) AS time, area, avg(inside) AS inside, min(low) AS low, max(high) AS high"
        f" FROM {view('v_balance')} WHERE {WITHIN} GROUP BY time, area)"
    )
    parts = {
        say("part.low"): "low",
        say("part.inside"): "inside",
        say("part.high"): "high",
        say("part.approved"): f"{approved}[toString(area)]",
    }
    return _parts(names, parts, source)


def balance(names: Names, say: Say) -> str:
    """The three counts of each area."""
    source = (
        "(SELECT $__timeInterval(at) AS time, area, avg(turnstiles) AS turnstiles, avg(lines) AS lines, avg(seen) AS seen"
        f" FROM {view('v_balance')} WHERE {WITHIN} GROUP BY time, area)"
    )
    return _parts(names, {say(f"part.{name}"): name for name in ("turnstiles", "lines", "seen")}, source)


def crossing(names: Names, column: str) -> str:
    """People a minute over each gate's lines, from the seconds that there are."""
    return (
        f"SELECT $__timeInterval(at) AS time, {names.of('gate', 'gate')} AS name, sum({column}) * 60 / uniqExact(at) AS value"
        f" FROM {view('v_lines')} WHERE {WITHIN} AND {chosen('gate', 'gate')} GROUP BY time, gate ORDER BY time, name"
    )


def _of_lines(names: Names, value: str) -> str:
    return (
        f"SELECT $__timeInterval(at) AS time, concat({names.of('gate', 'gate')}, ' · ', toString(line)) AS name, {value} AS value"
        f" FROM {view('v_lines')} WHERE {WITHIN} AND {chosen('gate', 'gate')} GROUP BY time, gate, line ORDER BY time, name"
    )


def specific(names: Names) -> str:
    """The larger direction of each line, for each metre of its width."""
    return _of_lines(names, "max(greatest(entered_per_m_min, exited_per_m_min))")


def counter(names: Names) -> str:
    """The smaller direction's share."""
    return _of_lines(names, "max(counter_share)")


def _of_queues(names: Names, value: str) -> str:
    return (
        f"SELECT $__timeInterval(at) AS time, {names.of('gate', 'gate')} AS name, {value} AS value"
        f" FROM {view('v_queues')} WHERE {WITHIN} AND {chosen('gate', 'gate')} GROUP BY time, gate ORDER BY time, name"
    )


def queue(names: Names) -> str:
    """People who wait; nothing where it is not known."""
    return _of_queues(names, "maxOrNullIf(people, known)")


def wait(names: Names) -> str:
    """Minutes that who comes now will wait; nothing where it is not known."""
    return _of_queues(names, "maxOrNullIf(wait_s, known) / 60")


def counts(names: Names) -> str:
    """Cameras against turnstiles over the range, by gate."""
    lines = (
        f"(SELECT gate, sum(entered) AS entered, sum(exited) AS exited FROM {view('v_lines')}"
        f" WHERE {WITHIN} AND {chosen('gate', 'gate')} GROUP BY gate)"
    )
    turnstiles = (
        "(SELECT gate, sum(entered) AS entered, sum(exited) AS exited FROM (SELECT gate, device,"
        " max(entries_total) - min(entries_total) AS entered, max(exits_total) - min(exits_total) AS exited"
        f" FROM {view('v_turnstiles')} WHERE {WITHIN} AND {chosen('gate', 'gate')} GROUP BY gate, device) GROUP BY gate)"
    )

    def difference(way: str) -> str:
        return f"if(t.{way} > 0 AND l.gate != '', (toInt64(l.{way}) - t.{way}) / t.{way}, NULL)"

    return (
        "SELECT p.name AS gate, if(l.gate = '', NULL, l.entered) AS lines_in, if(t.gate = '', NULL, t.entered) AS turnstiles_in,"
        f" {difference('entered')} AS difference_in, if(l.gate = '', NULL, l.exited) AS lines_out,"
        f" if(t.gate = '', NULL, t.exited) AS turnstiles_out, {difference('exited')} AS difference_out"
        f" FROM {names.places('gate', 'gate')} AS p LEFT JOIN {lines} AS l ON p.id = l.gate"
        f" LEFT JOIN {turnstiles} AS t ON p.id = t.gate ORDER BY gate"
    )
