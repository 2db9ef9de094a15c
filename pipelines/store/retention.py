"""Which tier each table belongs to, and for how many hours it is kept. Pure."""

from __future__ import annotations

from typing import Final

from pipelines.store.tables import TABLES
from plan.recording import Recording
from plan.retention import Retention

TIERS: Final = {
    "frames_h": ("camera_frames", "crowd_zones", "crowd_late"),
    "positions_days": ("positions",),
    "grid_days": ("crowd_cells", "grid_10s"),
    "measures_days": ("zone_seconds", "line_seconds", "area_seconds", "crowd_forecast", "crowd_queue", "crowd_balance"),
    "readings_days": (
        *("vehicle_tracks", "vehicle_events", "sensor_turnstile", "sensor_identity", "sensor_fire", "sensor_vehicle"),
        *("camera_health", "camera_events"),
    ),
    "platform_days": ("recorder_state", "stage_health", "ledger_ingest", "deadletter_ingest", "deadletter_stages"),
    "response_days": ("alerts_changes", "dispatch_receipts", "orders_changes", "linkage_changes", "audit_log", "audit_roots"),
}
VIDEO_INDEX: Final = "video_segments"  # as long as the video itself
_DAY_H: Final = 24


def hours(retention: Retention, recording: Recording | None = None) -> dict[str, int]:
    """Table → hours that its rows are kept after the broker took them in."""
    kept = {
        table: int(getattr(retention, key)) * (1 if key.endswith("_h") else _DAY_H) for key, tables in TIERS.items() for table in tables
    }
    kept[VIDEO_INDEX] = (recording or Recording()).video_days * _DAY_H
    assert kept.keys() == TABLES.keys(), "every table belongs to a tier"
    return kept


def floors() -> dict[str, int]:
    """Table → hours below which no plan may go: those of a plan that says nothing."""
    return hours(Retention())
