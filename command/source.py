"""What the page is served from: modes with their plans and pictures, and a way to send a command."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from command.order_book import OrderBook
from pipelines.errors import ConfigError
from pipelines.events import AlertChange, AlertCommand, CameraPreview, LinkageRequest, OrderCommand
from pipelines.topics import check_mode, is_drill
from plan.model import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """One running or ended mode, as the stack tells of it.

    Args:
        mode: live or drill-<id>.
        plan: its plan file.
        title_en, title_zh: what people call it.
        state: running | ended.
        since_us: when it was started.
        clock: wall, or player for a played stream.
    """

    mode: str
    plan: Path
    title_en: str
    title_zh: str
    state: Literal["running", "ended"]
    since_us: int
    clock: Literal["wall", "player"]

    def told(self) -> dict[str, Any]:
        """The mode for the page's list."""
        return {
            "mode": self.mode,
            "exercise": is_drill(self.mode),
            "title": {"en": self.title_en, "zh": self.title_zh},
            "state": self.state,
            "since_us": self.since_us,
            "clock": self.clock,
        }


def parse_mode(text: str, *, name: str) -> Mode:
    """The mode in a file's *text*.

    Raises:
        ConfigError: not JSON, or not what the stack writes.
    """
    try:
        row = json.loads(text)
        title = row.get("title") or {}
        made = Mode(
            mode=check_mode(row["mode"]),
            plan=Path(row["plan"]),
            title_en=str(title.get("en") or row["mode"]),
            title_zh=str(title.get("zh") or row["mode"]),
            state=row.get("state", "running"),
            since_us=int(row.get("since_us", 0)),
            clock=row.get("clock", "wall"),
        )
    except (ValueError, KeyError, TypeError, AttributeError, ConfigError) as error:
        raise ConfigError(f"{name}: is no mode file: {type(error).__name__}: {error}") from error
    if made.state not in ("running", "ended") or made.clock not in ("wall", "player"):
        raise ConfigError(f"{name}: expected state running|ended and clock wall|player, got {made.state} and {made.clock}")
    return made


class Source(Protocol):
    """Where the page's pictures come from."""

    def modes(self) -> list[Mode]:
        """Modes that can be shown, live first."""

    def plan(self, mode: str) -> Plan | None:
        """The plan of a mode; None when there is no such mode."""

    def snapshot(self, mode: str) -> str | None:
        """The mode's picture now, as JSON text; None when there is no such mode."""

    def alert(self, mode: str, alert_id: str) -> AlertChange | None:
        """The newest change of an alert's condition."""

    def preview(self, mode: str, camera: str) -> CameraPreview | None:
        """The newest preview picture of a camera."""

    def orders(self, mode: str) -> OrderBook:
        """The orders of a mode; empty when there is no such mode."""

    def send(self, mode: str, command: AlertCommand | OrderCommand) -> None:
        """Send a command to ALERTS, or one about an order to DISPATCH; TransientError when the broker does not take it."""

    def ask_panel(self, mode: str, gesture: LinkageRequest) -> None:
        """Send a gesture to LINKAGE; TransientError when the broker does not take it."""

    def now_us(self) -> int:
        """Wall clock, µs UTC."""
