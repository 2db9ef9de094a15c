"""Why ALERTS does not do what people ask, in English and Chinese by key. Pure."""

from __future__ import annotations

from typing import Final

from pipelines.words import LEVELS, Pair, Said, fill, word

SENTENCES: Final[dict[str, Pair]] = {
    "no_alert": ("there is no alert {alert}", "没有告警 {alert}"),
    "no_action": ("there is no action '{action}'", "没有“{action}”这一操作"),
    "acknowledged": ("it has been acknowledged already", "该告警已有人知悉"),
    "out_of_turn": ("its work is {work}: {action} needs {possible}", "该告警{work}:{action}须为{possible}"),
    "second_gesture": ("a life-safety alert needs the second gesture", "一类(生命安全)告警须再按一次"),
    "no_post": ("the plan has no post '{post}'", "预案中没有岗位“{post}”"),
    "hold_reason": ("work is put on hold only with a reason", "搁置须写明原因"),
    "choice": ("choice: expected {expected}, got '{got}'", "choice:应为 {expected},实为“{got}”"),
    "clears_itself": ("it does not wait for a person to clear it", "该告警无须人工解除"),
    "collapse_reason": (
        "a suspected collapse is cleared only with a report from the scene as the reason",
        "疑似人群倒伏须以现场报告为原因方可解除",
    ),
    "latched": ("it is latched and active: it must be cleared", "该告警自锁且未消除:须先解除"),
    "no_twin": ("target: expected the alert that it duplicates, got '{got}'", "target:应为与之重复的告警,实为“{got}”"),
    "never_shelved": ("a life-safety alert is never shelved", "一类(生命安全)告警不得暂挂"),
    "over": ("its condition is over", "该告警的状况已消除"),
    "shelve_how": (
        "an alert is shelved only with a reason, and until a time that is to come",
        "暂挂须写明原因,并限定将来的时间",
    ),
    "shelve_long": ("an alert of priority P2 is shelved for {minutes} min at most", "二类告警最多暂挂 {minutes} 分钟"),
    "shelve_role": ("the role '{role}' may not shelve an alert of priority P2", "“{role}”无权暂挂二类告警"),
    "not_shelved": ("it is not shelved", "该告警未暂挂"),
    "not_above": ("choice: expected a level above {level}, got '{got}'", "choice:应高于{level},实为“{got}”"),
    "not_below": ("choice: expected a level below {level}, got '{got}'", "choice:应低于{level},实为“{got}”"),
    "downgrade_reason": ("a level is lowered only with a reason", "降级须写明原因"),
    "still_measured": ("the place is still measured at {level}", "该处实测仍为{level}"),
    "collapse_open": (
        "a suspected collapse is open in this zone: it must be cleared from the scene first",
        "该区域有疑似人群倒伏未解除:须先由现场解除",
    ),
    "lower_role": (
        "a life-safety alert is lowered only by a role that may clear it, with the second gesture",
        "一类(生命安全)告警须由有权解除者再按一次方可降级",
    ),
    "no_zone": ("there is no zone '{zone}' to report of", "没有可报告的区域“{zone}”"),
    "no_kind": ("there is no kind of report '{kind}'; there are {kinds}", "没有“{kind}”这一报告类别;可用:{kinds}"),
    "no_name": ("a report carries a name", "报告须署名"),
}
WORK: Final[dict[str, Pair]] = {
    "new": ("new", "无人受理"),
    "in_progress": ("in_progress", "处置中"),
    "on_hold": ("on_hold", "已搁置"),
    "closed": ("closed", "已结案"),
}
ACTIONS: Final[dict[str, Pair]] = {
    "acknowledge": ("acknowledge", "已知悉"),
    "assign": ("assign", "指派"),
    "hold": ("hold", "搁置"),
    "resume": ("resume", "继续处置"),
    "verify": ("verify", "核实"),
    "clear": ("clear", "解除"),
    "close": ("close", "结案"),
    "shelve": ("shelve", "暂挂"),
    "unshelve": ("unshelve", "取消暂挂"),
    "escalate": ("escalate", "上报升级"),
    "downgrade": ("downgrade", "降级"),
}


def refuse(key: str, **parts: object) -> Said:
    """The sentence of that key, with *parts* in its places."""
    return fill(SENTENCES[key], **parts)


def level(name: str) -> Pair:
    """What a level is called."""
    return word(LEVELS, name)


def works(names: list[str]) -> Pair:
    """What states of the work are called, one or the other."""
    rows = [word(WORK, name) for name in names]
    return " or ".join(en for en, _ in rows), "或".join(zh for _, zh in rows)
