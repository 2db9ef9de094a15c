"""A plan with some of its numbers changed, as `north.warning=3.5` says it; for trying them on a recording."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import yaml

from pipelines.errors import ConfigError
from pipelines.levels import LEVELS
from plan.load import parse
from plan.model import Plan

_SOURCE: Final = "tried on a recording"


def changed(plan: Plan, sets: Iterable[str]) -> Plan:
    """*plan* with each `ZONE.LEVEL=value`, `AREA-TYPE.LEVEL=value` or `path.to.key=value`; things in lists go by their id.

    Raises:
        ConfigError: there is no such number, or the plan is not sound with it.
    """
    plain = plan.model_dump(mode="json")
    for text in sets:
        path, sign, value = text.partition("=")
        if not sign or not path.strip():
            raise ConfigError(f"'{text}': expected PATH=VALUE, e.g. north.warning=3.5")
        _set(plain, path.strip().split("."), yaml.safe_load(value))
    return parse(plain, name="with " + ", ".join(sets))


def _set(plain: dict[str, Any], path: list[str], value: Any) -> None:
    if len(path) == 2 and path[1] in LEVELS:
        zone = next((row for row in plain["zones"] if row["id"] == path[0]), None)
        kind = next((row for row in plain["area_types"] if row["id"] == path[0]), None)
        if zone is not None:
            zone["ladder"] = {"source": _SOURCE, **(zone["ladder"] or {}), path[1]: value}
            return
        if kind is not None:
            kind["ladder"][path[1]] = value
            return
        known = ", ".join(row["id"] for row in (*plain["zones"], *plain["area_types"]))
        raise ConfigError(f"'{'.'.join(path)}': there is no zone or area type '{path[0]}' ({known})")
    here: Any = plain
    for step in path[:-1]:
        here = _inside(here, step, path)
    if not isinstance(here, dict) or path[-1] not in here:
        raise ConfigError(f"'{'.'.join(path)}': the plan has no such number{_choice(here)}")
    here[path[-1]] = value


def _inside(here: Any, step: str, path: list[str]) -> Any:
    if isinstance(here, dict) and step in here:
        return here[step]
    if isinstance(here, list):
        for row in here:
            if isinstance(row, dict) and row.get("id") == step:
                return row
    raise ConfigError(f"'{'.'.join(path)}': there is no '{step}'{_choice(here)}")


def _choice(here: Any) -> str:
    names = list(here) if isinstance(here, dict) else [row["id"] for row in here if "id" in row] if isinstance(here, list) else []
    return f" ({', '.join(map(str, names[:40]))})" if names else ""
