"""Readings of a device in signed envelopes, as they leave it."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import replace
from typing import Any

from pipelines.codec import encode_body, schema_id
from pipelines.events import RawEnvelope
from pipelines.ingest.signing import device_key, sign

_DEVICES = uuid.uuid5(uuid.NAMESPACE_URL, "muster:devices")


class Sealer:
    """Seals readings: numbers them since the start of the device, and signs them with the device's key."""

    def __init__(self, *, site: str, mode: str, mode_key: bytes, boot_us: int) -> None:
        """All devices start at *boot_us*; a later start gives other boot ids, so that numbers never repeat."""
        self._site, self._mode, self._mode_key, self._boot_us = site, mode, mode_key, boot_us
        self._sequences: dict[str, int] = defaultdict(int)

    def seal(self, reading: Any, *, topic: str) -> RawEnvelope:
        """The reading's envelope for *topic* (without mode); its time of receipt is not yet known."""
        device = reading.device
        sequence = self._sequences[device]
        self._sequences[device] = sequence + 1
        envelope = RawEnvelope(
            site=self._site,
            device=device,
            boot_id=str(uuid.uuid5(_DEVICES, f"{self._site}/{device}/{self._boot_us}")),
            sequence=sequence,
            event_time_us=reading.event_time_us,
            received_us=0,
            topic=topic,
            mode=self._mode,
            schema_id=schema_id(type(reading)),
            payload=encode_body(reading),
            hmac=b"",
        )
        return sign(envelope, device_key(self._mode_key, device))


def badly_signed(envelope: RawEnvelope) -> RawEnvelope:
    """The envelope with a signature that is not its device's."""
    return replace(envelope, hmac=bytes(byte ^ 0xFF for byte in envelope.hmac))
