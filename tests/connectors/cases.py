"""The kinds of channels that the contract is tried on, each with its peer.

WeCom, DingTalk and Feishu have fixed hosts: here their requests go to a server of ours instead, and the real services were not called.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.wecombot import NotifyWeComBot

from connectors.cap.checked import cap_format
from connectors.folder import FolderChannel
from connectors.http_post import Limits
from connectors.mail import MailChannel, Server
from connectors.mqtt import Broker, MqttChannel
from connectors.notify import NotifyChannel, Service
from connectors.payload import JSON
from connectors.services import SUCCESS, dingtalk, feishu, ntfy, push, sms, wecom
from connectors.webhook import WebhookChannel
from pipelines.messages import Channel
from tests.connectors.peers import MqttPeer, deaf_broker, http_peer, mail_peer

KEY = "S3cretS3cretS3cretS3cretS3cretS3"  # as every secret of these tests has it in it
WEBHOOK_SECRET = "whsec_" + KEY
ROBOT = "a1b2c3d4-0000-0000-0000-00000000S3cr"
PATIENT = Limits(connect_s=2, read_s=2, total_s=2)  # checking a password takes amqtt a while
SHORT = Limits(connect_s=0.5, read_s=0.5, total_s=0.5)
CHAT = {"wecom": NotifyWeComBot, "dingtalk": NotifyDingTalk, "feishu": NotifyFeishu}
KINDS = ("folder", "webhook", "webhook-cap", "mqtt-amqtt", "mqtt-mosquitto", "email", "sms", "ntfy", *CHAT, "push")


@dataclass
class Case:
    """A channel kind with its peer."""

    kind: str
    make: Callable[..., Channel]  # takes_live, takes_drills, limits
    received: Callable[[], list[str]]  # the text of each message that has arrived
    fault: Callable[[str], None] | None  # hang | drip | refuse | later; over HTTP also the body of a 200
    secrets: tuple[str, ...]


def folder_case(folder: Path) -> Case:
    def make(*, takes_live: bool = False, takes_drills: bool = True, limits: Limits = SHORT) -> Channel:
        return FolderChannel(name="it", network="disk", takes_live=takes_live, takes_drills=takes_drills, folder=folder / "out")

    def received() -> list[str]:
        return [path.read_text() for path in (folder / "out").glob("*.json")]

    return Case("folder", make, received, None, ())


def mail_case(stack: ExitStack) -> Case:
    peer = stack.enter_context(mail_peer())

    def make(*, takes_live: bool = False, takes_drills: bool = True, limits: Limits = SHORT) -> Channel:
        server = Server(host="127.0.0.1", port=peer.port, security="none", user="muster", password=KEY)
        return MailChannel(
            name="it",
            network="wan",
            takes_live=takes_live,
            takes_drills=takes_drills,
            server=server,
            sender="muster@stadium.example",
            address="duty@stadium.example",
            limits=limits,
        )

    def fault(what: str) -> None:
        if what in ("hang", "drip"):
            peer.manner = what
        else:
            peer.code = {"refuse": 550, "later": 451}[what]

    def received() -> list[str]:
        return [f"{mail['Subject']} {mail['Message-ID']} {mail['X-Muster-Id']} {mail.get_content()}" for mail in peer.mails]

    return Case("email", make, received, fault, (KEY,))


def mqtt_case(kind: str, peer: MqttPeer, stack: ExitStack) -> Case:
    where = {"port": peer.port}

    def make(*, takes_live: bool = False, takes_drills: bool = True, limits: Limits = PATIENT) -> Channel:
        return MqttChannel(
            name="it",
            network="lan",
            takes_live=takes_live,
            takes_drills=takes_drills,
            limits=limits,
            broker=Broker(host="127.0.0.1", port=where["port"], tls=False, user=peer.user, password=peer.password),
        )

    def fault(what: str) -> None:
        if what != "hang":
            pytest.skip("a broker of MQTT 3.1.1 has no such answer")
        where["port"] = stack.enter_context(deaf_broker())

    def received() -> list[str]:
        before = -1
        while before != len(peer.publications):  # the subscriber hears a little after the broker has acknowledged
            before = len(peer.publications)
            time.sleep(0.2)
        return [f"{topic} {payload.decode()}" for topic, _, _, payload in peer.publications]

    return Case(kind, make, received, fault, (peer.password,))


def http_case(kind: str, stack: ExitStack, monkeypatch: pytest.MonkeyPatch) -> Case:
    peer = stack.enter_context(http_peer())
    yes = {"wecom": b'{"errcode":0,"errmsg":"ok"}', "dingtalk": b'{"errcode":0}', "feishu": b'{"code":0}', "sms": b'{"code":"OK"}'}
    peer.answer = yes.get(kind, b"{}")
    if kind in CHAT:
        path = {"wecom": "/send?key={key}", "dingtalk": "/send?access_token={token}", "feishu": "/hook/{token}/"}[kind]
        monkeypatch.setattr(CHAT[kind], "notify_url", peer.url + path)

    def make(*, takes_live: bool = False, takes_drills: bool = True, limits: Limits = SHORT) -> Channel:
        about = {"name": "it", "network": "wan", "takes_live": takes_live, "takes_drills": takes_drills, "limits": limits}
        if kind.startswith("webhook"):
            body = cap_format(sender="muster@stadium.example") if kind == "webhook-cap" else JSON
            return WebhookChannel(**about, secret=WEBHOOK_SECRET, url=f"{peer.url}/in?key={KEY}", body=body)
        services: dict[str, Callable[[], Service]] = {
            "sms": lambda: sms(f"{peer.url}/send", phone_field="mobile", text_field="content", fields={"sign": "场馆"}, token=KEY),
            "ntfy": lambda: ntfy(peer.url, token=KEY),
            "wecom": lambda: wecom(ROBOT),
            "dingtalk": lambda: dingtalk("a" * 40 + "S3cret", sign_secret=KEY),
            "feishu": lambda: feishu(ROBOT),
            "push": lambda: push(f"json://muster:{KEY}@{peer.url.removeprefix('http://')}/in"),
        }
        return NotifyChannel(
            **about,
            service=services[kind](),
            address={"sms": "13800000000", "ntfy": "duty"}.get(kind, ""),
            needs_address=kind in ("sms", "ntfy"),
            short=kind == "sms",
            success=("code", "OK") if kind == "sms" else SUCCESS.get(kind),
        )

    def fault(what: str) -> None:
        if what in ("hang", "drip"):
            peer.manner, peer.answer = what, b"x" * 400
        elif what in ("refuse", "later"):
            peer.status = {"refuse": 410, "later": 503}[what]
            peer.headers = {"Retry-After": "7"}
        else:
            peer.answer = what.encode()

    def received() -> list[str]:
        return [f"{got.headers} {_readable(got.body)}" for got in peer.requests]

    return Case(kind, make, received, fault, (KEY, WEBHOOK_SECRET, ROBOT, "S3cr"))


def _readable(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body), ensure_ascii=False)
    except ValueError:
        return body.decode()
