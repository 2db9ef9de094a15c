"""What every channel must do, whatever it runs over: one class, each channel against its peer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import MusterError, RefusedError, TransientError
from pipelines.messages import Channel, Texts
from tests.connectors.cases import (
    CHAT,
    KINDS,
    Case,
    folder_case,
    http_case,
    mail_case,
    mqtt_case,
)
from tests.connectors.messages import change, message
from tests.connectors.peers import MqttPeer


@pytest.fixture(params=KINDS)
def case(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broker: Callable[[str], MqttPeer]
) -> Iterator[Case]:
    kind: str = request.param
    with ExitStack() as stack:
        if kind == "folder":
            yield folder_case(tmp_path)
        elif kind == "email":
            yield mail_case(stack)
        elif kind.startswith("mqtt"):
            yield mqtt_case(kind, broker(kind.removeprefix("mqtt-")), stack)
        else:
            yield http_case(kind, stack, monkeypatch)


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
