"""Where a channel finds a recipient, and which addresses may be called at all. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from pipelines.errors import ConfigError
from pipelines.messages import Message


def address_of(message: Message, addresses: Mapping[str, str], otherwise: str = "", *, form: str = "") -> str:
    """Where the message goes.

    What *addresses* says of the address that the plan names, or that address itself where it has the *form* (a pattern) of
    one, else what *addresses* says of the recipient, else *otherwise*.
    """
    if message.address in addresses:
        return addresses[message.address]
    if message.address and re.match(form, message.address):
        return message.address
    return addresses.get(message.recipient, otherwise)


def check_url(url: str) -> str:
    """*url* itself, if it is https, or http on this machine alone.

    Raises:
        ConfigError: it is neither, or it has a user or password in it.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ConfigError("expected an address like https://host/path") from None
    if not host or any(mark.isspace() for mark in url):
        raise ConfigError("expected an address like https://host/path")
    if parts.username or parts.password:
        raise ConfigError("expected an address without a user or password in it; they come from a secret_file")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise ConfigError(f"expected https; http is for this machine alone, not for {host}")
    return url


def is_loopback(host: str) -> bool:
    """Whether *host* is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def header_id(message_id: str) -> str:
    """*message_id* as a header takes it: other than visible ASCII is percent-encoded, so that two ids stay two."""
    return re.sub(r"[^!-$&-~]", lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), message_id)


def without_password(source: str) -> str:
    """An address without its user and password, for sentences and logs."""
    return re.sub(r"(?<=://)[^/@]*@", "", source)
