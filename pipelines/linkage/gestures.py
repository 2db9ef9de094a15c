"""Press and hold: how a person asks for an output. Two signed gestures of one request, two seconds apart. Pure."""

from __future__ import annotations

import hashlib
import hmac
import struct
from dataclasses import dataclass, field, replace
from typing import Final

from pipelines.events import LinkageRequest
from pipelines.units import MICRO

PRESS: Final = "press"
HELD: Final = "held"
RELEASE: Final = "release"
GESTURES: Final = (PRESS, HELD, RELEASE)
HOLD_US: Final = 2 * MICRO
LONGEST_HOLD_US: Final = 10 * MICRO
_WAITING: Final = 1000
_TEXTS: Final = ("request_id", "mode", "site", "equipment", "gesture", "actor", "actor_role", "alert_id", "reason", "plan")


def request_key(mode_key: bytes) -> bytes:
    """The key that gestures of a mode are signed with, derived from the mode's key (32 bytes)."""
    return hmac.digest(mode_key, b"linkage-request\0", "sha256")


def _signed_bytes(row: LinkageRequest) -> bytes:
    raws = [getattr(row, name).encode("utf-8", "surrogatepass") for name in _TEXTS]
    return b"".join(struct.pack(">I", len(raw)) + raw for raw in raws) + struct.pack(">q", row.received_us)


def sign(row: LinkageRequest, mode_key: bytes) -> LinkageRequest:
    """The gesture with the signature of its entry point."""
    return replace(row, hmac=hmac.digest(request_key(mode_key), _signed_bytes(row), hashlib.sha256))


def is_signed(row: LinkageRequest, mode_key: bytes) -> bool:
    """Whether the mode's entry point signed it."""
    return hmac.compare_digest(row.hmac, hmac.digest(request_key(mode_key), _signed_bytes(row), hashlib.sha256))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """What is there of a request when its second gesture has come; without a first one where it was released, or never came."""

    press: LinkageRequest | None
    held: LinkageRequest


@dataclass(slots=True)
class Gestures:
    """First gestures that wait for their second."""

    _pressed: dict[str, LinkageRequest] = field(default_factory=dict)

    def take(self, row: LinkageRequest) -> Hold | None:
        """Take a gesture; the hold that it ends, if it does. What lets go is never doubted: it needs no check."""
        if row.gesture == PRESS:
            self._pressed[row.request_id] = row
            while len(self._pressed) > _WAITING:
                del self._pressed[next(iter(self._pressed))]
            return None
        press = self._pressed.pop(row.request_id, None)
        return Hold(press=press, held=row) if row.gesture != RELEASE else None
