"""What every channel must do, whatever it runs over: one class, each channel against its peer.

WeCom, DingTalk and Feishu have fixed hosts: here their requests go to a server of ours instead, and the real services were not called.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
from pipelines.errors import ConfigError, MusterError, RefusedError, TransientError
from pipelines.messages import Channel, Texts
from tests.connectors.messages import change, message
from tests.connectors.peers import MqttPeer, broker_command, certificate_of, deaf_broker, free_port, http_peer, mail_peer, mqtt_peer

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


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], MqttPeer]]:
    """Starts each broker once for all tests; skips where it is not installed."""
    running: dict[str, MqttPeer] = {}
    with ExitStack() as stack:

        def start(kind: str) -> MqttPeer:
            if kind not in running:
                port, folder = free_port(), tmp_path_factory.mktemp(kind)
                command = broker_command(kind, folder, port)
                if command is None:
                    pytest.skip(f"{kind} is not installed here")
                running[kind] = stack.enter_context(mqtt_peer(command, port, folder))
            running[kind].publications.clear()
            return running[kind]

        yield start


@pytest.fixture(params=KINDS)
def case(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broker: Callable[[str], MqttPeer]
) -> Iterator[Case]:
    kind: str = request.param
    with ExitStack() as stack:
        if kind == "folder":
            yield _folder(tmp_path)
        elif kind == "email":
            yield _mail(stack)
        elif kind.startswith("mqtt"):
            yield _mqtt(kind, broker(kind.removeprefix("mqtt-")), stack)
        else:
            yield _http(kind, stack, monkeypatch)


def _folder(folder: Path) -> Case:
    def make(*, takes_live: bool = False, takes_drills: bool = True, limits: Limits = SHORT) -> Channel:
        return FolderChannel(name="it", network="disk", takes_live=takes_live, takes_drills=takes_drills, folder=folder / "out")

    def received() -> list[str]:
        return [path.read_text() for path in (folder / "out").glob("*.json")]

    return Case("folder", make, received, None, ())


def _mail(stack: ExitStack) -> Case:
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


def _mqtt(kind: str, peer: MqttPeer, stack: ExitStack) -> Case:
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


def _http(kind: str, stack: ExitStack, monkeypatch: pytest.MonkeyPatch) -> Case:
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


@pytest.fixture
def started(case: Case) -> Iterator[Callable[..., Channel]]:
    """Makes channels of the case that are started, and closes them."""
    made: list[Channel] = []

    def start(**options: Any) -> Channel:
        made.append(case.make(**options))
        made[-1].start()
        return made[-1]

    yield start
    for channel in made:
        channel.close()


def error_of(act: Callable[[], object], kind: type[MusterError], case: Case) -> MusterError:
    """The error, which names the channel and holds no secret, not even in what it came from."""
    with pytest.raises(kind) as caught:
        act()
    seen: BaseException | None = caught.value
    said = ""
    while seen is not None:
        said += str(seen)
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    assert "'it'" in str(caught.value)
    assert not [secret for secret in case.secrets if secret in said]
    return caught.value


Start = Callable[..., Channel]


class TestEveryChannel:
    def test_a_drills_message_arrives_with_the_mark_of_an_exercise_and_its_id(self, case: Case, started: Start) -> None:
        receipt = started().deliver(message())
        (got,) = case.received()
        assert receipt
        assert "EXERCISE 演练" in got
        assert message().message_id in got or case.kind == "sms"
        assert "drill-t1" in got

    def test_a_live_message_arrives_without_the_mark(self, case: Case, started: Start) -> None:
        started(takes_live=True).deliver(message("live"))
        (got,) = case.received()
        assert "演练" not in got
        assert "drill" not in got.lower()

    def test_a_retry_says_the_same_id(self, case: Case, started: Start) -> None:
        channel = started()
        channel.deliver(message())
        channel.deliver(message())
        got = case.received()
        assert len(got) == (1 if case.kind == "folder" else 2)
        assert all(message().message_id in text for text in got)

    def test_a_channel_for_drills_refuses_what_is_real(self, case: Case, started: Start) -> None:
        channel = started(takes_live=False, takes_drills=True)
        error_of(lambda: channel.deliver(message("live")), RefusedError, case)
        assert case.received() == []

    def test_a_channel_for_what_is_real_refuses_a_drill(self, case: Case, started: Start) -> None:
        channel = started(takes_live=True, takes_drills=False)
        for mode in ("drill-t1", "drill-channel-test"):
            error_of(lambda mode=mode: channel.deliver(message(mode)), RefusedError, case)
        assert case.received() == []

    def test_a_message_that_holds_another_mode_is_refused(self, case: Case, started: Start) -> None:
        channel = started(takes_live=True, takes_drills=True)
        error_of(lambda: channel.deliver(message("live", change=change(mode="drill-t1"))), RefusedError, case)
        error_of(lambda: channel.deliver(message("drill-t1", change=change(mode="live"))), RefusedError, case)
        error_of(lambda: channel.deliver(message("Live", change=None)), RefusedError, case)
        assert case.received() == []

    def test_a_peer_that_takes_it_and_says_nothing_is_given_up_in_time(self, case: Case, started: Start) -> None:
        if case.fault is None:
            pytest.skip("a folder has nobody who could stay silent")
        if case.kind == "email":
            channel = started()
            case.fault("hang")
        else:
            case.fault("hang")
            channel = started()
        error_of(lambda: channel.deliver(message()), TransientError, case)

    def test_a_peer_that_drips_is_given_up_in_time(self, case: Case, started: Start) -> None:
        if case.fault is None:
            pytest.skip("a folder does not drip")
        channel = started()
        case.fault("drip")
        error_of(lambda: channel.deliver(message()), TransientError, case)

    def test_a_peer_that_refuses_is_not_asked_again(self, case: Case, started: Start) -> None:
        if case.fault is None:
            pytest.skip("a folder does not answer")
        channel = started()
        case.fault("refuse")
        error_of(lambda: channel.deliver(message()), RefusedError, case)

    def test_a_peer_that_is_busy_is_asked_again_when_it_says(self, case: Case, started: Start) -> None:
        if case.fault is None:
            pytest.skip("a folder does not answer")
        channel = started()
        case.fault("later")
        error = error_of(lambda: channel.deliver(message()), TransientError, case)
        assert isinstance(error, TransientError)
        assert error.retry_after_s == (5 if case.kind == "email" else 7)

    def test_a_thread_of_its_own_may_deliver(self, case: Case, started: Start) -> None:
        channel = started()
        with ThreadPoolExecutor(1) as worker:
            assert worker.submit(channel.deliver, message()).result(10)
        assert len(case.received()) == 1

    def test_it_may_be_closed_twice_and_takes_nothing_then(self, case: Case, started: Start) -> None:
        channel = started()
        channel.close()
        channel.close()
        if case.kind == "folder":
            return
        error_of(lambda: channel.deliver(message()), TransientError, case)

    def test_it_may_be_closed_without_a_start(self, case: Case) -> None:
        case.make().close()

    def test_it_writes_no_secret_into_a_log(self, case: Case, started: Start, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level("DEBUG")
        channel = started()
        channel.deliver(message())
        if case.fault is not None and not case.kind.startswith("mqtt"):
            case.fault("refuse")
            with pytest.raises(RefusedError):
                channel.deliver(message())
        assert not [secret for secret in case.secrets if secret in caplog.text]

    def test_it_does_not_show_its_secrets(self, case: Case) -> None:
        shown = repr(case.make())
        assert not [secret for secret in case.secrets if secret in shown]

    def test_it_is_a_channel(self, case: Case) -> None:
        channel: Channel = case.make(takes_live=True)
        assert (channel.name, channel.takes_live, channel.takes_drills) == ("it", True, True)
        assert channel.network

    def test_what_came_in_a_name_cannot_act(self, case: Case, started: Start) -> None:
        hostile = '<script>alert(1)</script>\x1b[31m\u202e]]>&\x00<at user_id="all"></at>'
        channel = started()
        channel.deliver(message(recipient=hostile, place_name={"en": hostile}, texts={"en": Texts(radio=hostile, screen=hostile)}))
        (got,) = case.received()
        assert not [mark for mark in ("\x1b", "\u202e", "\x00", "\\u0000", "\\u001b", "\\u202e") if mark in got]
        if case.kind in ("sms", "ntfy", "push", *CHAT):
            assert "<" not in got


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
        case = _http(kind, stack, monkeypatch)
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
