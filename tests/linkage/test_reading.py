"""The panel read over Modbus TCP, through INGEST and the kernel, against pymodbus' own server."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from connectors.modbus import PanelLine
from pipelines.alerts.kernel import Kernel
from pipelines.codec import encode
from pipelines.errors import RefusedError, TransientError
from pipelines.ingest.dedupe import Dedupe
from pipelines.ingest.validate import Accepted, Refused, judge, site_of
from pipelines.linkage.panel import Panel
from pipelines.linkage.registers import Seen, Span, says, spans
from pipelines.units import MICRO, SLICE_US
from plan.linkage import Signal
from tests.linkage.panel_peer import panel_peer
from tests.linkage.scene import (
    BROADCAST,
    BROADCAST_BACK,
    DRILL_KEY,
    HEAT,
    LIVE_KEY,
    POWER,
    SMOKE,
    SMOKE_FAULT,
    SPRINKLES,
    START,
    Scene,
    plan_of,
)


def readings(scene: Scene, key: bytes = LIVE_KEY):
    """What INGEST makes of all that was sent, in order; nothing may be refused."""
    site, dedupe = site_of(scene.plan, mode=scene.mode, mode_key=key), Dedupe()
    found = []
    for envelope in scene.topics.of("raw.fire"):
        verdict = judge(encode(envelope), appended_us=scene.clock.now_us, site=site, dedupe=dedupe)
        assert isinstance(verdict, Accepted), verdict
        found += [(reading, verdict.p1) for _, _, reading in verdict.readings]
    return found


def told(scene: Scene) -> list[tuple[str, str, str]]:
    return [(row.device, row.output, row.state) for row, _ in readings(scene)]


def through_the_kernel(scene: Scene, seconds: float):
    """Alerts of the kernel, fed as ALERTS feeds it: life safety at once, the rest in steps of event time."""
    kernel = Kernel(scene.plan, plan_hash="h", mode=scene.mode)
    found = readings(scene)
    changes = [change for _, p1 in found if p1 is not None for change in kernel.p1(p1)]
    for index in range(round(seconds * 5) + 1):
        now_us = START + index * SLICE_US
        rows = [("sensor.fire", row) for row, _ in found if now_us - SLICE_US < row.event_time_us <= now_us]
        changes += kernel.step(now_us, rows).changes
    return changes


def test_a_started_sprinkler_without_feedback_alarms_after_ten_seconds_of_event_time_and_the_broadcast_that_answers_does_not():
    with panel_peer() as peer:
        scene = Scene(plan_of(port=peer.port))
        scene.gateway.look()
        peer.set(SMOKE)
        scene.clock.go_on(1)
        scene.gateway.look()
        peer.set(BROADCAST)
        peer.set(SPRINKLES)
        scene.clock.go_on(1)
        scene.gateway.look()
        peer.set(BROADCAST_BACK)
        scene.clock.go_on(3)
        scene.gateway.look()
        scene.gateway.close()
    changes = [row for row in through_the_kernel(scene, 20) if row.rule.startswith("fire")]
    assert [(row.rule, row.unit, row.place, (row.event_time_us - START) / MICRO) for row in changes] == [
        ("fire", "smoke", "hall", 1.0),
        ("fire_feedback", "sprinkler", "hall", 12.0),
    ]
    assert [(row.x_m, row.y_m, row.level) for row in changes] == [(1, 2, "critical"), (5, 6, "critical")]


def test_a_detector_has_its_own_signature_place_and_zone():
    with panel_peer() as peer:
        peer.set(HEAT)
        scene = Scene(plan_of(port=peer.port))
        scene.gateway.look()
        scene.gateway.close()
    first, p1 = readings(scene)[0]
    assert (first.device, first.kind, first.state, first.zone, first.x_cm, first.y_cm) == ("h-1", "heat", "alarm", "hall", 300, 400)
    assert p1 is not None


def test_readings_of_a_drill_are_refused_in_the_live_mode():
    with panel_peer() as peer:
        scene = Scene(plan_of(port=peer.port), mode="drill-t")
        scene.gateway.look()
        scene.gateway.close()
    site = site_of(scene.plan, mode="live", mode_key=DRILL_KEY)
    verdicts = [judge(encode(row), appended_us=START, site=site, dedupe=Dedupe()) for row in scene.topics.of("raw.fire")]
    assert verdicts and all(isinstance(row, Refused) for row in verdicts)


def test_states_are_told_when_they_change_and_again_with_every_beat():
    with panel_peer() as peer:
        scene = Scene(plan_of(port=peer.port))
        scene.gateway.look()
        first = len(scene.topics.sent)
        for _ in range(4):
            scene.clock.go_on(1)
            scene.gateway.look()
        assert len(scene.topics.sent) == first
        peer.set(SMOKE_FAULT)
        peer.set(POWER)
        scene.gateway.look()
        assert told(scene)[first:] == [("s-1", "", "fault"), ("p-1", "power", "fault")]
        scene.clock.go_on(1)
        scene.gateway.look()
        scene.gateway.close()
    assert told(scene)[first + 2 :] == [
        ("s-1", "", "fault"),
        ("h-1", "", "normal"),
        ("p-1", "broadcast", "normal"),
        ("p-1", "sprinkler", "normal"),
        ("p-1", "panel", "normal"),
        ("p-1", "power", "fault"),
        ("p-1", "link", "normal"),
    ]


def test_a_panel_that_does_not_answer_is_a_fault_that_raises_an_alert_and_clears_when_it_answers_again():
    with panel_peer() as peer:
        port = peer.port
        scene = Scene(plan_of(port=port))
        scene.gateway.look()
    for _ in range(12):
        scene.clock.go_on(1)
        scene.gateway.look()
    with panel_peer(port=port):
        scene.clock.go_on(1)
        scene.gateway.look()
        scene.gateway.close()
    links = [(row.state, (row.event_time_us - START) / MICRO) for row, _ in readings(scene) if row.output == "link"]
    assert links == [("normal", 0), ("fault", 5), ("fault", 10), ("normal", 13)]
    changes = [row for row in through_the_kernel(scene, 20) if row.rule == "panel_fault"]
    assert [(row.condition, row.level, row.unit, (row.event_time_us - START) / MICRO) for row in changes] == [
        ("active", "warning", "link", 5.0),
        ("cleared", "warning", "link", 13.0),
    ]


def test_a_panel_that_never_answered_is_a_fault_too():
    scene = Scene(plan_of(port=1))
    scene.gateway.look()
    assert told(scene) == []
    scene.clock.go_on(5)
    scene.gateway.look()
    assert told(scene) == [("p-1", "link", "fault")]


def test_a_register_that_the_panel_has_not_is_a_fault_and_never_taken_for_no():
    plan = plan_of(port=1)
    with panel_peer() as peer:
        line = PanelLine(host="127.0.0.1", port=peer.port, unit=1, timeout_s=0.5)
        with pytest.raises(RefusedError, match="refuses discrete 64, 1 of them"):
            line.read("discrete", 64, 1)
        line.close()

    class Partial:
        def read(self, table, address, count):
            raise RefusedError("the panel refuses discrete 64")

        def close(self):
            pass

    scene = Scene(plan, line=Partial())
    scene.clock.go_on(6)
    scene.gateway.look()
    assert told(scene) == [("p-1", "link", "fault")]


def test_a_panel_that_accepts_and_then_says_nothing_is_given_up_and_dialled_again():
    silent = socket.create_server(("127.0.0.1", 0))
    taken = []
    threading.Thread(target=lambda: [taken.append(silent.accept()[0]) for _ in range(2)], daemon=True).start()
    line = PanelLine(host="127.0.0.1", port=silent.getsockname()[1], unit=1, timeout_s=0.2)
    for _ in range(2):
        with pytest.raises(TransientError, match="does not answer"):
            line.read("discrete", 0, 1)
    until_s = time.monotonic() + 5
    while len(taken) < 2 and time.monotonic() < until_s:
        time.sleep(0.01)
    assert len(taken) == 2  # one connection at a time: the first one was ended
    for each in (*taken, silent):
        each.close()
    line.close()


def test_the_panel_has_one_connection_however_often_it_is_read():
    with panel_peer() as peer:
        scene = Scene(plan_of(port=peer.port))
        for _ in range(20):
            scene.gateway.look()
        assert (peer.connections, peer.writes) == (1, 0)
        scene.gateway.close()


# -- the pure parts


def test_neighbours_are_read_with_one_question_and_nothing_is_read_that_the_plan_does_not_name():
    linkage = plan_of().linkage
    assert linkage is not None
    assert spans(linkage) == (Span(table="discrete", address=0, count=8),)


@pytest.mark.parametrize(
    ("signal", "value", "yes"),
    [
        ({"table": "coil", "address": 1}, 1, True),
        ({"table": "coil", "address": 1, "inverted": True}, 1, False),
        ({"table": "input", "address": 1, "bit": 3}, 0b1000, True),
        ({"table": "input", "address": 1, "bit": 2}, 0b1000, False),
        ({"table": "holding", "address": 1, "equals": 2}, 2, True),
        ({"table": "holding", "address": 1, "equals": 2}, 3, False),
    ],
)
def test_a_signal_says_yes_or_no(signal, value, yes):
    made = Signal.model_validate(signal)
    assert says(made, {(made.table, 1): value}) is yes


def states(panel: Panel, seen: Seen, at_s: float) -> list[str]:
    found = panel.take(seen, START + round(at_s * MICRO))
    return [row.state for row in found if row.output == "sprinkler"]


def test_feedback_counts_from_the_start_on_and_a_contact_that_said_it_before_is_stuck():
    panel = Panel(plan_of(), began_us=START)
    back, run = frozenset({"hall-sprinkler"}), frozenset({"hall-sprinkler"})
    assert states(panel, Seen(feedback=back), 0) == ["fault"]
    assert states(panel, Seen(feedback=back, started=run), 1) == ["output_started"]  # its feedback is missing, and alarms
    assert states(panel, Seen(started=run), 2) == ["normal"]
    assert states(panel, Seen(started=run, feedback=back), 3) == ["feedback"]


def test_feedback_that_goes_while_the_output_runs_is_missing_from_then_on():
    panel = Panel(plan_of(), began_us=START)
    run = frozenset({"hall-sprinkler"})
    assert states(panel, Seen(), 0) == ["normal"]
    assert states(panel, Seen(started=run, feedback=run), 1) == ["output_started", "feedback"]
    assert states(panel, Seen(started=run), 2) == ["output_started"]
    assert states(panel, Seen(started=run, feedback=run), 3) == ["feedback"]


def test_an_output_that_runs_already_at_the_start_is_told_with_its_feedback():
    panel = Panel(plan_of(), began_us=START)
    run = frozenset({"hall-sprinkler"})
    assert states(panel, Seen(started=run, feedback=run), 0)[:2] == ["output_started", "feedback"]


def test_running_outputs_are_not_told_again_with_the_beat_as_if_they_began_anew():
    panel = Panel(plan_of(), began_us=START)
    run = frozenset({"hall-sprinkler"})
    panel.take(Seen(started=run, feedback=run), START)
    assert states(panel, Seen(started=run, feedback=run), 60) == []


def test_trouble_of_the_line_is_said_when_it_begins_and_when_it_is_over(capsys):
    with panel_peer() as peer:
        port = peer.port
    scene = Scene(plan_of(port=port))
    for _ in range(3):
        scene.gateway.look()
    with panel_peer(port=port):
        scene.gateway.look()
        scene.gateway.close()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[1] == "linkage: the panel answers again"
