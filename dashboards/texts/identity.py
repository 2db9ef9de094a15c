"""The identity board in words: title, what it shows, how to read it, what to do."""

from __future__ import annotations

from typing import Final

PANELS: Final = {
    "matched": (
        (
            "Matched",
            "Share of passes in the range that matched.",
            "The standard asks for 95 % right; this counts matches, so strangers at the gate lower it too.",
            "See which gate and kind of credential below.",
        ),
        ("核验通过率", "范围内核验通过的占比。", "标准要求95%正确;此处按通过计,无效来访者也会拉低。", "在下方查看出入口与证件类型。"),
    ),
    "within": (
        (
            "Checked within 1 s",
            "Share of passes that arrived within a second of being presented.",
            "The standard asks for an answer within 1 s.",
            "One gate alone is its network; all gates are the platform.",
        ),
        ("1秒内核验", "出示后1秒内到达的核验占比。", "标准要求1秒内应答。", "单口偏低查网络;全部偏低查平台。"),
    ),
    "alerts": (
        (
            "Pass alerts",
            "Alerts in the range for one pass at two gates, or used twice.",
            "Each wants a manual check, not force.",
            "Send the supervisor; see the alerts board.",
        ),
        ("证件告警", "范围内一证两口或重复使用的告警。", "均应人工核验,不得强制。", "派主管到场;见告警看板。"),
    ),
    "passes": (
        (
            "Passes by outcome",
            "Passes a minute by outcome, over the chosen gates.",
            "No match and refused together are what the manual lane must carry.",
            "Staff the manual lane for their peak.",
        ),
        ("核验结果", "所选出入口每分钟各结果的核验次数。", "不符与拒绝之和即人工通道负荷。", "按其峰值配置人工通道。"),
    ),
    "gates": (
        (
            "Gates",
            "Each gate and kind of credential: passes, matched, checked within 1 s, and the time within which 95 % were.",
            "Compare gates with one another, not with yesterday.",
            "A kind of credential that fails everywhere is a template or a list, not a reader.",
        ),
        ("各口核验", "各口与证件类型:次数、通过率、1秒内占比、95%用时。", "口与口比较。", "某类证件处处失败:模板或名单问题,而非读卡器。"),
    ),
    "turnstiles": (
        (
            "People through each turnstile",
            "Entries and exits of each turnstile, as an hour's rate.",
            "660 an hour is what one carries; one far below its neighbours is broken or unmanned.",
            "Move the queue, or the team.",
        ),
        ("各闸机通过量", "各闸机进出之和,折算为每小时。", "单台能力660人/时;远低于相邻者为故障或无人值守。", "调整队伍或人员。"),
    ),
    "slow": (
        (
            "Time to check",
            "Seconds within which 95 % of passes were checked, by gate.",
            "Below 1 s. Steps are the network; slow growth is the load.",
            "Tell the technician which gate and since when.",
        ),
        ("核验用时", "各口95%核验所用秒数。", "应低于1秒。突变为网络;缓升为负荷。", "告知技术员出入口与开始时间。"),
    ),
}
