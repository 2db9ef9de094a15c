"""A small sound plan for tests."""

from __future__ import annotations

from typing import Any

from plan.defaults import AREA_TYPES, LOS


def plan_dict(**changes: Any) -> dict[str, Any]:
    """A hall that is filled by a door, a queue, one camera each, one lane, and the devices of a fire panel."""
    name = {"en": "x", "zh": "某处"}
    return {
        "version": 1,
        "event": {"id": "test", "site": "site", "name": name, "venue": name},
        "extent": [0, 0, 40, 20],
        "phases": [{"id": "entry", "name": {"en": "entry", "zh": "入场"}}],
        "phase": "entry",
        "areas": [{"id": "inside", "name": name, "approved": {"value": 100, "source": "permit of the test"}}],
        "area_types": [dict(row) for row in AREA_TYPES],
        "los": [dict(row) for row in LOS],
        "zones": [
            {"id": "hall", "name": name, "area_type": "standing", "polygon": [[0, 0], [20, 0], [20, 20], [0, 20]], "filled_by": ["door"]},
            {"id": "queue", "name": name, "area_type": "queue", "polygon": [[20, 0], [40, 0], [40, 10], [20, 10]]},
        ],
        "gates": [{"id": "g", "label": "G", "name": name, "at": [20, 10], "area": "inside"}],
        "lines": [{"id": "door", "gate": "g", "a": [22, 5], "b": [22, 8], "camera": "c2"}],
        "cameras": [
            {"id": "c1", "name": name, "at": [0, 0], "owns": [0, 0, 20, 20]},
            {"id": "c2", "name": name, "at": [20, 0], "owns": [20, 0, 40, 20]},
        ],
        "lanes": [{"id": "road", "name": name, "a": [0, 18], "b": [40, 18]}],
        "devices": [
            {"id": "s-1", "kind": "smoke", "at": [1, 2], "zone": "hall"},
            {"id": "p-1", "kind": "panel", "at": [1, 2], "zone": "hall"},
            {"id": "t-1", "kind": "turnstile", "at": [20, 10], "gate": "g"},
            {"id": "v-1", "kind": "vehicle", "at": [0, 18]},
        ],
        **changes,
    }
