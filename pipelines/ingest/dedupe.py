"""Which readings of a device were seen: (boot id, sequence) in a bounded window, with a digest of each body. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final

KEPT: Final = 256
BOOTS_KEPT: Final = 64
NEW: Final = "new"
SAME: Final = "same"
OTHER_BODY: Final = "same number, different body"
TOO_OLD: Final = "older than the window"
FORMER_BOOT: Final = "from an earlier start of the device"


def digest_of(body: bytes) -> str:
    """What stands for a body in a window."""
    return hashlib.blake2b(body, digest_size=8).hexdigest()


@dataclass(slots=True)
class Seen:
    """The last readings of one device since its start, and the starts before it, the newest last."""

    boot_id: str
    highest: int = -1
    digests: dict[int, str] = field(default_factory=dict)
    former: list[str] = field(default_factory=list)

    def look(self, sequence: int, digest: str) -> str:
        """What a reading is: `NEW`, `SAME` as one before, `OTHER_BODY` (equivocation), or `TOO_OLD` to tell."""
        if sequence in self.digests:
            return SAME if self.digests[sequence] == digest else OTHER_BODY
        return TOO_OLD if sequence <= self.highest - KEPT else NEW

    def take(self, sequence: int, digest: str) -> str:
        """The same, and remember what is new."""
        verdict = self.look(sequence, digest)
        if verdict == NEW:
            self.digests[sequence] = digest
            self.highest = max(self.highest, sequence)
            for old in [number for number in self.digests if number <= self.highest - KEPT]:
                del self.digests[old]
        return verdict

    def restarted(self, boot_id: str) -> Seen:
        """The window of the device's next start. What was captured before it is a replay from now on."""
        return Seen(boot_id, former=[*self.former, self.boot_id][-BOOTS_KEPT:])


class Dedupe:
    """One window a device; a new boot id starts a new one, and an older one never comes back."""

    def __init__(self) -> None:
        """Nothing seen."""
        self._seen: dict[str, Seen] = {}
        self._doubtful: dict[str, dict[str, None]] = {}
        self.touched: set[str] = set()

    def take(self, device: str, boot_id: str, sequence: int, body: bytes) -> str:
        """See `Seen.take`; also `FORMER_BOOT`."""
        return self.take_digest(device, boot_id, sequence, digest_of(body))

    def take_digest(self, device: str, boot_id: str, sequence: int, digest: str) -> str:
        """The same, where only the body's digest is known."""
        seen = self._seen.get(device)
        if seen is not None and boot_id in seen.former:
            return FORMER_BOOT
        if seen is None:
            seen = self._seen[device] = Seen(boot_id)
        elif seen.boot_id != boot_id:
            seen = self._seen[device] = seen.restarted(boot_id)
        self.touched.add(device)
        return seen.take(sequence, digest)

    def look(self, device: str, boot_id: str, sequence: int, digest: str) -> str:
        """What `take_digest` would say; nothing is remembered."""
        seen = self._seen.get(device)
        if seen is None or (seen.boot_id != boot_id and boot_id not in seen.former):
            return NEW
        return FORMER_BOOT if boot_id in seen.former else seen.look(sequence, digest)

    def take_doubtful(self, device: str, digest: str) -> str:
        """`NEW` or `SAME` for an envelope that is not the device's for sure: it may not touch what signed ones have made."""
        seen = self._doubtful.setdefault(device, {})
        if digest in seen:
            return SAME
        seen[digest] = None
        if len(seen) > KEPT:
            del seen[next(iter(seen))]
        return NEW

    def dump_touched(self) -> dict[str, list[object]]:
        """The windows changed since the last call, as plain values."""
        out: dict[str, list[object]] = {}
        for device in sorted(self.touched):
            seen = self._seen[device]
            digests = {str(number): digest for number, digest in seen.digests.items()}
            out[device] = [seen.boot_id, seen.highest, digests, seen.former]
        self.touched.clear()
        return out

    def restore(self, plain: dict[str, list[object]]) -> None:
        """Add windows from `dump_touched`; nothing seen is forgotten. Those written before former starts were kept have none."""
        for device, (boot_id, highest, digests, *rest) in plain.items():
            assert isinstance(boot_id, str) and isinstance(highest, int) and isinstance(digests, dict)  # noqa: PT018
            former = rest[0] if rest else []
            assert isinstance(former, list)
            mine = self._seen.get(device)
            if mine is not None and boot_id in mine.former:
                continue  # written by a worker that had not heard of the device's new start
            found = {int(number): digest for number, digest in digests.items()}
            if mine is not None and mine.boot_id == boot_id:
                found = {**mine.digests, **found}
            newest = max([highest, *found])
            kept = {number: digest for number, digest in found.items() if number > newest - KEPT}
            self._seen[device] = Seen(boot_id, newest, kept, list(former))
