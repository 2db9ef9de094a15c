"""Readings in signed envelopes, as the panel's own devices would send them: INGEST treats them as any device's. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from pipelines.codec import encode_body, schema_id
from pipelines.events import RawEnvelope, SensorFire
from pipelines.ingest.signing import device_key, sign  # a device signs with the code that INGEST checks with

TOPIC = "sensor.fire"


@dataclass(slots=True, kw_only=True)
class Seal:
    """Numbers and signs readings for each device.

    Args:
        site, mode: of the plan and the process; both are under the signature.
        mode_key: device keys are derived from it.
        boot_id: another at each start, so that numbers never repeat.
    """

    site: str
    mode: str
    mode_key: bytes = field(repr=False)
    boot_id: str
    _next: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def seal(self, reading: SensorFire) -> RawEnvelope:
        """The reading's envelope; the broker's append time is when it was received."""
        sequence = self._next[reading.device]
        self._next[reading.device] = sequence + 1
        envelope = RawEnvelope(
            site=self.site,
            device=reading.device,
            boot_id=self.boot_id,
            sequence=sequence,
            event_time_us=reading.event_time_us,
            received_us=0,
            topic=TOPIC,
            mode=self.mode,
            schema_id=schema_id(SensorFire),
            payload=encode_body(reading),
            hmac=b"",
        )
        return sign(envelope, device_key(self.mode_key, reading.device))
