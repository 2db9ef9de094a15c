"""The texts of a message in English and Chinese: staff radio (place - what - level - do - reply) and screen. Pure.

A radio text has at most twenty Chinese characters; the exercise mark of a drill comes on top.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final

from pipelines.dispatch.words import AS_BEFORE, AT_ONCE, LOOK, RADIO, RADIO_LEVEL, REPEAT, REPEAT_BACK, RETRACTED, VERIFY
from pipelines.messages import Texts
from pipelines.topics import is_drill
from plan.words import RADIO_CHARACTERS, forbidden_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.events import AlertChange
    from plan.actions import Action
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
    "camera_resolution": ("picture below 1080p", "画面低于1080p"),
    "gas": ("gas alarm", "气体报警"),
    "pass_back": ("pass handed back", "证件回传使用"),
    "pass_two_gates": ("pass at two gates", "同证两口使用"),
    "equivocation": ("device contradicts itself", "设备数据自相矛盾"),
    "device_silent": ("device silent", "设备失联"),
    "link_loss": ("link lost", "链路中断"),
    "human_report": ("report from people", "人工报告"),
    "breach": ("breach", "越界闯入"),
    "mass_running": ("mass running", "人群奔跑"),
    "loitering": ("loitering", "长时间逗留"),
    "person_down": ("somebody lies still", "有人倒地不动"),
    "camera_doubtful": ("picture contradicts people", "画面与人工报告不符"),
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
AT_LEAST: Final = ("at least, people hide each other", "仅为下限,人群相互遮挡")
Pair = tuple[str, str]


def texts(change: AlertChange, plan: Plan, *, retracted: bool = False) -> dict[str, Texts]:
    """Language → the texts for *change*; those of a drill begin with the exercise mark.

    Args:
        change: what is told.
        plan: names the places.
        retracted: the alert was false, or it was sent by mistake.
    """
    radio = _alert_radio(change, plan, retracted=retracted)
    screen = line(change, plan, retracted=retracted)
    return {
        "en": Texts(radio=_marked(radio[0], change.mode, " – "), screen=screen["en"]),
        "zh": Texts(radio=_marked(radio[1], change.mode, ","), screen=screen["zh"]),
    }


def line(change: AlertChange, plan: Plan, *, retracted: bool = False) -> dict[str, str]:
    """Language → one line for the screen: place - what - level, and what makes it doubtful."""
    level = LEVEL.get(change.level, (change.level, change.level))
    if retracted or change.condition == "cleared":
        level = RETRACTED if retracted else CLEARED
    mark = [(EXERCISE, EXERCISE)] if is_drill(change.mode) else []
    what = WHAT.get(change.rule, (change.rule, change.rule))
    least = [AT_LEAST] if change.at_least and change.condition != "cleared" and not retracted else []
    parts = [*mark, place_name(change.place, plan), what, level, *([] if change.verified else [UNVERIFIED]), *least]
    return {"en": " – ".join(en for en, _ in parts), "zh": ",".join(zh for _, zh in parts)}


def order_texts(action: Action, place: str, plan: Plan, *, mode: str, seen: Pair = ("", "")) -> dict[str, Texts]:
    """Language → the texts of a prepared order; the screen's says what is *seen* at the place that it sends people to."""
    name = place_name(place, plan)
    do = (action.text.en.replace("{place}", name[0]), action.text.zh.replace("{place}", name[1]))
    return free_texts(do, place, plan, mode=mode, seen=seen, public=(action.public.en, action.public.zh) if action.public else ("", ""))


def free_texts(do: Pair, place: str, plan: Plan, *, mode: str, seen: Pair = ("", ""), public: Pair = ("", "")) -> dict[str, Texts]:
    """Language → the texts of an order in the words *do*."""
    radio = radio_text([[row] for row in names(place, plan)], [[do, REPEAT_BACK], [do]])
    made = {}
    for number, (language, between) in enumerate((("en", " – "), ("zh", ","))):
        screen = between.join(part for part in (place_name(place, plan)[number], do[number], seen[number]) if part)
        made[language] = Texts(
            radio=_marked(radio[number], mode, between),
            screen=_marked(screen, mode, between),
            public=_marked(public[number], mode, between) if public[number] else "",
        )
    return made


def outline(place: str, plan: Plan) -> tuple[tuple[float, float], ...]:
    """(latitude, longitude) of the zone or restricted area, closed; empty where the plan has no georeference, or the place no outline."""
    found = plan.outlined.get(place, ())
    return plan.georeference.outline(found) if plan.georeference is not None else ()


def place_name(place: str, plan: Plan) -> Pair:
    """English and Chinese name of a place; its id where the plan has none."""
    found = plan.places.get(place)
    return (found.en, found.zh) if found is not None else (place, place)


def names(place: str, plan: Plan) -> list[Pair]:
    """The names of a place for the radio, the long one first."""
    short = plan.short.get(place)
    return [place_name(place, plan), *([(short.en, short.zh)] if short is not None else [])]


def radio_text(begin: Sequence[Sequence[Pair]], end: Sequence[Sequence[Pair]]) -> Pair:
    """The fullest of the texts *begin* + *end* that has at most twenty Chinese characters.

    A short name is better than fewer words; where nothing fits, the last and shortest one is cut at its end, never at its place.
    """
    made = [[*first, *rest] for rest, first in product(end, begin)]
    fitting = next((parts for parts in made if fits(parts)), made[-1])
    return " – ".join(en for en, _ in fitting if en), ",".join(zh for _, zh in fitting if zh)[:RADIO_CHARACTERS]


def fits(parts: Sequence[Pair]) -> bool:
    """Whether the Chinese text has at most twenty characters, its commas included."""
    return len(",".join(zh for _, zh in parts if zh)) <= RADIO_CHARACTERS


def too_long(plan: Plan, rules: Sequence[str] = tuple(WHAT)) -> list[str]:
    """A sentence for each place whose name is too long for the radio in some rule and level, and for each order's words."""
    wrong = []
    for place in plan.places:
        shortest = names(place, plan)[-1]
        said = [[shortest, *_endings(rule, level, verified=sure)[1]] for rule, level, sure in product(rules, LEVEL, (True, False))]
        over = max(len(",".join(zh for _, zh in parts)) for parts in said) - RADIO_CHARACTERS
        if over > 0:
            wrong.append(
                f"short: '{place}' ({shortest[1]}) makes a radio text of {RADIO_CHARACTERS + over} characters, at most {RADIO_CHARACTERS}: "
                f"give it a short Chinese name that is {over} shorter"
            )
    most = RADIO_CHARACTERS - _LONGEST_PLACE - len(REPEAT_BACK[1]) - 2
    return wrong + [
        f"action '{action.id}': its Chinese text has {len(action.text.zh)} characters, at most {most} on the radio"
        for action in plan.actions
        if len(action.text.zh) > most
    ]


_LONGEST_PLACE: Final = 6


def forbidden(texts_by_language: dict[str, Texts]) -> tuple[str, ...]:
    """Words in the texts that no text may use."""
    found = [word for row in texts_by_language.values() for text in (row.radio, row.screen, row.public) for word in forbidden_in(text)]
    return tuple(dict.fromkeys(found))


def _alert_radio(change: AlertChange, plan: Plan, *, retracted: bool) -> Pair:
    begin = [[name] for name in names(change.place, plan)]
    if retracted or change.condition == "cleared":
        what = _what(change.rule)
        over = RETRACTED if retracted else CLEARED
        return radio_text(begin, [[what, over, AS_BEFORE, REPEAT_BACK], [what, over, REPEAT_BACK], [what, over]])
    return radio_text(begin, _endings(change.rule, change.level, verified=change.verified))


def _what(rule: str) -> Pair:
    en, zh = WHAT.get(rule, (rule, rule))
    return en, RADIO[rule][0] if rule in RADIO else zh


def _endings(rule: str, level: str, *, verified: bool) -> list[list[Pair]]:
    """What follows the place, the fullest that may be needed first; at the highest level 'at once' goes before what to do."""
    what, number = _what(rule), RADIO_LEVEL.get(level, (level, level))
    do = RADIO[rule][1] if rule in RADIO else LOOK
    said = (f"{what[0]} {number[0]}", what[1] + number[1])
    if not verified:
        said, do = (f"{said[0]} {UNVERIFIED[0]}", said[1] + UNVERIFIED[1]), VERIFY
    elif level == "act_now":
        now = (AT_ONCE[0] + do[0], AT_ONCE[1] + do[1])
        return [[said, now, REPEAT_BACK], [said, now, REPEAT], [said, now]]
    return [[said, do, REPEAT_BACK], [said, do, REPEAT], [said, do]]


def _marked(text: str, mode: str, between: str) -> str:
    return f"{EXERCISE}{between}{text}" if is_drill(mode) else text
