"""`docs/dashboards.md`: each board and panel in words, from the same texts as the boards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dashboards.texts.common import PAGE_HEAD
from dashboards.words import PANELS, Say

_EN: Final = Say("en")
_ZH: Final = Say("zh")


def page(boards: Sequence[str]) -> str:
    """The whole page."""
    parts = [PAGE_HEAD.strip()]
    for key in boards:
        parts.append(f"## {_EN(f'board.{key}')} · {_ZH(f'board.{key}')}\n{_EN(f'board.{key}.help')}")
        parts += [_panel(name) for name in PANELS if name.startswith(f"{key}.")]
    return "\n\n".join(parts) + "\n"


def _panel(name: str) -> str:
    about = _EN.about(name)
    lines = (f"- **Shows** {about.shows}", f"- **Read it** {about.reads}", f"- **Then** {about.acts}")
    return "\n".join((f"### {about.title} · {_ZH.about(name).title}", *lines))
