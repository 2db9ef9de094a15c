"""Grafana's alert rules for the platform's own health: one definition for the push and for the file of docker compose. Pure.

Each asks ClickHouse for a table (label, number) and holds the number against a limit: one instance a label, no reduce between.
Safety of people is not judged here: that is what ALERTS does, from the plan, and it waits for no dashboard.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

SOURCE_UID: Final = "muster-clickhouse"
FOLDER_UID: Final = "muster-platform"
FOLDER_TITLE: Final = "Muster platform 平台"
GROUP: Final = "muster-platform"
INTERVAL_S: Final = 10
LABEL: Final = "platform"  # of the label `muster`, by which the notification policy finds these rules
_WINDOW_S: Final = 600
_EXPRESSION: Final = "__expr__"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule.

    Args:
        name: stable, part of its uid.
        title: in English and Chinese.
        sql: its table; `{database}` stands for the mode's database, `{ago:N}` for N seconds ago, µs UTC: what tables are sorted by.
        sign: gt fires above *limit*, lt below.
        for_s: seconds that it must hold.
        summary: what it means and what to do, in English; `{value}` is its number, any other name in braces a label.
        summary_zh: the same in Chinese.
    """

    name: str
    title: str
    sql: str
    limit: float
    for_s: int
    severity: Literal["warning", "critical"]
    summary: str
    summary_zh: str
    sign: Literal["gt", "lt"] = "gt"

    @property
    def uid(self) -> str:
        """Its uid in Grafana."""
        return f"muster-{self.name}"


_DISK: Final = (
    "SELECT 'clickhouse' AS disk, toFloat64(100 * (1 - min(free_bytes) / max(total_bytes))) AS used_percent"
    " FROM {database}.v_disk HAVING max(total_bytes) > 0"
)

# One disk for all recorders of a mode: the one that sees it fullest speaks for it, and who is silent knows nothing of it.
_VIDEO_DISK: Final = (
    "SELECT 'recordings' AS disk, toFloat64(max(used_percent)) AS used_percent FROM {database}.v_recorders"
    " WHERE age_s < 60 HAVING count() > 0"
)


def _filling(name: str, title: tuple[str, str], sql: str, summary: str, summary_zh: str) -> tuple[Rule, Rule]:
    """A disk at 80 and at 90 %."""
    first = Rule(
        name=f"{name}-80",
        title=f"{title[0]} 80 % {title[1]}八成",
        sql=sql,
        limit=80,
        for_s=60,
        severity="warning",
        summary=summary,
        summary_zh=summary_zh,
    )
    return first, replace(first, name=f"{name}-90", title=f"{title[0]} 90 % {title[1]}九成", limit=90, severity="critical")


RULES: Final[Sequence[Rule]] = (
    Rule(
        name="store-lag",
        title="Store lag 入库积压",
        sql=(
            "SELECT stage, toFloat64(max(lag)) AS records FROM {database}.v_stages"
            " WHERE stage = 'store' AND at_us > {ago:30} GROUP BY stage"
        ),
        limit=20_000,
        for_s=60,
        severity="warning",
        summary="The store is {value} records behind its topics. Alerts do not wait for it; boards show the past.",
        summary_zh="入库落后 {value} 条记录。告警不受影响,看板显示的是过去的数据。",
    ),
    Rule(
        # A platform that was taken down after the event must not call out for ever: what is silent for a day is over.
        name="store-silent",
        title="Store silent 入库中断",
        sql=(
            "SELECT 'store' AS stage, toFloat64(dateDiff('second', max(at), now())) AS seconds FROM {database}.v_stages"
            " WHERE at_us > {ago:86400} HAVING count() > 0"
        ),
        limit=60,
        for_s=30,
        severity="critical",
        summary="For {value} s no word of any stage has been stored: the store, its broker or all stages do not run.",
        summary_zh="已有 {value} 秒没有任何环节的状态入库:入库、消息总线或全部环节未运行。",
    ),
    Rule(
        name="tick-age",
        title="Tick age 时钟滞后",
        sql=(
            "SELECT stage, toFloat64(max(tick_age_s)) AS seconds FROM {database}.v_stages"
            " WHERE tick_age_s IS NOT NULL AND at_us > {ago:15} GROUP BY stage"
        ),
        limit=5,
        for_s=30,
        severity="critical",
        summary="Event time of {stage} is {value} s behind the clock: windows do not close, alerts come late.",
        summary_zh="{stage} 的事件时间落后 {value} 秒:统计窗口不能结束,告警会延迟。",
    ),
    Rule(
        name="dead-letters",
        title="Dead letters 拒收记录",
        sql=(
            "SELECT stage, topic, toFloat64(count()) AS records FROM {database}.v_dead_letters"
            " WHERE at_us > {ago:300} GROUP BY stage, topic"
        ),
        limit=10,
        for_s=0,
        severity="warning",
        summary="{stage} refused {value} records of {topic} within five minutes; the board Platform says why.",
        summary_zh="{stage} 五分钟内拒收 {topic} 的 {value} 条记录;原因见平台看板。",
    ),
    *_filling(
        "disk",
        ("Disk", "磁盘"),
        _DISK,
        "ClickHouse's disk is {value} % full. Make room or add disk: rows are never deleted before their time because a disk is full.",
        "ClickHouse 磁盘已用 {value} %。请清理或扩容:系统不会因磁盘满而提前删除数据。",
    ),
    *_filling(
        "video-disk",
        ("Recordings", "录像盘"),
        _VIDEO_DISK,
        "The disk of the recordings is {value} % full. Video younger than the plan's floor is never deleted: when the disk is full,"
        " recording stops. Add disk.",
        "录像磁盘已用 {value} %。未满方案规定天数的录像不会删除,磁盘写满后录像将停止。请扩容。",
    ),
    Rule(
        name="recording-stopped",
        title="Recording stopped 录像停止",
        sql="SELECT recorder, toFloat64(state = 'stopped') AS stopped FROM {database}.v_recorders WHERE age_s < 60",
        limit=0,
        for_s=0,
        severity="critical",
        summary="{recorder} records nothing: its disk is full of video that may not be deleted. Add disk or move files away.",
        summary_zh="{recorder} 已停止录像:磁盘已满,盘上录像均不得删除。请扩容或转移文件。",
    ),
    Rule(
        # A full disk is told of by recording-stopped, once and not for each camera.
        name="recording-short",
        title="Cameras not recorded 录像缺失",
        sql=(
            "SELECT recorder, toFloat64(if(state = 'stopped', 0, cameras - recording)) AS missing"
            " FROM {database}.v_recorders WHERE age_s < 60"
        ),
        limit=0,
        for_s=60,
        severity="critical",
        summary="{value} cameras of {recorder} are not being recorded: look at camera and network; its log says what it meets.",
        summary_zh="{recorder} 有 {value} 台摄像机未在录像:请检查摄像机与网络,原因见其日志。",
    ),
    Rule(
        # Silence counts while other stages speak: a platform that was taken down calls nobody. A recorder is named after its first
        # camera, so that the recorder of a camera that the plan has no more is not missed.
        name="recorder-silent",
        title="Recorder silent 录像程序中断",
        sql=(
            "SELECT recorder, toFloat64(age_s) AS seconds FROM {database}.v_recorders"
            " WHERE substring(recorder, 10) IN (SELECT id FROM {database}.v_places WHERE kind = 'camera')"
            " AND (SELECT count() FROM {database}.v_stages WHERE stage != 'recorder' AND at_us > {ago:30}) > 0"
        ),
        limit=60,
        for_s=0,
        severity="critical",
        summary="For {value} s no word of {recorder} has come: what its cameras see may not be recorded. See `muster status`.",
        summary_zh="已有 {value} 秒没有 {recorder} 的消息:其摄像机可能未在录像。请运行 `muster status` 查看。",
    ),
    Rule(
        name="camera-dark",
        title="Camera dark 画面失效",
        sql=(
            # Cameras of the plan beside those that speak: one that says nothing is dark too. Where no stage speaks any more, the
            # platform has been taken down, or store-silent says so once, and not each camera.
            "SELECT camera, toFloat64(max(at) < now() - INTERVAL 30 SECOND OR argMax(state, at) != 'ok') AS dark FROM ("
            "SELECT camera, at, state FROM {database}.v_cameras WHERE at_us > {ago:60}"
            " UNION ALL SELECT id AS camera, toDateTime64(0, 6, 'UTC') AS at, 'silent' AS state FROM {database}.v_places"
            " WHERE kind = 'camera' AND plan = (SELECT argMax(plan, saved_at) FROM {database}.v_places))"
            " WHERE (SELECT count() FROM {database}.v_stages WHERE at_us > {ago:120}) > 0 GROUP BY camera"
        ),
        limit=0,
        for_s=30,
        severity="warning",
        summary="Camera {camera} shows nothing that can be counted: its zones are unknown, not empty. Send eyes.",
        summary_zh="摄像机 {camera} 画面失效:相关区域情况不明,并非无人。请派人查看。",
    ),
    Rule(
        name="ledger-gap",
        title="Ledger gap 台账缺口",
        sql=(
            "SELECT topic, toFloat64(sum(accounted) - sum(accepted) - sum(duplicates) - sum(refused)) AS records"
            " FROM {database}.v_ledger WHERE minute > now() - INTERVAL 10 MINUTE GROUP BY topic"
        ),
        limit=0,
        for_s=0,
        severity="critical",
        summary="{value} records of {topic} have no outcome: run `muster ledger check`.",
        summary_zh="{topic} 有 {value} 条记录没有处理结果:请运行 `muster ledger check`。",
    ),
    Rule(
        name="ledger-silent",
        title="Ledger silent 台账中断",
        sql=(
            "SELECT 'ingest' AS stage, toFloat64(taken > 0 AND accounted = 0) AS silent FROM"
            " (SELECT greatest(max(taken) - min(taken), 0) AS taken FROM {database}.v_stages"
            " WHERE stage = 'ingest' AND at_us > {ago:180}) AS s,"
            " (SELECT sum(accounted) AS accounted FROM {database}.v_ledger WHERE minute > now() - INTERVAL 5 MINUTE) AS l"
        ),
        limit=0,
        for_s=60,
        severity="critical",
        summary="INGEST takes records in, and the ledger accounts for none: run `muster ledger check`.",
        summary_zh="接入环节正在接收记录,但台账没有登记:请运行 `muster ledger check`。",
    ),
)


def sql_of(rule: Rule, database: str = "live") -> str:
    """The rule's query for *database*."""
    ago = r"(toUnixTimestamp64Micro(now64(6)) - \g<1>000000)"
    return re.sub(r"{ago:(\d+)}", ago, rule.sql.replace("{database}", database))


def model_of(rule: Rule, *, folder_uid: str = FOLDER_UID) -> dict[str, Any]:
    """The rule as Grafana's interface for provisioning takes and gives it."""
    return {
        "uid": rule.uid,
        "title": rule.title,
        "ruleGroup": GROUP,
        "folderUID": folder_uid,
        "condition": "B",
        "data": _questions(rule),
        "for": _duration(rule.for_s),
        # A table without rows is a platform that does not run, or a list without faults; store-silent tells the one from the other.
        "noDataState": "OK",
        "execErrState": "Error",
        "isPaused": False,
        "labels": _labels(rule),
        "annotations": _annotations(rule),
    }


def file_of(rules: Sequence[Rule] = RULES) -> dict[str, Any]:
    """All rules as a file that Grafana reads at its start (`deploy/grafana/provisioning/alerting/`)."""
    return {
        "apiVersion": 1,
        "groups": [
            {
                "orgId": 1,
                "name": GROUP,
                "folder": FOLDER_TITLE,
                "interval": _duration(INTERVAL_S),
                "rules": [_in_file(rule) for rule in rules],
            }
        ],
    }


def _in_file(rule: Rule) -> dict[str, Any]:
    # A file's annotations keep their `$values`: Grafana puts its environment only where `${NAME}` stands.
    return {key: value for key, value in model_of(rule).items() if key not in ("ruleGroup", "folderUID")}


def _questions(rule: Rule) -> list[dict[str, Any]]:
    source = {"type": "grafana-clickhouse-datasource", "uid": SOURCE_UID}
    expression = {"type": _EXPRESSION, "uid": _EXPRESSION}
    table = {"refId": "A", "datasource": source, "editorType": "sql", "queryType": "table", "format": 1, "rawSql": sql_of(rule)}
    threshold = {
        "refId": "B",
        "datasource": expression,
        "type": "threshold",
        "expression": "A",
        "conditions": [{"type": "query", "evaluator": {"type": rule.sign, "params": [rule.limit]}}],
    }
    return [
        {"refId": "A", "relativeTimeRange": {"from": _WINDOW_S, "to": 0}, "datasourceUid": SOURCE_UID, "model": table},
        {"refId": "B", "relativeTimeRange": {"from": _WINDOW_S, "to": 0}, "datasourceUid": _EXPRESSION, "model": threshold},
    ]


def _labels(rule: Rule) -> Mapping[str, str]:
    return {"muster": LABEL, "severity": rule.severity}


def _annotations(rule: Rule) -> Mapping[str, str]:
    return {"summary": _template(rule.summary), "summary_zh": _template(rule.summary_zh)}


def _template(text: str) -> str:
    """As Grafana's templates write it."""
    numbered = text.replace("{value}", '{{ printf "%.0f" $values.A.Value }}')
    return re.sub(r"(?<!{){(\w+)}(?!})", r"{{ $labels.\1 }}", numbered)


def _duration(seconds: int) -> str:
    """As Grafana writes a duration, so that what it gives back equals what it was given."""
    return f"{seconds // 60}m" if seconds and seconds % 60 == 0 else f"{seconds}s"
