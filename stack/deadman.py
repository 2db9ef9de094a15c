"""Judges the dead man's switch: from what was sent and what came back, whether the path from sensor to people lives. Pure.

`now_us` is a monotonic clock throughout, so that a step of the wall clock neither hides a dead path nor invents one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from pipelines.events import ProbePassed
from pipelines.probe import STAGES
from pipelines.units import US_PER_S

State = Literal["starting", "ok", "degraded", "down"]
SEND_EVERY_US: Final = 5 * US_PER_S
LATE_US: Final = 8 * US_PER_S  # with one event each 5 s, a dead stage is called out within 13 s
STALLED_US: Final = 4 * US_PER_S  # with one event each 5 s, a clock that stands still is called out within 9 s
GRACE_US: Final = 90 * US_PER_S  # for the first event, and for the first windows: Flink compiles its programs
PATH_PARTS: Final = frozenset({"supervisor", "kafka", *STAGES})  # without one of them nothing passes
_KEPT: Final = 100
_NAMES_ZH: Final = {"ingest": "接入", "alerts": "告警", "dispatch": "分发", "": "无"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How the path fares.

    Args:
        state: `down` when life safety may not reach people; `degraded` when the path lives, but something beside it does not.
        stage: the stage that the last synthetic event has passed; empty if none.
        sentence_en, sentence_zh: what is wrong; empty if nothing.
    """

    state: State
    stage: str = ""
    sentence_en: str = ""
    sentence_zh: str = ""


@dataclass(slots=True)
class _Event:
    sent_us: int
    stages: set[str] = field(default_factory=set)


class Judge:
    """Keeps the synthetic events that are under way.

    Args:
        began_us: when the watch began, by the monotonic clock.
        clocked: whether the mode's event time is the wall clock, so that its age can be judged.
    """

    def __init__(self, began_us: int, *, clocked: bool = True) -> None:
        """Nothing was sent."""
        self._began_us, self._clocked = began_us, clocked
        self._under_way: dict[int, _Event] = {}
        self._whole = -1
        self._was_in_time = False
        self._behind_us = -1
        self._problems: dict[str, str] = {}
        self.passed_stage = ""

    def sent(self, sequence: int, now_us: int) -> None:
        """The event *sequence* was sent."""
        self._under_way[sequence] = _Event(now_us)
        while len(self._under_way) > _KEPT:
            del self._under_way[min(self._under_way)]

    def passed(self, word: ProbePassed) -> None:
        """A stage said that an event has passed it. Events of another watch are not ours to judge."""
        event = self._under_way.get(word.sequence)
        if event is None or word.stage not in STAGES:
            return
        event.stages.add(word.stage)
        self.passed_stage = word.stage
        self._problems[word.stage] = word.problem
        if word.stage == "alerts":
            self._behind_us = word.at_us - word.clock_us if word.clock_us >= 0 else -1
            self._was_in_time = self._was_in_time or 0 <= self._behind_us <= STALLED_US
        if event.stages.issuperset(STAGES):
            self._whole = max(self._whole, word.sequence)
            self._under_way = {number: kept for number, kept in self._under_way.items() if number > self._whole}

    def verdict(self, now_us: int, *, wrong: Sequence[str] = (), alone: bool = False) -> Verdict:
        """The judgement now.

        Args:
            now_us: the monotonic clock.
            wrong: names of parts that do not run.
            alone: the supervisor of the machine is gone.
        """
        if alone:
            return self._down("the supervisor is gone: every part ends with it", "监管进程已退出,所有部件随之停止")
        began = now_us - self._began_us
        if self._whole < 0 and began <= GRACE_US:
            return Verdict(state="starting", stage=self.passed_stage)
        found = self._held(wrong) or self._late(now_us) or self._stalled(began)
        if found is not None:
            return found
        problems = "; ".join(f"{stage}: {problem}" for stage, problem in self._problems.items() if problem)
        if wrong or problems:
            parts = ", ".join(wrong)
            return Verdict(
                state="degraded",
                stage=self.passed_stage,
                sentence_en="; ".join(filter(None, (f"not running: {parts}" if parts else "", problems))),
                sentence_zh=";".join(filter(None, (f"未运行:{parts}" if parts else "", problems))),
            )
        return Verdict(state="ok", stage=self.passed_stage)

    def _held(self, wrong: Sequence[str]) -> Verdict | None:
        """A part of the path that is seen not to run is called out before its event is missed."""
        parts = ", ".join(name for name in wrong if name in PATH_PARTS)
        return self._down(f"not running: {parts}", f"未运行:{parts}") if parts else None

    def _late(self, now_us: int) -> Verdict | None:
        late = [event for _, event in sorted(self._under_way.items()) if now_us - event.sent_us > LATE_US]
        if not late:
            return None
        passed = [stage for stage in STAGES if stage in late[0].stages]
        missing = next(stage for stage in STAGES if stage not in late[0].stages)
        last, age_s = passed[-1] if passed else "", (now_us - late[0].sent_us) // US_PER_S
        return self._down(
            f"no sign of life from {missing} for {age_s} s; the last stage passed is {last or 'none'}",
            f"{_NAMES_ZH[missing]}环节 {age_s} 秒无响应;最后通过的环节:{_NAMES_ZH[last]}",
            stage=last,
        )

    def _stalled(self, began_us: int) -> Verdict | None:
        if not self._clocked or (not self._was_in_time and began_us <= GRACE_US):
            return None
        if self._behind_us < 0:
            return self._down("no window of measures has ended yet: ticks or Flink stand still", "尚无任何测量窗口结束:时钟或流计算停滞")
        if self._behind_us <= STALLED_US:
            return None
        behind_s = self._behind_us // US_PER_S
        return self._down(
            f"measures stand still: windows are {behind_s} s behind; ticks or Flink do not go on",
            f"测量停滞:窗口落后 {behind_s} 秒;时钟或流计算未推进",
            stage="alerts",
        )

    def _down(self, en: str, zh: str, *, stage: str | None = None) -> Verdict:
        return Verdict(state="down", stage=self.passed_stage if stage is None else stage, sentence_en=en, sentence_zh=zh)
