"""The line that staff get, in English and Chinese: place - what - level. Pure; the words are those of the list of terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.topics import is_drill

if TYPE_CHECKING:
    from pipelines.events import AlertChange
    from plan.model import Plan

EXERCISE: Final = "EXERCISE 演练"
WHAT: Final = {
    "crowd_density": ("crowding", "拥挤"),
    "fire": ("fire alarm", "火警"),
    "panel_fault": ("fire panel fault", "消防主机故障"),
    "fire_feedback": ("no linkage feedback", "联动反馈未到"),
    "wrong_way": ("vehicle, wrong way", "车辆逆行"),
    "vehicle_towards_people": ("vehicle towards people", "车辆驶向人群"),
    "improper_stop": ("improper stop", "违规停车"),
    "beyond_permit": ("beyond its permit", "超出通行证许可"),
    "speeding": ("vehicle too fast", "车辆超速"),
    "unknown_while_filling": ("unknown, filling", "情况不明,人员进入"),
    "counter_flow": ("counter-flow", "对冲人流"),
    "bottleneck": ("bottleneck", "出口受阻"),
    "queue_wait": ("long wait", "排队过久"),
    "stop_and_go": ("stop-and-go", "走走停停"),
    "growth": ("fast growth", "人群密度快速上升"),
    "standstill_stairs": ("standstill at stairs", "楼梯口停滞"),
    "blind_rising": ("growing, less seen", "密度上升,画面减少"),
    "suspected_collapse": ("suspected collapse", "疑似人群倒伏"),
    "crowd_pressure": ("crowd pressure", "人群压力高"),
    "time_to_act": ("little time to act", "处置时间不足"),
    "cannot_exclude": ("critical not excluded", "不能排除一级"),
    "approved_number": ("approved number", "接近或超过核准人数"),
    "occupancy_residual": ("counts contradict", "人数计数不一致"),
    "camera_health": ("picture stale or frozen", "画面异常"),
}
LEVEL: Final = {
    "watch": ("watch IV", "关注四级"),
    "caution": ("caution III", "注意三级"),
    "warning": ("warning II", "严重二级"),
    "critical": ("critical I", "危急一级"),
    "act_now": ("emergency, act now", "一级立即处置"),
}
CLEARED: Final = ("cleared", "解除")
UNVERIFIED: Final = ("UNVERIFIED", "未核实")


def line(change: AlertChange, plan: Plan) -> dict[str, str]:
    """Language → one line for *change*; a drill's line begins with the exercise mark."""
    place = _place(change.place, plan)
    what = WHAT.get(change.rule, (change.rule, change.rule))
    level = CLEARED if change.condition == "cleared" else LEVEL.get(change.level, (change.level, change.level))
    mark = [(EXERCISE, EXERCISE)] if is_drill(change.mode) else []
    parts = [*mark, place, what, level, *([] if change.verified else [UNVERIFIED])]
    return {"en": " – ".join(en for en, _ in parts), "zh": ",".join(zh for _, zh in parts)}


def _place(place: str, plan: Plan) -> tuple[str, str]:
    gates = {gate.id: gate.name for gate in plan.gates}
    named = {line.id: gates[line.gate] for line in plan.lines}
    named |= {
        part.id: part.name for parts in (plan.cameras, plan.lanes, plan.restricted, plan.areas, plan.gates, plan.zones) for part in parts
    }
    return (named[place].en, named[place].zh) if place in named else (place, place)
