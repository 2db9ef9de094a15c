"""The hash chain of the audit: how an entry is sealed to the one before it, how a root is signed, and where a chain is broken. Pure.

Each entry's hash covers all its fields, the hash before it among them; so a changed, missing, added or moved entry
breaks the chain from there on. Whoever can write a whole new chain is stopped by the roots, which they cannot sign, and
by their anchors, which they do not hold.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pipelines.events import AuditEntry, AuditRoot

HASH_BYTES: Final = 32
FIRST_PREVIOUS: Final = bytes(HASH_BYTES)
_TEXTS: Final = ("mode", "actor", "actor_role", "action", "subject", "place", "reason", "source")


def body_of(raw: bytes) -> bytes:
    """What stands for a record in the chain: BLAKE2b (32 bytes) of its bytes as they are on the topic."""
    return hashlib.blake2b(raw, digest_size=HASH_BYTES).digest()


def hash_of(entry: AuditEntry) -> bytes:
    """BLAKE2b (32 bytes) of all fields but the hash; each text and byte field goes with its length."""
    digest = hashlib.blake2b(struct.pack(">qq", entry.number, entry.at_us), digest_size=HASH_BYTES)
    for name in _TEXTS:
        _add(digest, getattr(entry, name).encode())
    _add(digest, entry.body)
    _add(digest, entry.previous)
    return digest.digest()


def _add(digest: hashlib.blake2b, raw: bytes) -> None:
    digest.update(struct.pack(">I", len(raw)))
    digest.update(raw)


def sealed(entry: AuditEntry, *, after: AuditEntry | None) -> AuditEntry:
    """The entry as the next one of the chain that ends with *after*; its number, `previous` and `hash` are made here."""
    number, previous = (after.number + 1, after.hash) if after is not None else (1, FIRST_PREVIOUS)
    placed = replace(entry, number=number, previous=previous)
    return replace(placed, hash=hash_of(placed))


# -- roots --------------------------------------------------------------------------------------------------------


def key_id(public: Ed25519PublicKey) -> str:
    """BLAKE2b (8 bytes, hex) of a public key."""
    return hashlib.blake2b(public.public_bytes_raw(), digest_size=8).hexdigest()


def _signed_bytes(root: AuditRoot) -> bytes:
    return struct.pack(">qq", root.number, root.at_us) + root.hash + root.mode.encode()


def signed_root(last: AuditEntry, key: Ed25519PrivateKey, *, at_us: int) -> AuditRoot:
    """The signed root of the chain up to *last*."""
    root = AuditRoot(number=last.number, hash=last.hash, at_us=at_us, mode=last.mode, key_id=key_id(key.public_key()), signature=b"")
    return replace(root, signature=key.sign(_signed_bytes(root)))


def is_signed(root: AuditRoot, public: Ed25519PublicKey) -> bool:
    """Whether a root was signed by the holder of the key."""
    try:
        public.verify(root.signature, _signed_bytes(root))
    except InvalidSignature:
        return False
    return root.key_id == key_id(public)


# -- verification -------------------------------------------------------------------------------------------------


def broken_entries(entries: Iterable[AuditEntry], *, mode: str) -> list[str]:
    """The first place where a chain is broken, as a sentence; empty where it is whole. Entries stand in the log's order."""
    expected, previous = 1, FIRST_PREVIOUS
    for entry in entries:
        if entry.number != expected:
            return [f"entry {expected}: entry {entry.number} stands in its place"]
        if entry.mode != mode:
            return [f"entry {entry.number}: it belongs to mode '{entry.mode}'"]
        if entry.previous != previous:
            return [f"entry {entry.number}: it does not follow from entry {entry.number - 1}"]
        if entry.hash != hash_of(entry):
            return [f"entry {entry.number}: its fields are not those that were sealed"]
        expected, previous = expected + 1, entry.hash
    return []


def broken_roots(entries: Mapping[int, AuditEntry], roots: Iterable[AuditRoot], public: Ed25519PublicKey, *, mode: str) -> list[str]:
    """The first root that was not signed, or that the chain does not bear out, as a sentence; empty where all do."""
    highest = 0
    for root in roots:
        if root.mode != mode or not is_signed(root, public):
            return [f"root of entry {root.number}: its signature is not that of key {key_id(public)}"]
        if root.number < highest:
            return [f"root of entry {root.number}: it stands after one of entry {highest}"]
        highest = root.number
        found = entries.get(root.number)
        if found is None:
            return [f"entry {root.number}: a root was signed for it, and it is not there"]
        if found.hash != root.hash:
            return [f"entry {root.number}: it is not the one that its root was signed for"]
    return []


def lost_roots(anchored: Iterable[AuditRoot], roots: Iterable[AuditRoot]) -> list[str]:
    """The first anchored root that the log of roots no longer has, as a sentence; empty where it has all."""
    kept = {(root.number, root.hash, root.at_us, root.signature) for root in roots}
    for root in anchored:
        if (root.number, root.hash, root.at_us, root.signature) not in kept:
            return [f"root of entry {root.number}: it is anchored outside, and the log of roots has it not"]
    return []
