"""What ingest refused because nobody honest sends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.codec import decode
from pipelines.errors import DecodeError
from pipelines.events import RawEnvelope
from pipelines.rules.evidence import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.events import DeadLetter
    from pipelines.rules.facts import Facts

EQUIVOCATION: Final = "equivocation"
_OTHER_BODY: Final = "same number, different body"  # as ingest says it; a test holds the two together


def refused(facts: Facts, letter: DeadLetter) -> Iterator[Evidence]:
    """A signed reading whose number was used before with another body: the device, or its key, is in two hands."""
    if not letter.reason.endswith(_OTHER_BODY):
        return
    try:
        envelope = decode(letter.raw, RawEnvelope)
    except DecodeError:
        return
    device, at_us = envelope.device, envelope.received_us or letter.at_us
    member = facts.ground.devices.get(device)
    if member is not None:
        yield Evidence(
            rule=EQUIVOCATION,
            place=member[0],
            start_us=at_us,
            now_us=at_us,
            levels=("caution",),
            at_m=member[1],
            source=device,
            subject=device,
        )
