"""What apprise is told of each service: pure, so that what a service gets can be read and tried without it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from connectors.addressing import header_id
from connectors.notify import Service
from pipelines.messages import Message

# Robots answer every request with 200; whether they took it stands in the body.
SUCCESS: Final = {"wecom": ("errcode", "0"), "dingtalk": ("errcode", "0"), "feishu": ("code", "0")}
_NO_REDIRECT: Final = {"redirect": "no"}


def ntfy(url: str, *, token: str = "") -> Service:
    """A server of ntfy; the address is the topic. P1 comes with the highest priority."""
    where = _where(url)

    def service(address: str, message: Message) -> Mapping[str, Any]:
        urgent = message.change is not None and message.change.priority == "P1" and message.kind != "cancel"
        return {
            "schema": "ntfys" if where["secure"] else "ntfy",
            "mode": "private",
            "targets": [address],
            "priority": "max" if urgent else "high",
            "include_image": False,
            **({"auth": "token", "token": token} if token else {}),
            **where,
            **_NO_REDIRECT,
        }

    return service


def sms(url: str, *, phone_field: str, text_field: str, fields: Mapping[str, str], token: str = "", user: str = "") -> Service:
    """A gateway that takes JSON over HTTP; the address is the phone number.

    Args:
        url: of the gateway.
        phone_field: what it calls the number.
        text_field: what it calls the text.
        fields: what else it wants, e.g. a signature's name.
        token: password of *user* where there is one, else a bearer's.
        user: for the password.
    """
    where = _where(url)

    def service(address: str, message: Message) -> Mapping[str, Any]:
        # Empty names take out what apprise would send by itself; a name moves it.
        payload = {"version": "", "title": "", "attachments": "", "type": "", "message": text_field, **fields, phone_field: address}
        return {
            "schema": "jsons" if where["secure"] else "json",
            "payload": payload,
            "headers": {
                "X-Message-Id": header_id(message.message_id),
                **({"Authorization": f"Bearer {token}"} if token and not user else {}),
            },
            **({"user": user, "password": token} if user else {}),
            **where,
            **_NO_REDIRECT,
        }

    return service


def wecom(key: str) -> Service:
    """A group robot of WeCom."""
    return lambda _address, _message: {"schema": "wecombot", "key": key, **_NO_REDIRECT}


def dingtalk(token: str, *, sign_secret: str = "") -> Service:
    """A group robot of DingTalk, signed where it has a secret; the address, if any, is the phone number of who is called."""
    signed = {"secret": sign_secret} if sign_secret else {}
    return lambda address, _message: {
        "schema": "dingtalk",
        "token": token,
        "targets": [address] if address else [],
        **signed,
        **_NO_REDIRECT,
    }


def feishu(token: str) -> Service:
    """A group robot of Feishu."""
    return lambda _address, _message: {"schema": "feishu", "token": token, **_NO_REDIRECT}


def push(url: str) -> Service:
    """Any service of apprise, by its own kind of URL."""
    return lambda _address, _message: url


def _where(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    return {"secure": parts.scheme == "https", "host": parts.hostname, "port": parts.port, "fullpath": parts.path or "/"}
