"""Plausible rows for every table that the boards read, the same for the same end: an hour of an evening, and the day before it.

Everything is inserted through the real migrations' tables; names of two zones hold quotes and HTML, as an attacker would write them.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from clickhouse_driver import Client

from connectors import clickhouse as connector
from plan.load import load, plan_hash
from plan.model import Plan
from plan.part import Text

ROOT: Final = Path(__file__).resolve().parents[2]
HOUR_S: Final = 3600
DAY_S: Final = 86_400
HOSTILE: Final = {
    "gate-a-queue": """O'Brien "A" \\ <img src=x onerror=alert(1)>""",
    "hall-1": "'); DROP DATABASE live; --",
}
_SMALL: Final = "SETTINGS max_block_size = 65536, max_insert_block_size = 65536, min_insert_block_size_rows = 65536"


def fill(client: Client, database: str, end_s: int) -> None:
    """Make *database* and fill it with the hour that ends at *end_s*."""
    connector.Database(client, database).ensure()
    plan = load(ROOT / "plan" / "examples" / "stadium.yaml")
    _places(client, database, plan)
    zones = _array([zone.id for zone in plan.zones])
    cameras = _array([camera.id for camera in plan.cameras])
    gates, lines = _array([line.gate for line in plan.lines]), _array([line.id for line in plan.lines])
    hour = (end_s - HOUR_S, HOUR_S)
    for begin, seconds in ((end_s - HOUR_S - DAY_S, DAY_S), hour):
        _zones(client, database, zones, begin, seconds)
        _grid(client, database, cameras, begin, seconds)
    _forecast(client, database, zones, *hour)
    _lines(client, database, gates, lines, *hour)
    _queues(client, database, *hour)
    _areas(client, database, *hour)
    _cameras(client, database, cameras, *hour)
    _devices(client, database, plan, *hour)
    _vehicles(client, database, *hour)
    _alerts(client, database, *hour)
    _response(client, database, *hour)
    _platform(client, database, cameras, *hour)
    # one part a day, as merges leave them in time: how much a query reads would else hang on how far they have come
    for (table,) in client.execute(f"SELECT name FROM system.tables WHERE database = '{database}' AND engine LIKE '%MergeTree'"):
        client.execute(f"OPTIMIZE TABLE {database}.{table} FINAL")


def _array(ids: list[str]) -> str:
    return "[" + ", ".join(f"'{name}'" for name in ids) + "]"


def _places(client: Client, database: str, plan: Plan) -> None:
    """As the store writes them at its start."""
    version = plan_hash(plan)
    rows: list[tuple[str, str, Text, str, float | None, float, float]]
    rows = [("event", plan.event.id, plan.event.name, "", None, 0.0, 0.0), ("venue", plan.event.site, plan.event.venue, "", None, 0.0, 0.0)]
    rows += [("zone", z.id, z.name, z.area_type, None, *_middle(z.polygon)) for z in plan.zones]
    rows += [("gate", g.id, g.name, "", None, *g.at) for g in plan.gates]
    rows += [("camera", c.id, c.name, c.kind, None, *c.at) for c in plan.cameras]
    rows += [("area", a.id, a.name, "", a.approved.value, 0.0, 0.0) for a in plan.areas]
    rows += [("lane", lane.id, lane.name, "", None, *lane.a) for lane in plan.lanes]
    client.execute(
        f"INSERT INTO {database}.plan_places (kind, id, name_en, name_zh, detail, approved, x_m, y_m, parent, plan) VALUES",
        [
            (kind, name_id, HOSTILE.get(name_id, name.en), HOSTILE.get(name_id, name.zh), detail, approved, x_m, y_m, "", version)
            for kind, name_id, name, detail, approved, x_m, y_m in rows
        ],
    )


def _middle(polygon: tuple[tuple[float, float], ...]) -> tuple[float, float]:
    return sum(x for x, _ in polygon) / len(polygon), sum(y for _, y in polygon) / len(polygon)


def _insert(client: Client, database: str, table: str, columns: dict[str, str], source: str) -> None:
    """Insert what the server works out from *source*; where a row stood in its topic is its number."""
    given = {"source_partition": "0", "source_offset": "number"} | columns
    client.execute(f"INSERT INTO {database}.{table} ({', '.join(given)}) SELECT {', '.join(given.values())} FROM {source} {_SMALL}")


def _zones(client: Client, database: str, zones: str, begin: int, seconds: int) -> None:
    second, zone = f"{begin} + intDiv(number, length({zones}))", f"{zones}[number % length({zones}) + 1]"
    wave = f"(1 + sin((({second}) % 3600) / 500 + number % length({zones})))"
    dense = f"{zone} = 'stage-front'"
    columns = {
        "appended_at": f"toDateTime({second})",
        "revision": "toUInt32(number % 97 = 0)",
        "window_end_us": f"({second}) * 1000000",
        "zone": zone,
        "people": f"{wave} * 120",
        "density_per_m2": f"{wave} * 0.6",
        "local_peak_per_m2": f"{wave} * if({dense}, 2.8, 1.2)",
        "peak_x_m": "100 + number % 9",
        "peak_y_m": "90",
        "around_per_m2": f"{wave}",
        "speed_mps": "0.8",
        "los": f"['A', 'B', 'C', 'D', 'E', 'F'][toInt32({wave} * 2.9) + 1]",
        "los_scale": "'walkway'",
        "cameras_expected": "2",
        # one zone is seen by nobody for the last ten minutes
        "cameras_seen": f"if({zone} = 'hall-1' AND {second} > {begin + seconds - 600}, 0, if(number % 50 = 0, 1, 2))",
        "frames_expected": "10",
        "frames_used": f"if({zone} = 'hall-1' AND {second} > {begin + seconds - 600}, 0, 10)",
        "pressure_low_per_s2": f"if({dense}, {wave} * 0.006, NULL)",
        "pressure_per_s2": f"if({dense}, {wave} * 0.012, NULL)",
        "pressure_high_per_s2": f"if({dense}, {wave} * 0.02, NULL)",
        "noise_mps": "0.03",
        "patch_people": "0",
        "lost": "0",
        "queue_gate": "''",
        "observed_share": "0.98",
        "error_people": "6",
        "age_ms": "400",
        "saturated": f"{dense}",
    }
    _insert(client, database, "zone_seconds", columns, f"numbers({seconds} * length({zones}))")


def _grid(client: Client, database: str, cameras: str, begin: int, seconds: int) -> None:
    cells = 120
    slot = f"{begin} - {begin} % 10 + intDiv(number, {cells}) * 10"
    columns = {
        "appended_at": f"toDateTime({slot})",
        "camera": f"{cameras}[number % length({cameras}) + 1]",
        "at": f"toDateTime({slot})",
        "x_m": f"66 + (number % {cells}) % 20 * 3",
        "y_m": f"60 + intDiv(number % {cells}, 20) * 6",
        "density_centi": "sipHash64(number) % 700",
        "vx_cmps": "0",
        "vy_cmps": "0",
        "pressure_milli": "65535",
    }
    _insert(client, database, "grid_10s", columns, f"numbers({seconds // 10} * {cells} + {cells})")


def _forecast(client: Client, database: str, zones: str, begin: int, seconds: int) -> None:
    second, zone = f"{begin} + 1 + intDiv(number, length({zones}))", f"{zones}[number % length({zones}) + 1]"
    level = f"if({zone} = 'stage-front', toInt32(1 + sin(({second}) / 300) * 2 + 2), 0)"
    columns = {
        "appended_at": f"toDateTime({second})",
        "window_end_us": f"({second}) * 1000000",
        "zone": zone,
        "level": f"['none', 'watch', 'caution', 'warning', 'critical', 'act_now'][{level} + 1]",
        "next_level": f"if({level} > 4, '', ['watch', 'caution', 'warning', 'critical', 'act_now'][least({level}, 4) + 1])",
        "trend_per_m2_min": "0.2",
        "history_s": "300",
        "next_s": "if(number % 3 = 0, NULL, 240)",
        "next_low_s": "if(number % 3 = 0, NULL, 180)",
        "next_high_s": "if(number % 3 = 0, NULL, 420)",
    }
    _insert(client, database, "crowd_forecast", columns, f"numbers({seconds} * length({zones}))")


def _lines(client: Client, database: str, gates: str, lines: str, begin: int, seconds: int) -> None:
    second, index = f"{begin} + 1 + intDiv(number, length({lines}))", f"number % length({lines}) + 1"
    columns = {
        "appended_at": f"toDateTime({second})",
        "window_end_us": f"({second}) * 1000000",
        "gate": f"{gates}[{index}]",
        "line": f"{lines}[{index}]",
        "entered": "toInt64(sipHash64(number) % 3)",
        "exited": "toInt64(sipHash64(number) % 7 = 0)",
        "cameras_seen": "1",
        "width_m": "20",
        "entered_per_min": "sipHash64(number) % 3 * 60",
        "exited_per_min": "(sipHash64(number) % 7 = 0) * 60",
        "entered_per_m_min": "sipHash64(number) % 70",
        "exited_per_m_min": "3",
        "counter_share": "(sipHash64(number) % 30) / 100",
        "entered_total": f"({second} - {begin})",
        "exited_total": f"intDiv({second} - {begin}, 7)",
    }
    _insert(client, database, "line_seconds", columns, f"numbers({seconds} * length({lines}))")


def _queues(client: Client, database: str, begin: int, seconds: int) -> None:
    gates = "['gate-a', 'gate-b', 'gate-c', 'gate-d']"
    second = f"{begin} + 1 + intDiv(number, 4)"
    columns = {
        "appended_at": f"toDateTime({second})",
        "window_end_us": f"({second}) * 1000000",
        "gate": f"{gates}[number % 4 + 1]",
        "people": f"100 + 80 * sin(({second}) / 700)",
        "arriving_per_min": "30",
        "served_per_min": "22",
        "wait_s": f"if(number % 11 = 0, NULL, 900 + 700 * sin(({second}) / 700))",
        "known": "number % 11 != 0",
    }
    _insert(client, database, "crowd_queue", columns, f"numbers({seconds} * 4)")


def _areas(client: Client, database: str, begin: int, seconds: int) -> None:
    second = f"{begin} + 1 + number"
    inside = f"1200 + intDiv(({second}) - {begin}, 3)"
    at = {"appended_at": f"toDateTime({second})", "window_end_us": f"({second}) * 1000000", "area": "'bowl'"}
    balance = at | {
        "inside": inside,
        "low": f"{inside} - 20",
        "high": f"{inside} + 20",
        "turnstiles": f"{inside} + 4",
        "lines": f"{inside} - 6",
        "seen": f"if(number % 5 = 0, NULL, {inside} - 9)",
        "residual": "6",
        "suspect": "''",
    }
    _insert(client, database, "crowd_balance", balance, f"numbers({seconds})")
    counted = at | {"inside": inside, "entries_total": inside, "exits_total": "0", "turnstiles_seen": "15"}
    _insert(client, database, "area_seconds", counted, f"numbers({seconds})")


def _cameras(client: Client, database: str, cameras: str, begin: int, seconds: int) -> None:
    second = f"{begin} + intDiv(number, length({cameras})) * 2"
    columns = {
        "appended_at": f"toDateTime({second})",
        "camera": f"{cameras}[number % length({cameras}) + 1]",
        "event_time_us": f"({second}) * 1000000",
        "received_us": f"({second}) * 1000000 + 20000",
        "state": f"if(number % length({cameras}) = 3 AND {second} > {begin + seconds - 900}, 'moved', 'ok')",
        "since_us": f"{begin} * 1000000",
        "fps": "5",
        "width_px": "1920",
        "height_px": "if(number % 4 = 0, 720, 1080)",
        "calibrated": "number % 9 != 0",
        "people": "12",
        "night": "number % 5 = 1",
        "saturated": "number % 7 = 2",
    }
    _insert(client, database, "camera_health", columns, f"numbers({seconds // 2 + 1} * length({cameras}))")


def _devices(client: Client, database: str, plan: Plan, begin: int, seconds: int) -> None:
    turnstiles = [device for device in plan.devices if device.kind == "turnstile"]
    ids, gates = _array([device.id for device in turnstiles]), _array([str(device.gate) for device in turnstiles])
    second = f"{begin} + intDiv(number, length({ids}))"
    at = {"appended_at": f"toDateTime({second})", "event_time_us": f"({second}) * 1000000", "received_us": f"({second}) * 1000000 + 30000"}
    counted = {
        "device": f"{ids}[number % length({ids}) + 1]",
        "gate": f"{gates}[number % length({ids}) + 1]",
        "area": "'bowl'",
        "entries_total": f"intDiv({second} - {begin}, 8)",
        "exits_total": f"intDiv({second} - {begin}, 90)",
    }
    _insert(client, database, "sensor_turnstile", at | counted, f"numbers({seconds} * length({ids}))")
    second = f"{begin} + number % {seconds}"
    slow = "if(number % 40 = 0, 1400000, 180000)"
    passes = {
        "appended_at": f"toDateTime({second})",
        "event_time_us": f"({second}) * 1000000",
        "received_us": f"({second}) * 1000000 + {slow}",
        "device": "'id-a1'",
        "gate": "['gate-a', 'gate-b', 'gate-c'][number % 3 + 1]",
        "credential": "['card', 'face'][number % 2 + 1]",
        "pass_pseudonym": "hex(sipHash64(number))",
        "outcome": "multiIf(number % 50 = 0, 'refused', number % 23 = 0, 'no_match', 'match')",
    }
    _insert(client, database, "sensor_identity", passes, "numbers(9000)")
    fires = "['s-217', 'h-031', 'panel-1']"
    second = f"{begin} + intDiv(number, 3) * 5"
    late = f"{second} > {begin + seconds - 1200}"
    panel = "if(intDiv(number, 3) % 2 = 0, 'output_started', 'feedback')"
    state = f"multiIf(NOT {late}, 'normal', number % 3 = 0, 'alarm', number % 3 = 2, {panel}, 'normal')"
    fire = {
        "appended_at": f"toDateTime({second})",
        "event_time_us": f"({second}) * 1000000",
        "received_us": f"({second}) * 1000000 + 9000",
        "device": f"{fires}[number % 3 + 1]",
        "zone": "'hall-2'",
        "kind": "['smoke', 'heat', 'panel'][number % 3 + 1]",
        "state": state,
        "output": f"if(number % 3 = 2 AND {late}, 'broadcast', '')",
        "x_cm": "19300",
        "y_cm": "2900",
        "verified": "number % 500 != 7",
    }
    _insert(client, database, "sensor_fire", fire, f"numbers({seconds // 5} * 3)")


def _vehicles(client: Client, database: str, begin: int, seconds: int) -> None:
    second = f"{begin} + intDiv(number, 3)"
    tracks = {
        "appended_at": f"toDateTime({second})",
        "vehicle": "concat('v-', toString(number % 3))",
        "event_time_us": f"({second}) * 1000000",
        "received_us": f"({second}) * 1000000",
        "source": "'v-1'",
        "x_cm": "1000 + number % 20000",
        "y_cm": "1000",
        "speed_cmps": "toInt64(150 + sipHash64(number) % 300)",
        "heading_deg": "90",
        "lane": "'service-road-east'",
        "along_cmps": "200",
        "s_cm": "100",
        "ahead_zone": "''",
        "ahead_cm": "-1",
        "plate": "'A12345'",
    }
    _insert(client, database, "vehicle_tracks", tracks, f"numbers({seconds} * 3)")
    kinds = "['wrong_way', 'towards_people', 'improper_stop', 'beyond_permit', 'speeding']"
    second = f"{begin} + 60 + number * 80"
    events = {
        "appended_at": f"toDateTime({second})",
        "window_end_us": f"({second}) * 1000000",
        "kind": f"{kinds}[number % 5 + 1]",
        "vehicle": "'v-1'",
        "lane": "'service-road-east'",
        "zone": "if(number % 5 IN (1, 4), 'gate-d-queue', '')",
        "start_us": f"({second}) * 1000000 - 2000000",
        "event_time_us": f"({second}) * 1000000",
        "distance_cm": "if(number % 5 = 0, 1200, 0)",
        "speed_cmps": "600",
        "ahead_cm": "if(number % 5 = 1, 5900, -1)",
        "x_cm": "9000",
        "y_cm": "1000",
        "plate": "'A12345'",
        "detail": "if(number % 5 = 2, 'stop', '')",
    }
    _insert(client, database, "vehicle_events", events, "numbers(40)")


def _alerts(client: Client, database: str, begin: int, seconds: int) -> None:
    """Forty alerts: each raised, most acknowledged, half cleared and closed; two of them about passes."""
    rules = "['crowd_density', 'fire', 'wrong_way', 'queue_wait', 'pass_two_gates', 'camera_health']"
    start = f"({begin} + 30 + intDiv(number, 4) * 85)"
    step = "number % 4"  # raised, acknowledged, cleared, closed
    at = f"({start} + [0, 25, 300, 320][{step} + 1])"
    alert = "intDiv(number, 4)"
    columns = {
        "appended_at": f"toDateTime({at})",
        "alert_id": f"lower(hex(MD5(toString({alert}))))",
        "mode": f"'{database.replace('_', '-')}'",
        "axis": f"if({step} IN (0, 2), 'condition', 'work')",
        "number": f"intDiv({step}, 2) + 1",
        "rule": f"{rules}[{alert} % 6 + 1]",
        "rule_version": "1",
        "place": f"['stage-front', 'hall-2', 'service-road-east', 'gate-a-queue', 'gate-c', 'cam-ne'][{alert} % 6 + 1]",
        "priority": f"['P2', 'P1', 'P2', 'P3', 'P2', 'P3'][{alert} % 6 + 1]",
        "level": f"['warning', 'critical', 'warning', 'watch', 'caution', 'watch'][{alert} % 6 + 1]",
        "measured_level": "'none'",
        "condition": f"if({step} >= 2, 'cleared', 'active')",
        "work": f"['new', 'in_progress', 'in_progress', 'closed'][{step} + 1]",
        "latched": f"{alert} % 6 = 1",
        "card": f"{alert} % 6 != 5",
        "verified": "1",
        "start_us": f"{start} * 1000000",
        "event_time_us": f"{at} * 1000000",
        "value": "4.1",
        "unit": "'p/m²'",
        "x_m": "100",
        "y_m": "90",
        "source": "''",
        "actor": "'S1'",
        "actor_role": "'shift leader'",
        "reason": "''",
        "plan": "'p'",
        "verdict": f"if({alert} % 7 = 0 AND {step} = 3, 'false', '')",
        "closing": f"if({step} = 3, 'handled', '')",
    }
    # of every third alert only the first step has happened, of every third but one the first two
    happened = f"{at} <= {begin + seconds} AND ({alert} % 3 = 0 OR {step} <= {alert} % 3 - 1)"
    _insert(client, database, "alerts_changes", columns, f"numbers(160) WHERE {happened}")


def _response(client: Client, database: str, begin: int, seconds: int) -> None:
    alert = "lower(hex(MD5(toString(number % 40))))"
    at = f"({begin} + 31 + number % 40 * 85)"
    receipts = {
        "appended_at": f"toDateTime({at})",
        "alert_id": alert,
        "axis": "'condition'",
        "number": "1",
        "channel": "['radio', 'sms', 'pager'][number % 3 + 1]",
        "recipient": "if(number % 9 = 0, '+8613800000000', 'S1')",
        "state": "if(number % 13 = 0, 'failed', 'delivered')",
        "receipt": "''",
        "at_us": f"{at} * 1000000",
        "step": "'first'",
        "due_us": f"({at} + 5) * 1000000 - if(number % 10 = 0, 20000000, 0)",
        "reason": "if(number % 13 = 0, 'the gateway <b>said</b> no', '')",
    }
    _insert(client, database, "dispatch_receipts", receipts, "numbers(120)")
    states = "['issued', 'delivered', 'accepted', 'on_scene', 'done']"
    at = f"({begin} + 60 + intDiv(number, 5) * 300 + number % 5 * 40)"
    orders = {
        "appended_at": f"toDateTime({at})",
        "order_id": "lower(hex(MD5(toString(intDiv(number, 5)))))",
        "alert_id": "lower(hex(MD5(toString(intDiv(number, 5)))))",
        "mode": f"'{database.replace('_', '-')}'",
        "number": "number % 5 + 1",
        "state": f"{states}[number % 5 + 1]",
        "kind": "'hold_upstream'",
        "place": "'gate-c'",
        "recipient": "'C2'",
        "text_en": "''",
        "text_zh": "''",
        "issued_by": "'S1'",
        "issued_role": "'shift leader'",
        "actor": "'C2'",
        "actor_role": "'gate C sector lead'",
        "at_us": f"{at} * 1000000",
        "due_us": "0",
        "effect": "if(number % 5 = 4, 'effective', 'pending')",
        "effect_due_us": "0",
        "reason": "''",
        "plan": "'p'",
    }
    _insert(client, database, "orders_changes", orders, "numbers(50)")
    acts = {
        "appended_at": f"toDateTime({begin} + number * 60)",
        "number": "number",
        "mode": f"'{database.replace('_', '-')}'",
        "actor": "'S1'",
        "actor_role": "'shift leader'",
        "action": "'asks: acknowledge'",
        "subject": alert,
        "place": "'gate-a-queue'",
        "reason": "''",
        "source": "'alerts.commands/0/1'",
        "body": "''",
        "previous": "''",
        "hash": "hex(number)",
        "at_us": f"({begin} + number * 60) * 1000000",
    }
    _insert(client, database, "audit_log", acts, f"numbers({seconds // 60})")
    linkage = {
        "appended_at": f"toDateTime({begin} + 2000 + number * 3)",
        "request_id": "'r-1'",
        "mode": f"'{database.replace('_', '-')}'",
        "number": "number + 1",
        "equipment": "'broadcast-hall-2'",
        "zone": "'hall-2'",
        "state": "['permitted', 'asked', 'taken'][number + 1]",
        "by": "'right'",
        "actor": "'F1'",
        "actor_role": "'fire control room'",
        "alert_id": "''",
        "reason_en": "''",
        "reason_zh": "''",
        "at_us": f"({begin} + 2000 + number * 3) * 1000000",
        "plan": "'p'",
    }
    _insert(client, database, "linkage_changes", linkage, "numbers(3)")


def _platform(client: Client, database: str, cameras: str, begin: int, seconds: int) -> None:
    stages = "['ingest', 'crowd', 'alerts', 'store']"
    second = f"{begin} + intDiv(number, 4)"
    health = {
        "appended_at": f"toDateTime({second})",
        "stage": f"{stages}[number % 4 + 1]",
        "at_us": f"({second}) * 1000000",
        "taken": f"({second} - {begin}) * 900",
        "given": f"({second} - {begin}) * 880",
        "late": f"intDiv({second} - {begin}, 50)",
        "clamped": f"intDiv({second} - {begin}, 400)",
        "refused": f"intDiv({second} - {begin}, 300)",
        "lag": "toInt64(sipHash64(number) % 900) - 1",
        "tick_age_us": "if(number % 4 = 3, -1, toInt64(250000 + sipHash64(number) % 400000))",
    }
    _insert(client, database, "stage_health", health, f"numbers({seconds} * 4 + 4)")
    dead = {
        "appended_at": f"toDateTime({begin} + number * 30)",
        "stage": "'ingest'",
        "topic": "'raw.turnstile'",
        "partition": "0",
        "offset": "number",
        "reason": """concat('t-a1: expected a count, got ', if(number % 2 = 0, '''NaN''', '<script>'))""",
        "raw": "''",
        "at_us": f"({begin} + number * 30) * 1000000",
    }
    _insert(client, database, "deadletter_ingest", dead, f"numbers({seconds // 30})")
    ledger = {
        "appended_at": f"toDateTime({begin} + number)",
        "stage": "'ingest'",
        "topic": "'raw.turnstile'",
        "partition": "0",
        "first_offset": "number * 20",
        "outcomes": "concat(repeat('A', 18), if(number % 9 = 0, 'D', 'A'), if(number % 40 = 0, 'R', 'A'))",
        "clamped": "0",
    }
    _insert(client, database, "ledger_ingest", ledger, f"numbers({seconds})")
    recorders = {
        "appended_at": f"toDateTime({begin} + intDiv(number, 2) * 10)",
        "recorder": f"concat('recorder-', {cameras}[number % 2 + 1])",
        "at_us": f"({begin} + intDiv(number, 2) * 10) * 1000000",
        "state": "if(number % 2 = 0, 'ok', 'disk_80')",
        "cameras": "4",
        "recording": "4 - number % 2",
        "used_percent": "80 - (number + 1) % 2",
        "free_bytes": "200000000000",
        "sentence_en": "''",
        "sentence_zh": "''",
    }
    _insert(client, database, "recorder_state", recorders, f"numbers({seconds // 10} * 2 + 2)")
    late = {
        "appended_at": f"toDateTime({begin} + number * 20)",
        "camera": f"{cameras}[number % length({cameras}) + 1]",
        "slice_start_us": f"({begin} + number * 20) * 1000000",
        "received_us": f"({begin} + number * 20) * 1000000 + 900000",
        "record": "''",
    }
    _insert(client, database, "crowd_late", late, f"numbers({seconds // 20})")


def now_s() -> int:
    """The end of the filling: tables keep by the wall clock, so older rows would be deleted while they are read."""
    return int(time.time()) // 10 * 10
