"""Webhooks against a receiver that checks as the convention says: signature, age, and each id once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from connectors.addressing import header_id
from connectors.cap.checked import cap_format, check_xml
from connectors.http_post import Limits, retry_after_s
from connectors.webhook import WebhookChannel
from pipelines.errors import ConfigError, RefusedError, TransientError
from tests.connectors.messages import message
from tests.connectors.peers import HttpPeer, Request, certificate_of, http_peer

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Receiver:
    """What a system at the other end does with each request: True when it acts on it."""

    def __init__(self, secret: str = SECRET) -> None:
        self._webhook, self._taken = Webhook(secret), set[str]()

    def take(self, request: Request) -> bool:
        self._webhook.verify(request.body, request.headers, json_parse=False)
        fresh = request.headers["webhook-id"] not in self._taken
        self._taken.add(request.headers["webhook-id"])
        return fresh


@pytest.fixture
def peer() -> Iterator[HttpPeer]:
    with http_peer() as running:
        yield running


def channel(url: str, **options: Any) -> WebhookChannel:
    plain: dict[str, Any] = {"takes_live": False, "takes_drills": True, "secret": SECRET, "url": url}
    made = WebhookChannel(name="desk", network="lan", **(plain | options))
    made.start()
    return made


def test_a_receiver_knows_the_signature_and_acts_on_a_repeat_once(peer: HttpPeer) -> None:
    desk, receiver = channel(peer.url), Receiver()
    desk.deliver(message())
    desk.deliver(message())
    first, again = peer.requests
    assert receiver.take(first)
    assert not receiver.take(again)
    assert first.body == again.body
    assert first.headers["content-type"] == "application/json"
    desk.close()


def test_a_receiver_with_another_secret_refuses_it(peer: HttpPeer) -> None:
    desk = channel(peer.url)
    desk.deliver(message())
    with pytest.raises(WebhookVerificationError):
        Receiver("whsec_" + "QUJD" * 8).take(peer.requests[0])
    desk.close()


def test_a_receiver_refuses_what_was_changed_or_is_old(peer: HttpPeer) -> None:
    desk = channel(peer.url)
    desk.deliver(message())
    (got,) = peer.requests
    changed = Request(got.method, got.path, got.headers, got.body.replace(b"critical", b"watch"))
    with pytest.raises(WebhookVerificationError):
        Receiver().take(changed)
    desk.close()
    slow = channel(peer.url, now=lambda: datetime.now(UTC) - timedelta(minutes=6))
    slow.deliver(message())
    with pytest.raises(WebhookVerificationError, match="too old"):
        Receiver().take(peer.requests[1])
    slow.close()


def test_a_repeat_later_is_signed_anew_with_the_same_id(peer: HttpPeer) -> None:
    times = iter([datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 0, 1, tzinfo=UTC)])
    desk = channel(peer.url, now=lambda: next(times))
    desk.deliver(message())
    desk.deliver(message())
    first, again = (request.headers for request in peer.requests)
    assert first["webhook-id"] == again["webhook-id"]
    assert first["webhook-signature"] != again["webhook-signature"]
    desk.close()


def test_cap_goes_by_webhook_too(peer: HttpPeer) -> None:
    desk = channel(peer.url, body=cap_format(sender="muster@stadium.example"))
    desk.deliver(message())
    (got,) = peer.requests
    assert Receiver().take(got)
    assert got.headers["content-type"] == "application/cap+xml"
    check_xml(got.body)
    desk.close()


def test_a_redirect_is_never_followed(peer: HttpPeer) -> None:
    with http_peer() as elsewhere:
        peer.status, peer.headers = 307, {"Location": elsewhere.url}
        desk = channel(peer.url)
        with pytest.raises(RefusedError, match="answered 307"):
            desk.deliver(message())
        desk.close()
        assert elsewhere.requests == []


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_success_is_delivered_with_a_receipt(peer: HttpPeer, status: int) -> None:
    peer.status, peer.headers, peer.answer = status, {"X-Receipt": "desk-77"}, b""
    desk = channel(peer.url)
    assert desk.deliver(message()) == "desk-77"
    peer.headers = {"X-Receipt": "no receipt\tat all"}
    assert desk.deliver(message()) == f"http {status}"
    desk.close()


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 410, 413, 422])
def test_what_is_refused_is_refused_for_good(peer: HttpPeer, status: int) -> None:
    peer.status = status
    desk = channel(peer.url)
    with pytest.raises(RefusedError, match=str(status)):
        desk.deliver(message())
    desk.close()


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again(peer: HttpPeer, status: int) -> None:
    peer.status, peer.headers = status, {"Retry-After": "42"}
    desk = channel(peer.url)
    with pytest.raises(TransientError, match=str(status)) as caught:
        desk.deliver(message())
    assert caught.value.retry_after_s == 42
    desk.close()


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("0", 0),
        ("12", 12),
        ("999999999999", 300),
        ("Thu, 01 Jan 1970 00:01:40 GMT", 90),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("soon", 2),
        ("", 2),
        ("-5", 2),
        ("٣", 3),
    ],
)
def test_retry_after_is_a_number_or_a_date_and_never_too_long(said: str, seconds: float) -> None:
    assert retry_after_s({"Retry-After": said}, now_s=10) == seconds


def test_the_recipients_own_address_comes_first(peer: HttpPeer) -> None:
    desk = channel("", addresses={"C2": f"{peer.url}/c2"})
    desk.deliver(message(recipient="C2"))
    desk.deliver(message(recipient="C2", address=f"{peer.url}/mine"))
    assert [request.path for request in peer.requests] == ["/c2", "/mine"]
    with pytest.raises(RefusedError, match="no address for 'C9'"):
        desk.deliver(message(recipient="C9"))
    desk.close()


@pytest.mark.parametrize(
    "url", ["http://desk.example/", "ftp://127.0.0.1/", "https://user:word@desk.example/", "https://", "desk", "https://a b/"]
)
def test_an_address_that_is_not_safe_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="channel 'desk': expected"):
        channel(url)
    if "://" in url:  # a plain word is the plan's name of an address, and goes to the channel's own
        with pytest.raises(RefusedError, match="no address for"):
            channel("https://desk.example/").deliver(message(address=url))


def test_an_address_that_the_plan_names_is_looked_up_and_told(peer: HttpPeer) -> None:
    desk = channel(peer.url, addresses={"gate-c": f"{peer.url}/gate-c"})
    desk.deliver(message(recipient="C2", address="gate-c"))
    desk.deliver(message(recipient="C2", address="talk-group-7"))
    assert [request.path for request in peer.requests] == ["/gate-c", "/"]
    assert json.loads(peer.requests[1].body)["address"] == "talk-group-7"
    desk.close()


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "short"])
def test_a_secret_that_is_none_is_refused(secret: str) -> None:
    with pytest.raises(ConfigError, match="its secret is expected"):
        channel("https://desk.example/", secret=secret)


def test_the_other_side_is_known_by_its_certificate(tmp_path: Path) -> None:
    certificate = certificate_of(tmp_path)
    with http_peer(certificate) as peer:
        stranger = channel(peer.url)
        with pytest.raises(TransientError, match="certificate is not trusted"):
            stranger.deliver(message())
        stranger.close()
        known = channel(peer.url, ca_file=certificate[0])
        known.deliver(message())
        known.close()
        assert [json.loads(request.body)["id"] for request in peer.requests] == [message().message_id]
    with pytest.raises(ConfigError, match="ca_file"):
        channel("https://desk.example/", ca_file=tmp_path / "nowhere.pem")


def test_ids_that_differ_stay_different_in_a_header() -> None:
    ids = ["a b", "a-b", "a%20b", "甲", "a\r\nx: y", "a,b"]
    sent = [header_id(one) for one in ids]
    assert len(set(sent)) == len(ids)
    assert all(one.isascii() and one.isprintable() and " " not in one for one in sent)


def test_limits_are_seconds_of_the_whole_exchange(peer: HttpPeer) -> None:
    peer.manner, peer.answer = "drip", b"x" * 1000
    desk = channel(peer.url, limits=Limits(connect_s=0.3, read_s=5, total_s=0.3))
    with pytest.raises(TransientError, match=r"no answer within 0\.3 s"):
        desk.deliver(message())
    peer.manner = "answer"
    desk.deliver(message())  # the client is fit for the next one
    desk.close()
