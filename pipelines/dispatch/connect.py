"""Makes channels of what the channels file says. Secrets are read here, from their files, and nothing is dialled."""

from __future__ import annotations

from pathlib import Path

from connectors.addressing import check_url, is_loopback
from connectors.cap.checked import cap_format
from connectors.folder import FolderChannel
from connectors.http_post import Limits
from connectors.mail import MailChannel, Server
from connectors.mqtt import Broker, MqttChannel
from connectors.notify import NotifyChannel, Service
from connectors.payload import JSON, Format
from connectors.secret_file import read_secret
from connectors.services import SUCCESS, dingtalk, feishu, ntfy, push, sms, wecom
from connectors.webhook import WebhookChannel
from pipelines.errors import ConfigError
from pipelines.messages import Channel
from plan.channels import Channels, Dingtalk, Email, Feishu, Folder, Mqtt, Ntfy, Push, Sms, Way, Webhook, Wecom


def connect(channels: Channels) -> dict[str, Channel]:
    """The channels by name; `start()` of each dials.

    Raises:
        ConfigError: a secret's file is missing or open to others, or an address cannot be called; one sentence a line.
    """
    made: dict[str, Channel] = {}
    wrong = []
    for way in channels.channels:
        try:
            made[way.name] = _made(way, channels)
        except ConfigError as error:
            sentence = str(error)
            wrong.append(sentence if sentence.startswith("channel '") else f"channel '{way.name}': {sentence}")
    if wrong:
        raise ConfigError("\n".join(wrong))
    return made


def _made(way: Way, channels: Channels) -> Channel:
    match way:
        case Webhook():
            return _webhook(way, channels)
        case Mqtt():
            return _mqtt(way, channels)
        case Folder():
            body = _format(way.format, channels)
            return FolderChannel(
                name=way.name,
                network=way.network,
                takes_live=way.takes_live,
                takes_drills=way.takes_drills,
                folder=way.folder,
                body=body,
            )
        case Email():
            return _email(way)
        case _:
            return _notify(way)


def _webhook(way: Webhook, channels: Channels) -> Channel:
    for url in way.urls():
        check_url(url)
    return WebhookChannel(
        name=way.name,
        network=way.network,
        takes_live=way.takes_live,
        takes_drills=way.takes_drills,
        secret=read_secret(way.secret_file),
        url=way.url,
        addresses=way.addresses,
        limits=_limits(way),
        ca_file=way.ca_file,
        body=_format(way.format, channels),
    )


def _mqtt(way: Mqtt, channels: Channels) -> Channel:
    if not way.tls and not is_loopback(way.host):
        raise ConfigError(f"tls: false is for a broker on this machine alone, not for {way.host}")
    broker = Broker(host=way.host, port=way.port, tls=way.tls, ca_file=way.ca_file, user=way.user, password=_optional(way.password_file))
    return MqttChannel(
        name=way.name,
        network=way.network,
        takes_live=way.takes_live,
        takes_drills=way.takes_drills,
        broker=broker,
        topic=way.topic,
        addresses=way.addresses,
        limits=_limits(way),
        body=_format(way.format, channels),
    )


def _email(way: Email) -> Channel:
    if way.security == "none" and not is_loopback(way.host):
        raise ConfigError(f"security: none is for a mail server on this machine alone, not for {way.host}")
    server = Server(
        host=way.host,
        port=way.port,
        security=way.security,
        user=way.user,
        password=_optional(way.password_file),
        ca_file=way.ca_file,
    )
    return MailChannel(
        name=way.name,
        network=way.network,
        takes_live=way.takes_live,
        takes_drills=way.takes_drills,
        server=server,
        sender=way.sender,
        address=way.address,
        addresses=way.addresses,
        limits=_limits(way),
    )


def _notify(way: Sms | Ntfy | Wecom | Dingtalk | Feishu | Push) -> Channel:
    for url in way.urls():
        check_url(url)
    channel = NotifyChannel(
        name=way.name,
        network=way.network,
        takes_live=way.takes_live,
        takes_drills=way.takes_drills,
        service=_service(way),
        address=way.topic if isinstance(way, Ntfy) else "",
        addresses=way.addresses,
        needs_address=isinstance(way, Sms | Ntfy),
        short=isinstance(way, Sms),
        success=_success(way),
        limits=_limits(way),
        ca_file=way.ca_file,
    )
    for address in filter(None, {channel.address, *way.addresses.values()}):
        channel.check(address)
    if not channel.needs_address:
        channel.check("")
    return channel


def _success(way: Sms | Ntfy | Wecom | Dingtalk | Feishu | Push) -> tuple[str, str] | None:
    """Where the service says in a 200 whether it took the message."""
    if isinstance(way, Sms):
        return (way.ok_field, way.ok_value) if way.ok_field else None
    return SUCCESS.get(way.kind)


def _service(way: Sms | Ntfy | Wecom | Dingtalk | Feishu | Push) -> Service:
    match way:
        case Sms():
            return sms(
                way.url,
                phone_field=way.phone_field,
                text_field=way.text_field,
                fields=way.fields,
                token=_optional(way.secret_file),
                user=way.user,
            )
        case Ntfy():
            return ntfy(way.url, token=_optional(way.secret_file))
        case Wecom():
            return wecom(read_secret(way.secret_file))
        case Dingtalk():
            return dingtalk(read_secret(way.secret_file), sign_secret=_optional(way.sign_secret_file))
        case Feishu():
            return feishu(read_secret(way.secret_file))
        case Push():
            return push(read_secret(way.secret_file))


def _optional(path: Path | None) -> str:
    return "" if path is None else read_secret(path)


def _format(name: str, channels: Channels) -> Format:
    return cap_format(sender=channels.sender, expires_s=channels.expires_s) if name == "cap" else JSON


def _limits(way: Way) -> Limits:
    return Limits(connect_s=way.timeouts.connect_s, read_s=way.timeouts.read_s, total_s=way.timeouts.total_s)
