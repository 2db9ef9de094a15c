"""What single channels do beyond the contract: who lets us in, by which certificate, and what a service says in its answer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from connectors.mail import MailChannel, Server
from connectors.mqtt import Broker, MqttChannel
from connectors.notify import NotifyChannel
from connectors.services import dingtalk, feishu, sms, wecom
from connectors.webhook import WebhookChannel
from pipelines.errors import ConfigError, MusterError, RefusedError, TransientError
from pipelines.messages import Texts
from tests.connectors.cases import (
    KEY,
    ROBOT,
    SHORT,
    WEBHOOK_SECRET,
    http_case,
)
from tests.connectors.messages import message
from tests.connectors.peers import MqttPeer, broker_command, certificate_of, free_port, http_peer, mail_peer, mqtt_peer


def test_a_broker_that_does_not_know_us_stops_the_start(broker: Callable[[str], MqttPeer]) -> None:
    where = Broker(host="127.0.0.1", port=broker("amqtt").port, tls=False, user="muster", password="another")
    channel = MqttChannel(name="it", network="lan", takes_live=True, takes_drills=True, broker=where)
    with pytest.raises(ConfigError, match="refuses its user"):
        channel.start()


def test_publications_are_acknowledged_and_never_kept(broker: Callable[[str], MqttPeer]) -> None:
    peer = broker("amqtt")
    where = Broker(host="127.0.0.1", port=peer.port, tls=False, user=peer.user, password=peer.password)
    channel = MqttChannel(name="it", network="lan", takes_live=False, takes_drills=True, broker=where)
    channel.start()
    channel.deliver(message(recipient="C2/+#$ lead"))
    channel.close()
    for _ in range(100):
        if peer.publications:
            break
        time.sleep(0.05)
    ((topic, qos, retained, body),) = peer.publications
    assert (topic, qos, retained) == ("muster/drill-t1/messages/C2-lead", 1, False)
    assert json.loads(body)["status"] == "exercise"


# paho leaves the socket of a handshake that failed to the garbage collector
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_broker_is_known_by_its_certificate(tmp_path: Path) -> None:
    port, certificate = free_port(), certificate_of(tmp_path)
    command = broker_command("amqtt", tmp_path, port, certificate)
    assert command is not None
    with mqtt_peer(command, port, tmp_path, certificate[0]) as peer:
        for ca_file in (None, certificate[0]):
            where = Broker(host="127.0.0.1", port=port, ca_file=ca_file, user=peer.user, password=peer.password)
            channel = MqttChannel(name="it", network="lan", takes_live=False, takes_drills=True, broker=where)
            if ca_file is None:
                with pytest.raises(TransientError, match="certificate is not trusted"):
                    channel.start()
            else:
                channel.start()
                assert channel.deliver(message()).startswith("muster/drill-t1/messages/")
            channel.close()


def test_a_mail_server_is_known_by_its_certificate(tmp_path: Path) -> None:
    certificate = certificate_of(tmp_path)
    with mail_peer(certificate) as peer:
        for ca_file in (None, certificate[0]):
            server = Server(host="127.0.0.1", port=peer.port, security="tls", ca_file=ca_file)
            channel = MailChannel(
                name="it", network="lan", takes_live=False, takes_drills=True, server=server, sender="a@b.example", address="c@d.example"
            )
            if ca_file is None:
                with pytest.raises(TransientError, match="certificate is not trusted"):
                    channel.start()
            else:
                channel.start()
                assert channel.deliver(message()) == "2.0.0 queued as M1"
        (mail,) = peer.mails
        assert mail["To"] == "c@d.example"


def test_an_update_by_mail_belongs_to_what_it_updates_and_a_retry_is_the_same_mail() -> None:
    with mail_peer() as peer:
        channel = MailChannel(
            name="it",
            network="lan",
            takes_live=False,
            takes_drills=True,
            sender="a@b.example",
            address="c@d.example",
            server=Server(host="127.0.0.1", port=peer.port, security="none"),
        )
        channel.start()
        first = message()
        for sent in (first, first, message(message_id="later", kind="update", references=((first.message_id, first.sent_us),))):
            channel.deliver(sent)
        channel.deliver(message(message_id="hostile", texts={"en": Texts(radio="r", screen="s\r\nBcc: x@y.example\r\n\r\n.\r\nQUIT")}))
    one, again, later, hostile = peer.mails
    assert one.as_bytes() == again.as_bytes()
    assert later["In-Reply-To"] == one["Message-ID"]
    assert hostile["Bcc"] is None
    assert hostile["To"] == "c@d.example"


def test_a_mail_server_that_does_not_know_us_stops_the_start() -> None:
    with mail_peer() as peer:
        peer.login_code = 535
        server = Server(host="127.0.0.1", port=peer.port, security="none", user="muster", password=KEY)
        channel = MailChannel(
            name="it", network="lan", takes_live=False, takes_drills=True, server=server, sender="a@b.example", address="c@d.example"
        )
        with pytest.raises(ConfigError, match="refuses its user"):
            channel.start()


@pytest.mark.parametrize(
    ("kind", "answer", "error"),
    [
        ("wecom", b'{"errcode":93000,"errmsg":"invalid webhook url"}', RefusedError),
        ("wecom", b'{"errcode":45009,"errmsg":"api freq out of limit"}', TransientError),
        ("dingtalk", b'{"errcode":310000,"errmsg":"sign not match"}', RefusedError),
        ("dingtalk", b'{"errcode":130101,"errmsg":"send too fast"}', TransientError),
        ("feishu", b'{"code":19024,"msg":"Key Words Not Found"}', RefusedError),
        ("feishu", b"<html>sign in</html>", RefusedError),
        ("wecom", b"[0]", RefusedError),
        ("sms", b'{"code":"LIMIT"}', RefusedError),
        ("sms", b'{"code":0}', RefusedError),
        ("feishu", b'{"code":11232,"msg":"frequency limited"}', TransientError),
    ],
)
def test_a_service_that_says_no_with_status_200_has_not_delivered(
    kind: str, answer: bytes, error: type[MusterError], monkeypatch: pytest.MonkeyPatch
) -> None:
    with ExitStack() as stack:
        case = http_case(kind, stack, monkeypatch)
        channel = case.make()
        channel.start()
        assert case.fault is not None
        case.fault(answer.decode())
        with pytest.raises(error, match="code"):
            channel.deliver(message())
        channel.close()


def test_robots_of_chat_services_are_called_at_their_own_hosts_with_a_text() -> None:
    from apprise import Apprise

    urls = {
        kind: Apprise.instantiate(dict(service("", message())), suppress_exceptions=False)
        for kind, service in (("wecom", wecom(ROBOT)), ("dingtalk", dingtalk("a" * 64)), ("feishu", feishu(ROBOT)))
    }
    assert urls["wecom"].api_url == f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={ROBOT}"
    assert urls["dingtalk"].notify_url == "https://oapi.dingtalk.com/robot/send?access_token={token}"
    assert urls["feishu"].notify_url == "https://open.feishu.cn/open-apis/bot/v2/hook/{token}/"


def test_a_gateway_gets_number_and_one_line_under_its_own_names() -> None:
    with http_peer() as peer:
        service = sms(f"{peer.url}/send", phone_field="mobile", text_field="content", fields={"sign": "场馆"}, token="t")
        channel = NotifyChannel(
            name="it",
            network="mobile",
            takes_live=False,
            takes_drills=True,
            service=service,
            addresses={"C2": "138"},
            needs_address=True,
            short=True,
        )
        channel.start()
        channel.deliver(message(recipient="C2"))
        with pytest.raises(RefusedError, match="no address for 'C9'"):
            channel.deliver(message(recipient="C9"))
        channel.close()
    (got,) = peer.requests
    assert json.loads(got.body) == {
        "mobile": "138",
        "sign": "场馆",
        "content": "EXERCISE 演练 – C口,拥挤一级,停止放人,收到复述 / Gate C, crowding I, hold entry, reply",
    }
    assert (got.path, got.headers["authorization"]) == ("/send", "Bearer t")


def test_no_server_is_tried_again(tmp_path: Path) -> None:
    port = free_port()
    channel = WebhookChannel(
        name="it", network="lan", takes_live=False, takes_drills=True, secret=WEBHOOK_SECRET, url=f"http://127.0.0.1:{port}/", limits=SHORT
    )
    channel.start()
    with pytest.raises(TransientError, match="no connection"):
        channel.deliver(message())
    channel.close()
    mail = MailChannel(
        name="it",
        network="lan",
        takes_live=False,
        takes_drills=True,
        sender="a@b.example",
        address="c@d.example",
        server=Server(host="127.0.0.1", port=port, security="none"),
    )
    with pytest.raises(TransientError, match="mail server"):
        mail.start()
    mqtt = MqttChannel(name="it", network="lan", takes_live=False, takes_drills=True, broker=Broker(host="127.0.0.1", port=port, tls=False))
    with pytest.raises(TransientError, match="no connection"):
        mqtt.start()
