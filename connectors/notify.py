"""Texts to people by the services that apprise knows: SMS gateways, ntfy, WeCom, DingTalk, Feishu, and any other that is allowed.

apprise makes each service's request; it is carried, judged and limited as every other request of ours (`carried.py`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from apprise import Apprise, AppriseAsset, NotifyBase, NotifyType
from apprise.exception import AppriseException

from connectors.addressing import address_of
from connectors.carried import Carried, stand_in
from connectors.clean import clean
from connectors.http_post import LIMITS, Answer, HttpPost, Limits
from connectors.marks import check
from connectors.payload import short, text, title
from connectors.probe import probe_message
from connectors.quiet import hush
from pipelines.errors import ConfigError, MusterError, RefusedError, TransientError
from pipelines.messages import Message

Service = Callable[[str, Message], Mapping[str, Any] | str]  # address, message → what apprise makes a service of
# What chat services answer with status 200 when they are only busy; every other code but that of success is a refusal.
_LATER_CODES: Final = (-1, 45009, 130101, 410100, 11232)
_LATER_S: Final = 5.0
_ASSET: Final = AppriseAsset(app_id="Muster", app_desc="Muster", app_url="", http_redirects=False, image_url_mask="", image_url_logo="")


@dataclass(kw_only=True)
class NotifyChannel:
    """A channel by one service of apprise.

    Args:
        service: what apprise makes the service of, for an address.
        address: of recipients who have none of their own; empty where the service knows whom it reaches.
        needs_address: without one there is nobody to reach.
        short: one line is all that fits.
        success: field of the JSON answer, and what it says when the message was taken; without it the status alone tells.
    """

    name: str
    network: str
    takes_live: bool
    takes_drills: bool
    service: Service = field(repr=False)
    address: str = ""
    addresses: Mapping[str, str] = field(default_factory=dict, repr=False)
    needs_address: bool = False
    short: bool = False
    success: tuple[str, str] | None = None
    limits: Limits = LIMITS
    ca_file: Path | None = None

    def __post_init__(self) -> None:
        """Nothing is dialled."""
        hush("apprise")
        self._post = HttpPost(self.name, limits=self.limits, ca_file=self.ca_file)

    def start(self) -> None:
        """Make the client; the service is called with a message, not before.

        Raises:
            ConfigError: the file of certificates is none.
        """
        self._post.start()

    def deliver(self, message: Message) -> str:
        """Hand it to the service; the receipt is the id that the service answers, else its status.

        Raises:
            TransientError: no answer in time, or the service is busy.
            RefusedError: the service or this channel does not take it.
        """
        check(message, name=self.name, takes_live=self.takes_live, takes_drills=self.takes_drills)
        address = address_of(message, self.addresses, self.address, form=r"\+?\d" if self.short else "")
        if self.needs_address and not address:
            raise RefusedError(f"channel '{self.name}': no address for '{message.recipient}'")
        plugin = self._plugin(address, message)
        answers: list[Answer] = []

        def carry(url: str, body: bytes, **options: Any) -> Answer:
            answer = self._post.judge(self._post.post(url, body, **options))
            answers.append(_accepted(answer, self.name, self.success))
            return answer

        self._send(plugin, stand_in(plugin), carry, message)
        if not answers:
            raise RefusedError(f"channel '{self.name}': the service was not called; is the address of '{message.recipient}' right?")
        return _receipt(answers[-1])

    def _send(self, plugin: NotifyBase, carried: Carried, carry: Callable[..., Answer], message: Message) -> None:
        body, head = (short(message), "") if self.short else (text(message), title(message))
        with carried.by(carry):
            try:
                taken = plugin.notify(body=body, title=head, notify_type=_kind(message), body_format="text")
            except MusterError:
                raise
            except Exception as error:  # noqa: BLE001 - a plugin may raise anything; its words may hold a key
                raise RefusedError(f"channel '{self.name}': the service's plugin failed: {type(error).__name__}") from None
        if not taken:
            raise RefusedError(f"channel '{self.name}': the service did not take it")

    def check(self, address: str) -> None:
        """See that apprise can make the service for *address*, without calling it.

        Raises:
            ConfigError: it cannot, or the service cannot be watched.
        """
        try:
            stand_in(self._plugin(address, probe_message(recipient="test", sent_us=0)))
        except RefusedError as error:
            raise ConfigError(str(error)) from None

    def _plugin(self, address: str, message: Message) -> NotifyBase:
        try:
            plugin = Apprise.instantiate(_spec(self.service(address, message)), asset=_ASSET, suppress_exceptions=False)
        except (AppriseException, TypeError, ValueError) as error:
            raise RefusedError(
                f"channel '{self.name}': its address, token or key has not the form of one ({type(error).__name__})"
            ) from None
        if plugin is None:
            raise RefusedError(f"channel '{self.name}': its address, token or key has not the form of one")
        plugin.request_rate_per_sec = 0  # apprise would sleep up to 5.5 s between two messages
        return plugin

    def close(self) -> None:
        """Hang up; may be called more than once."""
        self._post.close()


def _spec(service: Mapping[str, Any] | str) -> dict[str, Any] | str:
    return service if isinstance(service, str) else dict(service)


def _kind(message: Message) -> NotifyType:
    if message.kind == "cancel" or (message.change is not None and message.change.condition == "cleared"):
        return NotifyType.SUCCESS
    return NotifyType.FAILURE if message.change is not None and message.change.priority == "P1" else NotifyType.WARNING


def _plain(answer: Answer) -> Mapping[str, Any]:
    try:
        said = json.loads(answer.body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _accepted(answer: Answer, name: str, success: tuple[str, str] | None) -> Answer:
    """*answer* itself, unless it is a 200 that says no in its body, or does not say yes where it has to."""
    if success is None:
        return answer
    field_name, wanted = success
    code = _plain(answer).get(field_name)
    if code is not None and str(code) == wanted:
        return answer
    if code in _LATER_CODES:
        raise TransientError(f"channel '{name}': the service is busy (code {code})", retry_after_s=_LATER_S)
    shown = f"code {clean(str(code), most=32)}" if isinstance(code, int | str) else f"no code in its field '{field_name}'"
    raise RefusedError(f"channel '{name}': the service refuses it ({shown})")


def _receipt(answer: Answer) -> str:
    found = _plain(answer).get("id", "")
    return str(found)[:128] if isinstance(found, str | int) and str(found).isascii() and found != "" else f"http {answer.status}"
