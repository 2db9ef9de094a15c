"""The key that signs the roots of one mode's chain, in the mode's folder; its public half lies beside it."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pipelines.errors import ConfigError


def signing_key(run: Path) -> Ed25519PrivateKey:
    """The key in `audit.key` (0600), made at the first call; its public half in `audit.pub`, as hex.

    Raises:
        ConfigError: the file is there and is no key.
    """
    path = run / "audit.key"
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(handle, Ed25519PrivateKey.generate().private_bytes_raw())
        finally:
            os.close(handle)
    try:
        key = Ed25519PrivateKey.from_private_bytes(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path.name}: expected the 32 bytes of a key: {error}") from error
    (run / "audit.pub").write_text(key.public_key().public_bytes_raw().hex() + "\n", encoding="ascii")
    return key


def public_key(text: str) -> Ed25519PublicKey:
    """The public key written as hex.

    Raises:
        ConfigError: it is none.
    """
    try:
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(text.strip()))
    except ValueError as error:
        raise ConfigError(f"expected a public key of 64 hexadecimal digits: {error}") from error
