"""Whether the machine keeps up, loses nothing and has room."""

from __future__ import annotations

from dashboards import links, thresholds
from dashboards.board import Board, Row
from dashboards.boards import platform_sql as sql
from dashboards.panels import Field, Look, series, stat, states, table
from dashboards.query import Names
from dashboards.words import Say


def board(say: Say) -> Board:
    """The board in one language."""
    names, cameras = Names(say.lang), thresholds.camera_words(say)
    point = (links.at_point(say),)
    silent = Field(name="age", title="col.age", unit="s", decimals=0, limits=thresholds.SILENT_S, bright=True)
    stages = (
        Field(name="stage", title="col.stage", unit="text"),
        Field(name="lag", title="col.lag", decimals=0, unit="records", limits=thresholds.LAG),
        Field(name="tick_age", title="col.tick_age", unit="s", decimals=2, limits=thresholds.TICK_S),
        *(
            Field(name=name, title=f"col.{name}", decimals=0, unit="records")
            for name in ("late_records", "clamped", "refused", "taken", "given")
        ),
        silent,
    )
    dead = (
        Field(name="stage", title="col.stage", unit="text"),
        Field(name="topic", title="col.topic", unit="text"),
        Field(name="reason", title="col.reason", unit="text"),
        Field(name="count", title="col.count", decimals=0, unit="records"),
        Field(name="last", title="col.last", unit="time"),
    )
    tables = (
        Field(name="table", title="col.table", unit="text"),
        Field(name="rows", title="col.rows", decimals=0, unit="records"),
        Field(name="bytes", title="col.bytes", unit="bytes", decimals=1),
        Field(name="days", title="col.days", unit="days", decimals=1),
        Field(name="bytes_a_day", title="col.bytes_a_day", unit="bytes", decimals=1),
    )
    camera_fields = (
        Field(name="camera", title="col.camera", unit="text"),
        Field(name="state", title="col.state", words=cameras, limits=thresholds.CAMERA_STATE, bright=True),
        Field(name="fps", title="col.fps", unit="fps", decimals=1),
        Field(name="height", title="col.height", unit="text", decimals=0),
        Field(name="full_hd", title="col.full_hd", unit="text"),
        Field(name="calibrated", title="col.calibrated", unit="text"),
        Field(name="night", title="col.night", unit="text"),
        Field(name="saturated", title="col.saturated", unit="text"),
        silent,
    )
    recorders = (
        Field(name="recorder", title="col.recorder", unit="text"),
        Field(name="state", title="col.state", words=thresholds.recorder_words(say), limits=thresholds.RECORDER_STATE, bright=True),
        Field(name="recording", title="col.recording", unit="devices", decimals=0),
        Field(name="missing", title="col.not_recorded", unit="devices", decimals=0, limits=thresholds.COUNT, bright=True),
        Field(name="used", title="col.used", unit="share", decimals=1, limits=thresholds.VIDEO_DISK),
        Field(name="free", title="col.free", unit="bytes", decimals=1),
        Field(name="age", title="col.age", unit="s", decimals=0, limits=thresholds.RECORDER_SILENT_S, bright=True),
    )
    devices = (
        Field(name="device", title="col.device", unit="text"),
        Field(name="kind", title="col.kind", unit="text"),
        Field(name="place", title="col.place", unit="text"),
        Field(name="readings", title="col.readings", unit="text", decimals=1),
        silent,
    )
    ledger = [Field(name=name, title=f"col.{name}") for name in ("accepted", "duplicates", "refused")]
    corrected = (
        Field(name="corrected", title="col.corrected"),
        Field(name="late_sums", title="col.late_sums", unit="records", decimals=0, line={"custom.axisPlacement": "right"}),
    )
    camera_look = Look(
        key="platform.cameras", sql=sql.cameras(names), unit="state", limits=thresholds.CAMERA_STATE, words=cameras, links=point
    )
    return Board(
        key="platform",
        since="now-3h",
        rows=(
            Row(
                height=4,
                panels=(
                    (stat(say, Look(key="platform.lag_now", sql=sql.lag_now(), unit="records", limits=thresholds.LAG)), 5),
                    (stat(say, Look(key="platform.tick_now", sql=sql.tick_now(), unit="s", decimals=2, limits=thresholds.TICK_S)), 5),
                    (stat(say, Look(key="platform.dead_now", sql=sql.dead_now(), unit="records", limits=thresholds.COUNT)), 4),
                    (
                        stat(
                            say, Look(key="platform.disk_days", sql=sql.disk_days(), unit="days", decimals=0, limits=thresholds.DISK_DAYS)
                        ),
                        5,
                    ),
                    (
                        stat(
                            say,
                            Look(key="platform.cameras_now", sql=sql.cameras_now(names), unit="devices", limits=thresholds.COUNT),
                            ground=True,
                        ),
                        5,
                    ),
                ),
            ),
            Row(height=9, panels=((table(say, Look(key="platform.stages", sql=sql.stages(), unit="text", fields=stages)), 24),)),
            Row(
                height=8,
                panels=(
                    (series(say, Look(key="platform.lag", sql=sql.lag(), unit="records", links=point)), 12),
                    (
                        series(
                            say, Look(key="platform.ticks", sql=sql.ticks(), unit="s", limits=thresholds.TICK_S, links=point), lines=True
                        ),
                        12,
                    ),
                ),
            ),
            Row(
                height=8,
                panels=(
                    (series(say, Look(key="platform.refused", sql=sql.refused(say), unit="records", links=point), bars=True), 12),
                    (table(say, Look(key="platform.dead", sql=sql.dead(), unit="text", fields=dead)), 12),
                ),
            ),
            Row(
                height=8,
                panels=(
                    (
                        series(
                            say,
                            Look(key="platform.ledger", sql=sql.ledger(), unit="records", fields=ledger, interval="1m"),
                            bars=True,
                            stacked=True,
                        ),
                        8,
                    ),
                    (series(say, Look(key="platform.corrected", sql=sql.corrected(), unit="share", fields=corrected, interval="1m")), 8),
                    (table(say, Look(key="platform.tables", sql=sql.tables(), unit="text", fields=tables)), 8),
                ),
            ),
            Row(
                height=10,
                panels=(
                    (states(say, camera_look), 14),
                    (table(say, Look(key="platform.camera_table", sql=sql.camera_table(names), unit="text", fields=camera_fields)), 10),
                ),
            ),
            Row(height=6, panels=((table(say, Look(key="platform.recorders", sql=sql.recorders(), unit="text", fields=recorders)), 24),)),
            Row(height=9, panels=((table(say, Look(key="platform.devices", sql=sql.devices(names), unit="text", fields=devices)), 24),)),
        ),
    )
