"""HMAC-SHA256 over all that a device says, mode included: a drill's reading can never pass for a live one."""

from __future__ import annotations

import hashlib
import hmac
import struct
from dataclasses import replace

from pipelines.events import RawEnvelope


def device_key(mode_key: bytes, device: str) -> bytes:
    """The key of one device in one mode, derived from the mode's key (32 bytes)."""
    return hmac.digest(mode_key, b"device\0" + device.encode(), "sha256")


def _signed_bytes(envelope: RawEnvelope) -> bytes:
    texts = (envelope.site, envelope.device, envelope.boot_id, envelope.topic, envelope.mode)
    head = b"".join(struct.pack(">I", len(raw)) + raw for raw in (text.encode() for text in texts))
    return head + struct.pack(">qqI", envelope.sequence, envelope.event_time_us, envelope.schema_id) + envelope.payload


def sign(envelope: RawEnvelope, key: bytes) -> RawEnvelope:
    """The envelope with its signature. The time of receipt is not the device's word and stays outside."""
    return replace(envelope, hmac=hmac.digest(key, _signed_bytes(envelope), hashlib.sha256))


def is_signed(envelope: RawEnvelope, key: bytes) -> bool:
    """Whether the signature is the device's."""
    return hmac.compare_digest(envelope.hmac, hmac.digest(key, _signed_bytes(envelope), hashlib.sha256))
