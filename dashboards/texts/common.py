"""Texts that all boards share."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "board.crowd": ("Crowd heatmap", "人群热力"),
    "board.crowd.help": (
        "Where it is too dense, in absolute bands, and whether the picture may be believed.",
        "哪里过密(固定分级,不随数据缩放),以及画面是否可信。",
    ),
    "board.flow": ("Flow and occupancy", "人流与在场人数"),
    "board.flow.help": (
        "Who comes in and out, how many are inside against the permit, how long people wait, and when it is full.",
        "进出人流、在场人数与核准人数、排队等候,以及何时满员。",
    ),
    "board.alerts": ("Alerts and response", "现场告警与处置"),
    "board.alerts.help": (
        "What is open, who has it, how fast it is answered, and whether people can still keep up.",
        "哪些告警未结、谁在处置、响应快慢,以及人员是否应付得来。",
    ),
    "board.platform": ("Platform", "平台运行"),
    "board.platform.help": (
        "Whether the machine keeps up, loses nothing and has room: read it before believing any other board.",
        "系统是否跟得上、有无丢失、空间是否够用:先看本板,再信其他。",
    ),
    "board.vehicles": ("Vehicles", "车辆"),
    "board.vehicles.help": (
        "Vehicles where people are: evidence, speeds, distances. No plates.",
        "人员区域的车辆:证据、车速、距离。不含车牌。",
    ),
    "board.fire": ("Fire", "消防"),
    "board.fire.help": (
        "Detectors, the panel's outputs and their feedback, as the certified panel reports them. Nothing is switched from here.",
        "探测器、消防主机输出及反馈,均来自主机上报。此处不作任何控制。",
    ),
    "board.identity": ("Identity and gates", "身份核验与出入口"),
    "board.identity.help": (
        "Passes by gate and outcome, how fast they are checked, what turnstiles carry. No person is named.",
        "各口核验结果、核验速度、闸机通过能力。不涉及个人身份。",
    ),
    "variable.mode": ("Mode", "模式"),
    "variable.mode.help": ("live, or a drill: each has a database of its own", "实战或演练:各有独立数据库"),
    "variable.database": ("Database", "数据库"),
    "variable.database.help": ("of the chosen mode", "所选模式的数据库"),
    "variable.event": ("Event", "活动"),
    "variable.event.help": ("by its plan, the newest first", "按活动方案,最新在前"),
    "variable.venue": ("Venue", "场地"),
    "variable.venue.help": ("of the event", "活动所在场地"),
    "variable.zone": ("Zone", "区域"),
    "variable.zone.help": ("which zones are shown", "显示哪些区域"),
    "variable.gate": ("Gate", "出入口"),
    "variable.gate.help": ("which gates are shown", "显示哪些出入口"),
    "variable.camera": ("Camera", "摄像机"),
    "variable.camera.help": ("which cameras are shown", "显示哪些摄像机"),
    "variable.page": ("Live page", "实时页面"),
    "variable.page.help": ("address of the live page, to which links lead", "实时页面地址,链接指向该处"),
    "variable.geojson": ("Outlines", "轮廓地址"),
    "variable.geojson.help": ("address of the venue's outlines", "场地轮廓的地址"),
    "variable.cell": ("Cell, m", "网格(米)"),
    "variable.cell.help": ("side of a cell on the floor; the first choice shows the whole plan", "地面网格边长;首选项可显示整个场地"),
    "variable.west": ("West edge", "西边界"),
    "variable.west.help": ("x of the floor's lower left corner, m", "地面左下角 x(米)"),
    "variable.south": ("South edge", "南边界"),
    "variable.south.help": ("y of the floor's lower left corner, m", "地面左下角 y(米)"),
    "variable.across": ("Columns", "列数"),
    "variable.across.help": ("columns of the floor", "地面图列数"),
    "variable.all": ("All", "全部"),
    "variable.plan": ("plan", "方案"),
    "variable.unnamed": ("not named by the plan", "方案未命名"),
    "level.unknown": ("? unknown", "? 情况不明"),
    "level.none": ("– no level", "– 无等级"),
    "level.watch": ("IV watch", "四级 关注"),
    "level.caution": ("III caution", "三级 注意"),
    "level.warning": ("II warning", "二级 严重"),
    "level.critical": ("I critical", "一级 危急"),
    "level.act_now": ("I ! act now", "一级! 立即处置"),
    "recorder.ok": ("records", "录像正常"),
    "recorder.disk_80": ("disk 80 %", "磁盘八成"),
    "recorder.disk_90": ("disk 90 %", "磁盘九成"),
    "recorder.stopped": ("stopped", "已停止"),
    "camera.silent": ("? silent", "? 无消息"),
    "camera.ok": ("live", "正常"),
    "camera.stale": ("stale", "画面过期"),
    "camera.frozen": ("frozen", "画面冻结"),
    "camera.black": ("black", "黑屏"),
    "camera.white": ("white", "白屏"),
    "camera.covered": ("covered", "被遮挡"),
    "camera.blurred": ("out of focus", "失焦"),
    "camera.moved": ("moved", "移位"),
    "fire.silent": ("? silent", "? 无消息"),
    "fire.normal": ("normal", "监视中"),
    "fire.alarm": ("I alarm", "一级 火警"),
    "fire.fault": ("fault", "故障"),
    "fire.output_started": ("output started", "联动已启动"),
    "fire.feedback": ("feedback", "已反馈"),
    "fire.unanswered": ("I unanswered", "一级 未反馈"),
    "no_data": ("? no data: unknown", "? 无数据:情况不明"),
    "link.replay": ("Replay at this moment", "复盘回放到此刻"),
    "link.alert": ("Page of this alert", "打开该告警"),
    "link.boards": ("Muster boards", "Muster 看板"),
    "mark.began": ("Drill begins", "演练开始"),
    "mark.pushed": ("Drills of the calendar", "演练日程"),
    "mark.spans": ("Drill", "演练"),
    "mark.raised": ("Alerts II and I", "二级及以上告警"),
    "map.outlines": ("Outlines", "轮廓"),
    "map.levels": ("Levels", "等级"),
    "map.ground": ("No ground map", "无底图"),
    "axis.rows": ("rows of cells, southern edge first", "网格行(自南向北)"),
    "unit.density": ("suffix: p/m²", "suffix: 人/平方米"),
    "unit.people": ("suffix: people", "suffix: 人"),
    "unit.per_min": ("suffix: p/min", "suffix: 人/分"),
    "unit.per_m_min": ("suffix: p/m/min", "suffix: 人/米/分"),
    "unit.per_h": ("suffix: p/h", "suffix: 人/时"),
    "unit.pressure": ("suffix: s⁻²", "suffix: s⁻²"),
    "unit.share": ("percentunit", "percentunit"),
    "unit.level": ("suffix: (level)", "suffix: (等级)"),
    "unit.los": ("suffix: (A–F)", "suffix: (A–F)"),
    "unit.state": ("suffix: (state)", "suffix: (状态)"),
    "unit.s": ("s", "s"),
    "unit.min": ("m", "m"),
    "unit.days": ("d", "d"),
    "unit.m": ("lengthm", "lengthm"),
    "unit.m2": ("suffix: m²", "suffix: 平方米"),
    "unit.mps": ("velocityms", "velocityms"),
    "unit.kmh": ("velocitykmh", "velocitykmh"),
    "unit.bytes": ("bytes", "bytes"),
    "unit.records": ("suffix: records", "suffix: 条"),
    "unit.cells": ("suffix: cells", "suffix: 格"),
    "unit.zones": ("suffix: zones", "suffix: 个区域"),
    "unit.alerts": ("suffix: alerts", "suffix: 条告警"),
    "unit.cards": ("suffix: cards", "suffix: 张卡片"),
    "unit.events": ("suffix: events", "suffix: 次"),
    "unit.vehicles": ("suffix: vehicles", "suffix: 辆"),
    "unit.fps": ("suffix: frames/s", "suffix: 帧/秒"),
    "unit.passes": ("suffix: passes", "suffix: 次核验"),
    "unit.devices": ("suffix: devices", "suffix: 台"),
    "unit.time": ("dateTimeAsIso", "dateTimeAsIso"),
    "unit.text": ("string", "string"),
}

PAGE_HEAD: Final = """
# Dashboards
What analysts and the control room look at in Grafana. The boards are code in `dashboards/`; `muster dashboards generate` writes them to `dashboards/en/` and `dashboards/zh/` and makes this page from the same texts.

**How every board is read**
- **Unknown is not green.** What nobody sees is grey and says so ("? unknown", "no data"), also where a zone, camera or stage has merely fallen silent. Calm is dark, never green.
- **Light is people, colour is alarm.** Blue IV, yellow III, orange II and red I stand for levels and for nothing else, with their numeral and word. Violet wants attention without being a level. Lines of a chart are shades of one blue, because Grafana's palettes hold the alarm colours: legend and tooltip name them. Density has seven bands of 1 p/m², from 0 to 6 and more, that never move with the data. Grafana's heatmap takes none but its own colour schemes: of those, the boards take the one nearest to the live page's hue that is seen on dark and on light ground, with the same bands.
- **A mean hides a crush.** Every cell and minute shows the worst that was in it; no panel averages density over a zone to judge it.
- **Times** are the browser's; the tables hold UTC. A played stream lies at the time at which it was started: choose that range.
- **What colour means** comes from `dashboards/thresholds.py`, each scale with its source. Levels of zones come from the event plan's ladder and are worked out before they are stored: the same density is another level on stairs.

**What is chosen above a board**: mode (live or a drill; each has its database), event, venue, zone, gate, camera, and on the first board the side of a cell. `page` is the address of the live page: a click on a cell, a row or an alert opens it with `?mode=…&lang=…&at=…` (milliseconds since 1970, UTC) and `&alert=…`. The page takes the mode and the language from it; it does not yet go to the moment or the alert by itself.

**Marks on the time line**: where a drill began, the span of the drill that is shown (EXERCISE 演练), and alerts of level II and I.

**The outlines** come from `GET /api/geojson?mode=…&frame=venue` of the live page. `frame=earth` gives latitudes and longitudes, where the plan has a georeference; `frame=venue` puts the venue's metres beside latitude and longitude 0, one metre being as long there as on the map, for boards without a ground map. A browser may read it from Grafana's address only where `MUSTER_GRAFANA` names that address. Grafana puts a variable into the address of a GeoJSON layer from version 12.1 on; in an older one, write the address into the panel.

**Big screen**: `dashboards/playlist.yaml` lists the boards that take turns.

**The floor** has at most 144 columns and always 96 rows of cells; the first choice of a cell's side is the smallest with which the plan fits. What lies outside is counted on the board and never silently left out. Rows are named y00, y01, … from the south: a row times the side, above the southern edge.

**Personal data**: boards read the views of `schemas/clickhouse/006_views.sql`, which hold posts and roles, no names, passes or plates.
"""
