"""Webhooks by the Standard Webhooks convention: each request is signed, and carries the same `webhook-id` at each retry.

A receiver checks the signature, refuses a timestamp that is more than five minutes off, and takes an id once.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from connectors.addressing import address_of, check_url, header_id
from connectors.http_post import LIMITS, HttpPost, Limits
from connectors.marks import check
from connectors.payload import JSON, Format
from pipelines.errors import ConfigError, RefusedError
from pipelines.messages import Message

_RECEIPT: Final = re.compile(r"[\w.:@/+=-]{1,128}", re.ASCII)
_LEAST_KEY_BYTES: Final = 24


@dataclass(kw_only=True)
class WebhookChannel:
    """A channel to one system, or to one for each recipient.

    Args:
        secret: of the convention, `whsec_…`.
        url: where nothing else says where.
        addresses: recipient → its own URL.
        body: JSON, or CAP.
        now: for the timestamp of the signature.
    """

    name: str
    network: str
    takes_live: bool
    takes_drills: bool
    secret: str = field(repr=False)
    url: str = field(default="", repr=False)  # some have a key in it
    addresses: Mapping[str, str] = field(default_factory=dict, repr=False)
    limits: Limits = LIMITS
    ca_file: Path | None = None
    body: Format = JSON
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __post_init__(self) -> None:
        """Nothing is dialled."""
        self._post = HttpPost(self.name, limits=self.limits, ca_file=self.ca_file)
        self._signer = _signer(self.name, self.secret)

    def start(self) -> None:
        """Make the client; a webhook's server is called with a message, not before.

        Raises:
            ConfigError: an address or the file of certificates is wrong.
        """
        for url in filter(None, (self.url, *self.addresses.values())):
            try:
                check_url(url)
            except ConfigError as error:
                raise ConfigError(f"channel '{self.name}': {error}") from error
        self._post.start()

    def deliver(self, message: Message) -> str:
        """POST it, signed; the receipt is the id that the receiver answers as JSON `id`, else the status.

        Raises:
            TransientError: no answer in time, 408, 425, 429 or 5xx.
            RefusedError: any other answer, or a mode that this channel does not take.
        """
        check(message, name=self.name, takes_live=self.takes_live, takes_drills=self.takes_drills)
        url = address_of(message, self.addresses, self.url, form=r"[a-z]+://")
        try:
            check_url(url)
        except ConfigError as error:
            raise RefusedError(f"channel '{self.name}': no address for '{message.recipient}': {error}") from error
        body = self.body.encode(message)
        answer = self._post.judge(self._post.post(url, body, headers=self._signed(message.message_id, body)))
        said = answer.headers.get("x-receipt", "")
        return said if _RECEIPT.fullmatch(said) else f"http {answer.status}"

    def _signed(self, message_id: str, body: bytes) -> dict[str, str]:
        """The three headers of the convention, and the content's type. Only the timestamp differs between retries."""
        now = self.now()
        webhook_id = header_id(message_id)
        return {
            "content-type": self.body.content_type,
            "user-agent": "muster",
            "webhook-id": webhook_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signer.sign(webhook_id, now, body.decode()),
        }

    def close(self) -> None:
        """Hang up; may be called more than once."""
        self._post.close()


def _signer(name: str, secret: str) -> Webhook:
    """Signs with *secret*, of which the convention asks 24 to 64 bytes.

    Raises:
        ConfigError: it is not base64, or shorter.
    """
    wrong = f"channel '{name}': its secret is expected to be 'whsec_' and the base64 of {_LEAST_KEY_BYTES} to 64 bytes"
    try:
        key = binascii.a2b_base64(secret.removeprefix("whsec_") + "==", strict_mode=False)
        signer = Webhook(secret)
    except (ValueError, EmptyWebhookSecretError):
        raise ConfigError(wrong) from None
    if len(key) < _LEAST_KEY_BYTES:
        raise ConfigError(wrong)
    return signer
