"""What is different between what stands in Grafana and what we would put there, in lines that a person can read. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from connectors.clean import clean

_MOST_VALUE: Final = 70
_NAMING: Final = ("uid", "title", "name", "refId", "id")
_ABSENT: Final = object()


def digest(model: Any) -> str:
    """Twelve hex digits that stand for *model*, whatever the order of its keys."""
    text = json.dumps(model, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def lines(theirs: Any, ours: Any, *, most: int = 20, more: bool = True) -> list[str]:
    """One line for each place that differs, `place: theirs → ours`, at most *most* and a count of the rest.

    With *more*, what only *theirs* has is a difference too; servers add defaults.
    """
    found = [f"{place or 'all'}: {_shown(old)} → {_shown(new)}" for place, old, new in _apart("", theirs, ours, more=more)]
    return found if len(found) <= most else [*found[:most], f"… and {len(found) - most} more"]


def _apart(place: str, theirs: Any, ours: Any, *, more: bool) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(theirs, Mapping) and isinstance(ours, Mapping):
        for key in [*ours, *(sorted(set(theirs) - set(ours)) if more else [])]:
            yield from _apart(f"{place}.{key}" if place else str(key), theirs.get(key, _ABSENT), ours.get(key, _ABSENT), more=more)
    elif isinstance(theirs, list) and isinstance(ours, list):
        for index in range(max(len(theirs), len(ours))):
            old = theirs[index] if index < len(theirs) else _ABSENT
            new = ours[index] if index < len(ours) else _ABSENT
            yield from _apart(f"{place}[{_called(old, new, index)}]", old, new, more=more)
    elif theirs != ours or (isinstance(theirs, bool) != isinstance(ours, bool)):
        yield place, theirs, ours


def _called(old: Any, new: Any, index: int) -> str:
    """What an item of a list is called: its name where it has one, else its number."""
    for item in (new, old):
        if isinstance(item, Mapping):
            for key in _NAMING:
                if isinstance(item.get(key), str) and item[key]:
                    return clean(item[key], most=40)
    return str(index)


def _shown(value: Any) -> str:
    if value is _ABSENT:
        return "nothing"
    return clean(json.dumps(value, ensure_ascii=False, sort_keys=True), most=_MOST_VALUE)
