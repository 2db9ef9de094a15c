"""A board: rows of panels, laid out on Grafana's 24 columns, numbered, as JSON that does not change by itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as model

from dashboards import links, variables
from dashboards.words import Say

WIDTH: Final = 24
SCHEMA_VERSION: Final = 39


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Panels side by side; their widths make up 24 columns.

    Args:
        height: in units of the grid.
        panels: panel and width.
    """

    height: int
    panels: tuple[tuple[model.Panel, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One board in one language.

    Args:
        key: of its words, and in its uid.
        rows: from the top.
        extra: variables of its own.
        since: the time that it opens with.
    """

    key: str
    rows: tuple[Row, ...]
    extra: tuple[model.VariableModel, ...] = ()
    since: str = "now-1h"

    def uid(self, lang: str) -> str:
        """Stable: links and pushes find the board by it."""
        return f"muster-{self.key}-{lang}"

    def json(self, say: Say) -> str:
        """As Grafana takes it: keys sorted, panels numbered from 1."""
        made = model.Dashboard(
            uid=self.uid(say.lang),
            title=say(f"board.{self.key}"),
            description=say(f"board.{self.key}.help"),
            tags=["muster", say.lang],
            editable=False,
            graph_tooltip=model.DashboardCursorSync.CROSSHAIR,
            time=model.DashboardDashboardTime(from_val=self.since, to="now"),
            timezone="browser",
            refresh="10s",
            schema_version=SCHEMA_VERSION,
            links=[links.boards(say)],
            templating=model.DashboardDashboardTemplating(list_val=[*variables.shared(say), *self.extra]),
            panels=list(self._placed()),
        )
        plain: dict[str, Any] = json.loads(json.dumps(made, cls=JSONEncoder))
        plain["annotations"] = {"list": [_pushed(say), *(_mark(*mark) for mark in variables.marks(say))]}
        return json.dumps(plain, ensure_ascii=False, indent=1, sort_keys=True) + "\n"

    def _placed(self) -> list[model.Panel]:
        panels: list[model.Panel] = []
        top = 0
        for row in self.rows:
            left = 0
            for panel, width in row.panels:
                panel.id_val, panel.grid_pos = len(panels) + 1, model.GridPos(h=row.height, w=width, x=left, y=top)
                panels.append(panel)
                left += width
            if left != WIDTH:
                raise ValueError(f"board {self.key}: a row of {left} columns, expected {WIDTH}")
            top += row.height
        return panels


def _pushed(say: Say) -> dict[str, Any]:
    """The drills that `muster dashboards push --drills` marks in Grafana itself."""
    target = {"type": "tags", "tags": ["muster-drill"], "matchAny": True, "limit": 100}
    source = {"type": "grafana", "uid": "-- Grafana --"}
    return {"datasource": source, "enable": True, "hide": False, "iconColor": variables.DRILL, "name": say("mark.pushed"), "target": target}


def _mark(name: str, color: str, query: Any) -> dict[str, Any]:
    asked = query.to_json()
    return {"datasource": asked["datasource"], "enable": True, "hide": False, "iconColor": color, "name": name, "target": asked}
