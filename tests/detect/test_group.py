"""One camera's fault touches no other of its group, and ends in a health state or a sentence."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from connectors.video import Video
from pipelines.detect.feeds import LiveFeed
from pipelines.detect.group import Group, Member, members_of
from pipelines.detect.waits import LONGEST_S, wait_s
from pipelines.errors import ConfigError
from pipelines.events import CameraHealth
from plan.load import load

ROOT = Path(__file__).resolve().parents[2]


def member(camera: str) -> Member:
    return Member(camera=camera, source=f"rtsp://{camera}.example/1", fps=5, calibrated=True)


class Well:
    """A camera whose work goes well until it is told to stop."""

    def __init__(self) -> None:
        self.seen = threading.Event()
        self.ended = threading.Event()

    def work(self, stop: threading.Event) -> bool:
        self.seen.set()
        stop.wait(10)
        self.ended.set()
        return True


class Breaks(Well):
    """A camera whose work ends by itself with an error."""

    def work(self, stop: threading.Event) -> bool:
        self.seen.set()
        return False


def test_cameras_that_cannot_be_opened_are_stale_while_the_others_work_on(capsys: pytest.CaptureFixture[str]) -> None:
    stop, said, stale = threading.Event(), [], threading.Event()
    well, begun = Well(), []

    def begin(which: Member, ended: threading.Event) -> Well:
        begun.append(which.camera)
        match which.camera:
            case "empty":
                raise ConfigError("video film.mp4: is empty (0 bytes)")
            case "bug":
                raise ZeroDivisionError
            case "breaks":
                return Breaks()
        return well

    def report(health: CameraHealth) -> None:
        said.append(health)
        if {row.camera for row in said} >= {"empty", "bug", "breaks"}:
            stale.set()

    group = Group([member(name) for name in ("empty", "well", "bug", "breaks")], begin, report, clock=lambda: 7_000_000, chance=lambda: 1.0)
    working = threading.Thread(target=group.work, args=(stop,))
    working.start()
    assert stale.wait(10)
    assert group.seen.wait(10)
    assert not well.ended.is_set()
    stop.set()
    working.join(10)
    assert not working.is_alive()
    assert begun.count("well") == 1
    assert {(row.state, row.people, row.fps) for row in said} == {("stale", -1, 0.0)}
    assert "well" not in {row.camera for row in said}
    printed = capsys.readouterr().err
    assert "detect empty: video film.mp4: is empty (0 bytes)" in printed
    assert "ZeroDivisionError" in printed
    assert "detect breaks: its work ended with an error and begins again" in printed


def test_members_come_from_the_plan_and_a_wrong_list_is_refused() -> None:
    plan = load(ROOT / "plan" / "examples" / "stadium.yaml")
    first, second = plan.cameras[0], plan.cameras[1]
    rows = (first.model_copy(update={"source": "rtsp://a.example/1"}), second.model_copy(update={"source": ""}), *plan.cameras[2:])
    plan = plan.model_copy(update={"cameras": rows})
    assert [row.camera for row in members_of(f" {first.id},", plan)] == [first.id]
    assert members_of(first.id, plan)[0].is_live
    for text, sentence in [
        ("", "expected ids with commas"),
        (f"{first.id},{first.id}", "each once"),
        ("nowhere", "camera 'nowhere': the plan has no such camera"),
        (second.id, "the plan gives it no source"),
    ]:
        with pytest.raises(ConfigError, match=sentence):
            members_of(text, plan)


@given(tries=st.integers(1, 10_000), chance=st.floats(0, 1))
def test_waits_grow_to_a_limit_and_jitter_only_shortens_them(tries: int, chance: float) -> None:
    longest = wait_s(tries, chance=0)
    assert wait_s(tries + 1, chance=0) >= longest
    assert longest / 2 <= wait_s(tries, chance=chance) <= longest <= LONGEST_S


def test_a_camera_that_stays_away_is_dialled_after_growing_waits_until_it_sends_again() -> None:
    stop, waits = threading.Event(), []
    stop.wait = lambda timeout=None: waits.append(timeout) or False  # type: ignore[method-assign,assignment]

    class Once:
        fps, frames = 5.0, 0
        damaged = False

        def __init__(self) -> None:
            self.left = 1

        def read(self) -> NDArray[np.uint8] | None:
            self.left -= 1
            return np.zeros((2, 2, 3), dtype=np.uint8) if self.left == 0 else None

        def skip(self) -> bool:
            return False

        def seek(self, index: int) -> None:
            pass

    dialled = []

    def dial() -> Once:
        dialled.append(1)
        if len(dialled) == 6:
            stop.set()
        if len(dialled) != 4:
            raise ConfigError("the camera does not answer")
        return Once()

    LiveFeed(dial, fps=5, delay_us=0, clock=lambda: 0).read_on(None, stop)
    assert waits == [1, 2, 4, 8, 1, 2]


def test_an_address_that_takes_the_call_and_says_nothing_ends_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.video._TIMEOUT_MS", 300)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(ConfigError, match="the camera does not answer"):
        Video(f"rtsp://127.0.0.1:{silent.getsockname()[1]}/1")


def test_a_member_of_a_file_is_not_live() -> None:
    assert not replace(member("a"), source="file:///film.mp4").is_live
    assert not replace(member("a"), source="film.mp4").is_live
