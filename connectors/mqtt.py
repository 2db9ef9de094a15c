"""MQTT: one message a publication, QoS 1, never retained. The mode stands in the topic and in the payload."""

from __future__ import annotations

import re
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Formatter
from typing import Any, Final

from paho.mqtt.client import CONNACK_REFUSED_BAD_USERNAME_PASSWORD, CONNACK_REFUSED_NOT_AUTHORIZED, Client, MQTTMessageInfo, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from connectors.addressing import address_of
from connectors.clean import clean
from connectors.http_post import LIMITS, Limits
from connectors.marks import check, standing
from connectors.payload import JSON, Format
from pipelines.errors import ConfigError, RefusedError, TransientError
from pipelines.messages import Message

TOPIC: Final = "muster/{mode}/messages/{recipient}"
_FIELDS: Final = ("mode", "status", "kind", "recipient", "place")
_RETRY_S: Final = 2.0
_KEEPALIVE_S: Final = 15
_MOST_TOPIC: Final = 255
_MOST_LEVEL: Final = 64
_NOT_ALLOWED: Final = (CONNACK_REFUSED_BAD_USERNAME_PASSWORD, CONNACK_REFUSED_NOT_AUTHORIZED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """Where the broker is, and how it knows us. Without TLS only this machine, unless *insecure* says otherwise."""

    host: str
    port: int
    tls: bool = True
    ca_file: Path | None = None
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(kw_only=True)
class MqttChannel:
    """A channel to one broker.

    Args:
        topic: template of `{mode}`, which must be there, `{status}`, `{kind}`, `{recipient}` and `{place}`.
        addresses: recipient → what stands for `{recipient}` instead of its name.
    """

    name: str
    network: str
    takes_live: bool
    takes_drills: bool
    broker: Broker
    topic: str = TOPIC
    addresses: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = LIMITS
    body: Format = JSON

    def __post_init__(self) -> None:
        """Nothing is dialled."""
        check_topic(self.topic, name=self.name)
        self._client: Client | None = None
        self._answered = threading.Event()
        self._said = ""
        self._refused = False

    def start(self) -> None:
        """Dial, and wait for the broker's word; from then on the client dials again by itself.

        Raises:
            TransientError: no broker there, or it does not answer.
            ConfigError: it does not let us in, or the file of certificates is none.
        """
        if self._client is not None:
            return
        client = self._made()
        self._answered.clear()
        try:
            client.connect(self.broker.host, self.broker.port, keepalive=_KEEPALIVE_S)
        except OSError as error:
            raise TransientError(f"channel '{self.name}': no connection to the broker: {_reason(error)}", retry_after_s=_RETRY_S) from None
        client.loop_start()
        if self._answered.wait(self.limits.total_s) and client.is_connected():
            self._client = client
            return
        said, refused = self._said, self._refused
        client.disconnect()
        client.loop_stop()
        if refused:
            raise ConfigError(f"channel '{self.name}': the broker refuses its user: {said}")
        raise TransientError(f"channel '{self.name}': the broker did not answer: {said or 'no word in time'}", retry_after_s=_RETRY_S)

    def _made(self) -> Client:
        # No client id of our own: a second process with the same one would throw the first off the broker.
        client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv311, clean_session=True)
        client.connect_timeout = self.limits.connect_s
        client.reconnect_delay_set(min_delay=1, max_delay=5)
        client.on_connect = self._connected
        if self.broker.user:
            client.username_pw_set(self.broker.user, self.broker.password)
        if self.broker.tls:
            try:
                ca_file = None if self.broker.ca_file is None else str(self.broker.ca_file)
                client.tls_set_context(ssl.create_default_context(cafile=ca_file))
            except (OSError, ssl.SSLError) as error:
                raise ConfigError(f"channel '{self.name}': ca_file: is no file of certificates: {type(error).__name__}") from error
        return client

    def _connected(self, _client: Client, _user: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self._said = str(reason)
        self._refused = getattr(reason, "value", 0) in (134, 135, *_NOT_ALLOWED)  # as MQTT 5 and 3.1.1 number them
        self._answered.set()

    def deliver(self, message: Message) -> str:
        """Publish it, and wait until the broker has acknowledged; the receipt is the topic and the packet's number.

        Raises:
            TransientError: no broker now, or no acknowledgement in time.
            RefusedError: the channel does not take this mode, or the topic would be none.
        """
        check(message, name=self.name, takes_live=self.takes_live, takes_drills=self.takes_drills)
        topic = self._topic(message)
        client = self._client
        if client is None or not client.is_connected():
            # Nothing is queued while there is no broker: whoever retries decides, and not a queue that nobody sees.
            raise TransientError(f"channel '{self.name}': no broker now", retry_after_s=_RETRY_S)
        try:
            sent = client.publish(topic, self.body.encode(message), qos=1, retain=False)
            _wait(sent, self.limits.total_s)
        except (ValueError, RuntimeError) as error:
            raise TransientError(f"channel '{self.name}': {_reason(error)}", retry_after_s=_RETRY_S) from None
        if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS or not sent.is_published():
            raise TransientError(f"channel '{self.name}': the broker acknowledged nothing in time", retry_after_s=_RETRY_S)
        return f"{topic} #{sent.mid}"

    def _topic(self, message: Message) -> str:
        place = (message.change and message.change.place) or (message.order and message.order.place) or "-"
        parts = {
            "mode": message.mode,
            "status": standing(message.mode),
            "kind": message.kind,
            "recipient": address_of(message, self.addresses, message.recipient),
            "place": place,
        }
        topic = self.topic.format(**{key: level(value) for key, value in parts.items()})
        if len(topic.encode()) > _MOST_TOPIC:
            raise RefusedError(f"channel '{self.name}': the topic for '{message.recipient}' is longer than {_MOST_TOPIC} bytes")
        return topic

    def close(self) -> None:
        """Hang up; may be called more than once."""
        client, self._client = self._client, None
        if client is not None:
            client.disconnect()
            client.loop_stop()


def _wait(sent: MQTTMessageInfo, timeout_s: float) -> None:
    if sent.rc == MQTTErrorCode.MQTT_ERR_SUCCESS:
        sent.wait_for_publish(timeout_s)


def level(value: str) -> str:
    """*value* as one level of a topic: what separates levels, subscribes to many or is not seen becomes `-`."""
    return re.sub(r"[/+#$ ]+", "-", clean(value, most=_MOST_LEVEL)).strip("-") or "-"


def check_topic(topic: str, *, name: str) -> None:
    """See that the template names the mode and nothing unknown, so that no drill looks like the event.

    Raises:
        ConfigError: it does not.
    """
    try:
        named = [part for _, part, _, _ in Formatter().parse(topic) if part is not None]
    except ValueError:
        raise ConfigError(f"channel '{name}': topic '{topic}': its braces do not match") from None
    unknown = [part for part in named if part not in _FIELDS]
    if unknown:
        raise ConfigError(f"channel '{name}': topic '{topic}': '{unknown[0]}' is none of {', '.join(_FIELDS)}")
    if "mode" not in named:
        raise ConfigError(f"channel '{name}': topic '{topic}': expected {{mode}} in it, or a drill would look like the event")
    if re.search(r"[+#\x00]", topic) or topic.startswith("$"):
        raise ConfigError(f"channel '{name}': topic '{topic}': expected no '+', '#' or leading '$'")


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return "the certificate is not trusted"
    return getattr(error, "strerror", None) or type(error).__name__
