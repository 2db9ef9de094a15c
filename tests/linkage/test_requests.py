"""Requests to the simulated panel: repeated, echoed, dropped by its watchdog, and told of when they stay without an answer."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest

from connectors.modbus import Frame, read_credentials
from pipelines.errors import ConfigError, RefusedError
from tests.linkage.panel_peer import PASSCODE, SPRINKLER, panel_peer
from tests.linkage.scene import SPRINKLES, Scene, alarm, plan_of, writer

FRAME = Frame(mode="live", equipment="hall-sprinkler", address=0, echo=0, code=SPRINKLER, beat=1)


def scene_on(peer, **how) -> Scene:
    made = Scene(plan_of(port=peer.port, enabled=True), writer=writer(peer.port), **how)
    made.gateway.look()
    return made


def unanswered(scene: Scene) -> int:
    from pipelines.codec import decode_body

    rows = [decode_body(row.payload, row.schema_id) for row in scene.topics.of("raw.fire")]
    return sum(row.state == "unanswered" and row.output == "sprinkler" for row in rows)


def test_a_request_is_repeated_with_a_new_beat_until_the_panel_has_started_what_was_asked_for():
    with panel_peer() as peer:
        scene = scene_on(peer)
        scene.press_and_hold()
        for _ in range(3):
            scene.gateway.ask()
            scene.clock.go_on(1)
        peer.set(SPRINKLES)
        scene.gateway.look()
        scene.clock.go_on(5)
        scene.gateway.ask()
        scene.gateway.close()
    assert [row[2:] for row in peer.written] == [[SPRINKLER, 1], [SPRINKLER, 2], [SPRINKLER, 3]]
    assert scene.states() == ["permitted", "asked", "echoed", "taken"]
    assert [row.number for row in scene.topics.of("linkage.changes")] == [1, 2, 3, 4]
    assert {(row.by, row.actor, row.actor_role) for row in scene.topics.of("linkage.changes")} == {("right", "F1", "fire control room")}


def test_two_verified_detectors_ask_once_where_the_plan_lets_them():
    with panel_peer() as peer:
        scene = scene_on(peer)
        scene.hear(alarm("s-1", scene.clock.now_us))
        assert scene.states() == []
        for _ in range(3):
            scene.hear(alarm("h-1", scene.clock.now_us, kind="heat"))
        scene.gateway.ask()
        scene.gateway.close()
    assert scene.states() == ["permitted", "asked", "echoed"]
    assert peer.writes == 1


def test_the_panel_drops_a_request_that_is_no_longer_repeated():
    with panel_peer(drop_after_s=0.2) as peer:
        scene = scene_on(peer)
        scene.press_and_hold()
        scene.gateway.ask()
        assert peer.standing() == {SPRINKLER}
        scene.gateway.close()  # this process is gone
        until_s = time.monotonic() + 5
        while peer.standing() and time.monotonic() < until_s:
            time.sleep(0.02)
        assert peer.standing() == set()


def test_a_missing_echo_is_told_of_with_a_reading_that_raises_an_alert():
    with panel_peer(echoes=False) as peer:
        scene = scene_on(peer)
        scene.press_and_hold()
        for _ in range(5):
            scene.gateway.ask()
            scene.clock.go_on(1)
            scene.gateway.look()
        scene.gateway.close()
    assert scene.states() == ["permitted", "asked", "unanswered"]
    assert scene.topics.of("linkage.changes")[-1].reason_zh == "消防主机未响应请求,请手动启动"
    assert unanswered(scene) == 1
    from tests.linkage.test_reading import through_the_kernel

    found = [(row.rule, row.unit, row.level, row.latched) for row in through_the_kernel(scene, 10)]
    assert found == [("panel_fault", "sprinkler", "critical", True)]


def test_a_panel_that_echoes_and_never_starts_anything_is_told_of_and_asked_no_more():
    with panel_peer() as peer:
        scene = scene_on(peer)
        scene.press_and_hold()
        for _ in range(40):
            scene.gateway.ask()
            scene.clock.go_on(1)
            scene.gateway.look()
        scene.gateway.close()
    assert scene.states() == ["permitted", "asked", "echoed", "unanswered"]
    assert peer.writes == 30  # ask_s, once a second


def test_a_panel_that_goes_while_it_is_asked_is_told_of():
    with panel_peer() as peer:
        scene = scene_on(peer)
        scene.press_and_hold()
        scene.gateway.ask()
    for _ in range(10):
        scene.clock.go_on(1)
        scene.gateway.look()
        scene.gateway.ask()
    scene.gateway.close()
    assert scene.states() == ["permitted", "asked", "echoed", "unanswered"]


def test_a_request_is_used_once_over_a_restart_and_one_left_open_is_told_of():
    with panel_peer() as peer:
        before = scene_on(peer)
        before.press_and_hold()
        before.gateway.ask()
        before.gateway.close()
        after = scene_on(peer, changes=tuple(before.topics.of("linkage.changes")))
        after.gateway.begin()
        assert [(row.state, row.number) for row in after.topics.of("linkage.changes")] == [("unanswered", 4)]
        assert unanswered(after) == 1
        after.press_and_hold()
        after.gateway.close()
    assert after.states() == ["unanswered", "refused"]
    assert peer.writes == 1


def test_a_gesture_that_nobody_signed_does_not_stand_in_the_way_of_one_that_somebody_did():
    with panel_peer() as peer:
        scene = scene_on(peer)
        scene.hear(scene.gesture("press"))
        scene.clock.go_on(1)
        scene.hear(scene.gesture("press", key=b"x" * 32), scene.gesture("held", key=b"x" * 32))
        scene.clock.go_on(1)
        scene.hear(scene.gesture("held"))
        scene.gateway.ask()
        scene.gateway.close()
    assert scene.states() == ["refused", "refused", "permitted", "asked", "echoed"]


@pytest.mark.parametrize("mode", ["drill-t", "LIVE", "live ", " live", "lіve", "", "live\0", "drill-live", None, 1])
def test_the_line_takes_no_frame_that_is_not_live(mode):
    with panel_peer() as peer:
        line = writer(peer.port)
        with pytest.raises(RefusedError, match="does not go to a panel"):
            line.ask(replace(FRAME, mode=mode))
        line.close()
        assert (peer.writes, line.refused) == (0, 1)


def test_the_line_takes_no_frame_that_starts_nothing():
    line = writer(1)
    for wrong in (replace(FRAME, code=0), replace(FRAME, code=65_536), replace(FRAME, address=65_533)):
        with pytest.raises(RefusedError, match="names nothing"):
            line.ask(wrong)


def test_a_wrong_passcode_is_not_echoed():
    with panel_peer() as peer:
        line = writer(peer.port, passcode=PASSCODE + 1)
        assert line.ask(FRAME) == (0, 0)
        line.close()
        assert peer.standing() == set()


# -- credentials


def put(path, mode=0o600, **changes):
    path.write_text(json.dumps({"mode": "live", "site": "site", "panel": "p-1", "passcode": PASSCODE, **changes}))
    path.chmod(mode)
    return path


def test_credentials_are_read_from_a_file_of_their_owner_and_never_shown(tmp_path):
    found = read_credentials(put(tmp_path / "c"))
    assert found.passcode == PASSCODE
    assert str(PASSCODE) not in repr(found)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_credentials_that_others_can_read_are_refused(tmp_path, mode):
    with pytest.raises(ConfigError, match="by its owner alone"):
        read_credentials(put(tmp_path / "c", mode))


def test_credentials_that_are_no_plain_file_or_not_there_are_refused(tmp_path):
    put(tmp_path / "c")
    (tmp_path / "link").symlink_to(tmp_path / "c")
    for name in ("link", "gone"):
        with pytest.raises(ConfigError, match="cannot be read"):
            read_credentials(tmp_path / name)
    with pytest.raises(ConfigError, match="plain file"):
        read_credentials(tmp_path)


@pytest.mark.parametrize("changes", [{"passcode": 0}, {"passcode": "1"}, {"passcode": True}, {"passcode": 1 << 32}, {"more": 1}])
def test_credentials_that_do_not_hold_what_they_must_are_refused_without_telling_them(tmp_path, changes):
    with pytest.raises(ConfigError) as caught:
        read_credentials(put(tmp_path / "c", **changes))
    assert str(PASSCODE) not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "word"), [({"mode": "drill-t"}, "not for the live mode"), ({"site": "b"}, "of 'b'"), ({"panel": "p-2"}, "'p-2'")]
)
def test_credentials_are_for_one_mode_one_site_and_one_panel(changes, word):
    with pytest.raises(ConfigError, match=word):
        writer(1, **changes)
