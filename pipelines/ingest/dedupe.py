"""Which readings of a device were seen: (boot id, sequence) in a bounded window, with a digest of each body. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final

KEPT: Final = 256
NEW: Final = "new"
SAME: Final = "same"
OTHER_BODY: Final = "same number, different body"
TOO_OLD: Final = "older than the window"


@dataclass(slots=True)
class Seen:
    """The last readings of one device since its start."""

    boot_id: str
    highest: int = -1
    digests: dict[int, str] = field(default_factory=dict)

    def take(self, sequence: int, body: bytes) -> str:
        """What a reading is: `NEW`, `SAME` as one before, `OTHER_BODY` (equivocation), or `TOO_OLD` to tell."""
        digest = hashlib.blake2b(body, digest_size=8).hexdigest()
        if sequence in self.digests:
            return SAME if self.digests[sequence] == digest else OTHER_BODY
        if sequence <= self.highest - KEPT:
            return TOO_OLD
        self.digests[sequence] = digest
        self.highest = max(self.highest, sequence)
        for old in [number for number in self.digests if number <= self.highest - KEPT]:
            del self.digests[old]
        return NEW


class Dedupe:
    """One window a device; a new boot id starts a new one."""

    def __init__(self) -> None:
        """Nothing seen."""
        self._seen: dict[str, Seen] = {}
        self.touched: set[str] = set()

    def take(self, device: str, boot_id: str, sequence: int, body: bytes) -> str:
        """See `Seen.take`."""
        seen = self._seen.get(device)
        if seen is None or seen.boot_id != boot_id:
            seen = self._seen[device] = Seen(boot_id)
        self.touched.add(device)
        return seen.take(sequence, body)

    def dump_touched(self) -> dict[str, list[object]]:
        """The windows changed since the last call, as plain values."""
        out: dict[str, list[object]] = {}
        for device in sorted(self.touched):
            seen = self._seen[device]
            out[device] = [seen.boot_id, seen.highest, {str(number): digest for number, digest in seen.digests.items()}]
        self.touched.clear()
        return out

    def restore(self, plain: dict[str, list[object]]) -> None:
        """Take windows from `dump_touched`; later ones win."""
        for device, (boot_id, highest, digests) in plain.items():
            assert isinstance(boot_id, str) and isinstance(highest, int) and isinstance(digests, dict)  # noqa: PT018
            self._seen[device] = Seen(boot_id, highest, {int(number): digest for number, digest in digests.items()})
