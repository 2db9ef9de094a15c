"""What rules go by: the plan, what is remembered, and which alerts are open. They read it, and write only into their own `Watch`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from pipelines.outlook.traces import Memory
from pipelines.rules.ground import Ground
from pipelines.rules.watch import Watch


class OpenAlert(Protocol):
    """What rules ask of an open alert; its fields are those of `Evidence` and of its life."""

    @property
    def key(self) -> tuple[str, str]:
        """The rule, and the subject or else the place."""

    @property
    def rule(self) -> str: ...  # noqa: D102 - a field
    @property
    def place(self) -> str: ...  # noqa: D102 - a field
    @property
    def unit(self) -> str: ...  # noqa: D102 - a field
    @property
    def start_us(self) -> int: ...  # noqa: D102 - a field
    @property
    def measured_level(self) -> str: ...  # noqa: D102 - a field
    @property
    def latched(self) -> bool: ...  # noqa: D102 - a field
    @property
    def x_m(self) -> float: ...  # noqa: D102 - a field
    @property
    def y_m(self) -> float: ...  # noqa: D102 - a field


class Facts(Protocol):
    """Everything that a rule may look at.

    Attributes:
        plan: the event plan (plan.model.Plan), in its present phase.
        ground: the same, worked out for rules.
        memory: the last minutes.
        watch: what the rules themselves remember.
    """

    plan: Any
    ground: Ground
    memory: Memory
    watch: Watch

    def open_alert(self, rule: str, place: str) -> OpenAlert | None:
        """The alert that is open for (rule, place), or (rule, subject)."""

    def open_alerts(self, *wanted: str) -> Sequence[OpenAlert]:
        """All that are open for these rules, by rule and place."""
