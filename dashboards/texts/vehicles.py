"""The vehicles board in words: title, what it shows, how to read it, what to do."""

from __future__ import annotations

from typing import Final

PANELS: Final = {
    "towards": (
        (
            "Towards people",
            "Vehicles whose path met a walking area, in the range.",
            "Level I: one is an alarm.",
            "Stop it: barrier and guards; then open the replay from the table.",
        ),
        ("冲向人群", "范围内路径与人行区域相交的车辆。", "一级:有一即告警。", "立即拦停;再由下表回放。"),
    ),
    "wrong_way": (
        (
            "Wrong way",
            "Vehicles that went back along their lane, in the range.",
            "Level II each.",
            "See the lane in the table: one lane again and again wants a sign or a barrier.",
        ),
        ("逆行", "范围内沿车道逆行的车辆。", "每次为二级。", "见表中车道:反复出现应设标志或道闸。"),
    ),
    "nearest": (
        (
            "Nearest to people",
            "The smallest distance from a vehicle with evidence to a walking area, in the range.",
            "Empty where no vehicle was on its way to one.",
            "Compare with the barrier's place.",
        ),
        ("距人群最近", "范围内有证据车辆到人行区域的最小距离。", "无车驶向人群则为空。", "与道闸位置比较。"),
    ),
    "events": (
        (
            "Evidence by kind",
            "Evidence about vehicles in each step of time, by kind.",
            "What it was, not how bad: the alerts board has the levels.",
            "Compare evenings at the same phase.",
        ),
        ("各类车辆证据", "每个时间段的车辆证据,按类型。", "表示类型而非严重程度:等级见告警看板。", "按相同阶段比较各晚。"),
    ),
    "table": (
        (
            "Vehicle evidence",
            "Each piece of evidence: when, what, where, how fast, how far from people.",
            "No plates: those stay with the alert and its rights.",
            "Click the time for the replay.",
        ),
        ("车辆证据列表", "每条证据的时间、类型、位置、车速、距人群距离。", "不含车牌:车牌随告警及权限。", "点击时间回放。"),
    ),
    "fastest": (
        (
            "Fastest by lane",
            "The fastest vehicle of each lane, in steps of ten seconds.",
            "Walking pace is 5 km/h; above 15 km/h among people is life safety.",
            "A lane that is fast at the same hour wants a person or a bump.",
        ),
        (
            "各车道最高车速",
            "每10秒各车道最快车辆。",
            "步行速度5公里/时;人群中超过15公里/时危及生命。",
            "固定时段偏快的车道应派人或设减速带。",
        ),
    ),
    "count": (
        (
            "Vehicles by lane",
            "Vehicles seen on each lane, in steps of ten seconds.",
            "More than the road plan expects is a way that drivers found.",
            "Compare with the permits of the plan.",
        ),
        ("各车道车辆数", "每10秒各车道车辆数。", "超出预期说明司机另辟路线。", "与方案许可比较。"),
    ),
}
