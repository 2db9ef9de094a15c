"""Queries of the platform board."""

from __future__ import annotations

from typing import Final

from dashboards.query import RECENT_S, WITHIN, Names, age_s, chosen, raster, recent, view
from dashboards.thresholds import CAMERA_STATES, RECORDER_STATES
from dashboards.words import Say

SILENT_S: Final = 10
_ROWS: Final = 500


def lag_now() -> str:
    """The largest lag that any stage said last."""
    newest = f"SELECT lag FROM {view('v_stages')} WHERE {recent()} ORDER BY at DESC LIMIT 1 BY stage"
    return f"SELECT maxOrNullIf(lag, lag >= 0) AS lag FROM ({newest}) HAVING count() > 0"


def tick_now() -> str:
    """The oldest tick that any stage said last."""
    newest = f"SELECT tick_age_s FROM {view('v_stages')} WHERE {recent()} ORDER BY at DESC LIMIT 1 BY stage"
    return f"SELECT max(tick_age_s) AS tick_age FROM ({newest}) HAVING count() > 0"


def dead_now() -> str:
    """Dead letters of the range."""
    return f"SELECT count() AS records FROM {view('v_dead_letters')} WHERE {WITHIN}"


def disk_days() -> str:
    """Days until the disk is full, at what a day takes over all tables."""
    return f"SELECT any(free_bytes) / sum(bytes_a_day) AS days FROM {view('v_disk')} HAVING count() > 0"


def stages() -> str:
    """What each stage of the range said last."""
    return (
        f"SELECT toString(stage) AS stage, if(lag < 0, NULL, lag) AS lag, tick_age_s AS tick_age, late AS late_records, clamped, refused,"
        f" taken, given, {age_s()} AS age FROM {view('v_stages')} WHERE {WITHIN} ORDER BY at DESC LIMIT 1 BY stage"
    )


def lag() -> str:
    """Lag over time."""
    return (
        "SELECT $__timeInterval(at) AS time, toString(stage) AS name, maxOrNullIf(lag, lag >= 0) AS value"
        f" FROM {view('v_stages')} WHERE {WITHIN} GROUP BY time, name ORDER BY time, name"
    )


def ticks() -> str:
    """Tick age over time, of the stages that see ticks."""
    return (
        "SELECT $__timeInterval(at) AS time, toString(stage) AS name, max(tick_age_s) AS value"
        f" FROM {view('v_stages')} WHERE {WITHIN} AND tick_age_s IS NOT NULL GROUP BY time, name ORDER BY time, name"
    )


def refused(say: Say) -> str:
    """Growth of the counters in each step; a stage that started again begins at nought."""
    words = ", ".join(f"'{say(f'part.{name}')}'" for name in ("late", "clamped", "refused"))
    grown = ", ".join(f"toInt64(max({name}) - min({name}))" for name in ("late", "clamped", "refused"))
    return (
        f"SELECT time, concat(stage, ' · ', part) AS name, value FROM (SELECT $__timeInterval(at) AS time, toString(stage) AS stage,"
        f" [{words}] AS parts, [{grown}] AS found FROM {view('v_stages')} WHERE {WITHIN} GROUP BY time, stage)"
        " ARRAY JOIN parts AS part, found AS value ORDER BY time, name"
    )


def dead() -> str:
    """Dead letters by reason."""
    return (
        "SELECT toString(stage) AS stage, toString(topic) AS topic, substring(reason, 1, 200) AS reason, count() AS count, max(at) AS last"
        f" FROM {view('v_dead_letters')} WHERE {WITHIN} GROUP BY stage, topic, reason ORDER BY count DESC LIMIT {_ROWS}"
    )


def ledger() -> str:
    """What became of the records of each minute."""
    return (
        "SELECT minute AS time, sum(accepted) AS accepted, sum(duplicates) AS duplicates, sum(refused) AS refused"
        f" FROM {view('v_ledger')} WHERE $__timeFilter(minute) GROUP BY time ORDER BY time"
    )


def corrected() -> tuple[str, str]:
    """Share of windows written again, and late sums."""
    windows = (
        "SELECT $__timeInterval(at) AS time, countIf(revision > 0) / count() AS corrected"
        f" FROM {view('v_zones')} WHERE {WITHIN} GROUP BY time ORDER BY time"
    )
    sums = (
        f"SELECT minute AS time, sum(sums) AS late_sums FROM {view('v_late')} WHERE {WITHIN} AND {chosen('camera', 'camera')}"
        " GROUP BY time ORDER BY time"
    )
    return windows, sums


def tables() -> str:
    """What each table holds."""
    return f"SELECT table, rows, bytes, days, bytes_a_day FROM {view('v_disk')} ORDER BY bytes DESC"


def _newest_cameras(names: Names) -> str:
    newest = (
        "(SELECT camera, at, state, fps, height_px, full_hd, calibrated, night, saturated"
        f" FROM {view('v_cameras')} WHERE {WITHIN} AND {chosen('camera', 'camera')} ORDER BY at DESC LIMIT 1 BY camera)"
    )
    return (
        f"SELECT p.name AS camera, if(c.camera = '', NULL, {age_s('c.at')}) AS age,"
        f" toFloat64(if(c.camera = '' OR age > {SILENT_S}, -1, toInt32(indexOf({CAMERA_STATES}, c.state)))) AS state,"
        " if(c.camera = '', NULL, c.fps) AS fps, if(c.camera = '', NULL, c.height_px) AS height,"
        " if(c.camera = '', '', if(c.full_hd, '✓', '–')) AS full_hd, if(c.camera = '', '', if(c.calibrated, '✓', '–')) AS calibrated,"
        " if(c.night, '✓', '') AS night, if(c.saturated, '≥', '') AS saturated"
        f" FROM {names.places('camera', 'camera')} AS p LEFT JOIN {newest} AS c ON p.id = c.camera"
    )


def cameras_now(names: Names) -> str:
    """Chosen cameras that do not see."""
    return f"SELECT countIf(state != 1) AS cameras FROM ({_newest_cameras(names)}) HAVING count() > 0"


def camera_table(names: Names) -> str:
    """Each chosen camera, the worst first."""
    columns = "camera, state, fps, height, full_hd, calibrated, night, saturated, age"
    return f"SELECT {columns} FROM ({_newest_cameras(names)}) ORDER BY state = 1, state DESC, camera"


def cameras(names: Names) -> str:
    """States over time: the worst of each step, -1 where the camera said nothing."""
    said = (
        f"(SELECT $__timeInterval(at) AS time, camera, toInt32(max(indexOf({CAMERA_STATES}, state))) AS worst"
        f" FROM {view('v_cameras')} WHERE {WITHIN} AND {chosen('camera', 'camera')} GROUP BY time, camera)"
    )
    return (
        "SELECT r.time AS time, r.name AS camera, toFloat64(if(c.camera = '', -1, c.worst)) AS value"
        f" FROM {raster(names.places('camera', 'camera'))} AS r"
        f" LEFT JOIN {said} AS c ON r.id = c.camera AND r.time = c.time ORDER BY time, camera"
    )


def recorders() -> str:
    """What each recorder of the range said last, the worst first; -1 where that is no longer so."""
    newest = (
        "SELECT recorder, at, state AS said, cameras, recording, used_percent, free_bytes"
        f" FROM {view('v_recorder_reports')} WHERE {WITHIN} ORDER BY at DESC LIMIT 1 BY recorder"
    )
    state = f"toFloat64(if(age > {RECENT_S}, -1, toInt32(indexOf({RECORDER_STATES}, said)))) AS state"
    return (
        f"SELECT toString(recorder) AS recorder, {state}, recording, cameras - recording AS missing,"
        f" used_percent / 100 AS used, free_bytes AS free, {age_s()} AS age FROM ({newest})"
        " ORDER BY state BETWEEN 0 AND 1, state DESC, recorder"
    )


def devices(names: Names) -> str:
    """Each device that spoke, the longest silent first."""
    return (
        f"SELECT toString(device) AS device, any(r.kind) AS kind, {names.of('any(r.place)')} AS place,"
        f" count() / greatest(dateDiff('second', min(r.at), max(r.at)) / 60, 1) AS readings, {age_s('max(r.at)')} AS age"
        f" FROM {view('v_readings')} AS r WHERE {WITHIN} GROUP BY device ORDER BY age DESC LIMIT {_ROWS}"
    )
