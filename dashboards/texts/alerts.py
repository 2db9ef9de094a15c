"""The alerts board in words: title, what it shows, how to read it, what to do."""

from __future__ import annotations

from typing import Final

PANELS: Final = {
    "open": (
        (
            "Open by level",
            "Alerts that are open now, by their level.",
            "Each with its numeral and word; members of a group count once.",
            "Level I first; the table below has the rest.",
        ),
        ("各等级未结告警", "当前未结告警按等级统计。", "含等级数字与文字;同组只计一次。", "先处理一级;其余见下表。"),
    ),
    "unanswered": (
        (
            "Not acknowledged",
            "Open alerts with a card that nobody has acknowledged.",
            "Zero is the aim at any moment.",
            "Call the post that the table names.",
        ),
        ("未知悉告警", "有卡片而无人知悉的未结告警。", "任何时候目标为零。", "联系表中岗位。"),
    ),
    "oldest": (
        (
            "Longest without an answer",
            "How long the oldest of them has waited.",
            "P1 goes to everyone after 60 s.",
            "Longer than that on P1: the chain of people is broken.",
        ),
        ("最长无应答", "其中等待最久者。", "一类告警60秒后通知所有人。", "一类超过60秒:人员链条中断。"),
    ),
    "table": (
        (
            "Open alerts",
            "Each open alert with rule, place, level, priority, work state and how long it has been open.",
            "Highest level first, then the oldest.",
            "Click the alert for its page at the moment it was raised.",
        ),
        (
            "未结告警列表",
            "每条未结告警的规则、位置、等级、类别、处置状态与持续时间。",
            "等级高者在前,其次时间早者。",
            "点击打开该告警在发生时刻的页面。",
        ),
    ),
    "handling": (
        (
            "Time to acknowledge, arrive and clear",
            "Of alerts by when they were raised, and of orders by when they were issued.",
            "The median is the evening, the 90 % are the ones that hurt.",
            "A rise while the load rises: too few people, or too many cards.",
        ),
        (
            "知悉、到场与解除用时",
            "按发生时间统计的告警与按下达时间统计的指令。",
            "中位数代表总体,90%代表最慢者。",
            "随负荷上升:人手不足或卡片过多。",
        ),
    ),
    "load": (
        (
            "Alarm load",
            "Cards in each ten minutes, with those of P1.",
            "EEMUA 191: one per operator is what a person can work off, ten are a flood.",
            "Above the line for an hour: change the rule that makes most of them.",
        ),
        (
            "告警负荷",
            "每10分钟卡片数及其中一类告警。",
            "EEMUA 191:每人每10分钟一条可处理,十条为洪泛。",
            "持续一小时越线:调整产生最多的规则。",
        ),
    ),
    "levels": (
        (
            "Levels of alerts over time",
            "Each alert that changed in the range: its level while active.",
            "A row begins at its first change in the range.",
            "Look for alerts that come and go: their hold or hysteresis is too small.",
        ),
        ("告警等级变化", "范围内有变化的告警及其等级。", "行自范围内首次变化开始。", "反复出现者:保持时间或回差过小。"),
    ),
    "rules": (
        (
            "Alerts by rule",
            "How many each rule raised, how many were cards, and how many a person found false.",
            "A rule with many false ones costs the trust in all others.",
            "Try other numbers with `muster rules backtest` before changing the plan.",
        ),
        ("各规则告警数", "各规则告警数、卡片数及误报数。", "误报多的规则损害整体可信度。", "修改方案前用 `muster rules backtest` 试算。"),
    ),
    "told": (
        (
            "Who was told when",
            "Each delivery: step, channel, post, what became of it, and how late it was.",
            "Posts, never persons. Late is against the deadline of its step.",
            "A channel that fails again and again is replaced before the next event.",
        ),
        (
            "何时通知了谁",
            "每次送达:步骤、渠道、岗位、结果及逾期。",
            "只有岗位,不含个人。逾期按该步骤时限计算。",
            "反复失败的渠道应在下次活动前更换。",
        ),
    ),
    "orders": (
        (
            "Orders",
            "Each order with its state, the time until somebody was on scene, and whether it had its effect.",
            "An order without effect is a second alarm.",
            "Open the replay at the time it was issued.",
        ),
        ("指令", "每条指令的状态、到场用时与效果。", "无效果的指令等于第二次告警。", "回放到下达时刻。"),
    ),
    "acts": (
        (
            "Acts by role",
            "What was done in which role: acknowledgements, orders, closings.",
            "From the audit, without names.",
            "`muster audit verify` proves that nothing was taken out.",
        ),
        ("各角色操作", "各角色的操作:知悉、下达指令、结案。", "来自审计记录,不含姓名。", "用 `muster audit verify` 证明未被删改。"),
    ),
}
