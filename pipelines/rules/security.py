"""What ingest refused because nobody honest sends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.codec import decode
from pipelines.errors import DecodeError
from pipelines.events import RawEnvelope

if TYPE_CHECKING:
    from pipelines.alerts.kernel import Kernel
    from pipelines.events import DeadLetter

EQUIVOCATION: Final = "equivocation"
_OTHER_BODY: Final = "same number, different body"  # as ingest says it; a test holds the two together


def refused(kernel: Kernel, letter: DeadLetter) -> None:
    """A signed reading whose number was used before with another body: the device, or its key, is in two hands."""
    if not letter.reason.endswith(_OTHER_BODY):
        return
    try:
        envelope = decode(letter.raw, RawEnvelope)
    except DecodeError:
        return
    device, at_us = envelope.device, envelope.received_us or letter.at_us
    member = kernel.ground.devices.get(device)
    if member is not None:
        kernel.raise_(EQUIVOCATION, member[0], at_us, ["caution"], at_us, at_m=member[1], source=device, subject=device)
