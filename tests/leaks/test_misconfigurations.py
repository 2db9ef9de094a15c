"""A drill can never reach a real relay: under every single misconfiguration another check refuses, and the panel sees no write.

The panel is a real Modbus server that would take the request: the first test shows that it does when nothing is a drill.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connectors.modbus import Frame, RequestLine
from pipelines.errors import ConfigError, MusterError, RefusedError
from pipelines.linkage.lines import address_of, panel_line, request_line
from pipelines.settings import read
from plan.load import parse
from plan.model import Plan
from tests.linkage.panel_peer import PASSCODE, SPRINKLER, PanelPeer, panel_peer
from tests.linkage.scene import DEVICES, DRILL, DRILL_KEY, LIVE, LIVE_KEY, POSTS, Scene, credentials, linkage_dict, plan_of, writer
from tests.plans import plan_dict


@dataclass
class Stand:
    """The live panel, and the folders of the live mode and of a drill."""

    peer: PanelPeer
    live: Path
    drill: Path

    @property
    def plan(self) -> Plan:
        return plan_of(port=self.peer.port, enabled=True)

    def credentials(self, folder: Path, *, bits: int = 0o600, **changes: Any) -> None:
        path = folder / "panel.credentials"
        path.write_text(json.dumps({"mode": LIVE, "site": "site", "panel": "p-1", "passcode": PASSCODE, **changes}))
        path.chmod(bits)

    def started(self, mode: str, run: Path, *, plan: Plan | None = None, key: bytes | None = None, line: Any = None) -> Scene:
        """A gateway as its process starts it: with the lines that this mode and this folder give."""
        plan = plan or self.plan
        scene = Scene(plan, mode=mode, key=key, writer=request_line(plan, mode, run=run), line=line or panel_line(plan, mode))
        scene.gateway.look()
        return scene


@pytest.fixture
def stand(tmp_path):
    with panel_peer() as peer:
        made = Stand(peer=peer, live=tmp_path / "live", drill=tmp_path / "drill")
        for folder in (made.live, made.drill):
            folder.mkdir()
        made.credentials(made.live)
        yield made


def ask(scene: Scene, **changes: Any) -> str:
    """Press and hold as the drill does, let the gateway ask, and say what it refused with."""
    scene.press_and_hold(**changes)
    scene.gateway.ask()
    scene.gateway.close()
    refused = [change.reason_en for change in scene.topics.of("linkage.changes") if change.state == "refused"]
    return refused[-1] if refused else ""


def test_without_any_drill_the_panel_is_asked_so_that_no_write_means_something(stand):
    assert ask(stand.started(LIVE, stand.live)) == ""
    assert (stand.peer.writes, stand.peer.standing()) == (1, {SPRINKLER})


# -- each: one thing is wrong; what comes back is the sentence of a check that still holds


def _mode_of_the_process(stand: Stand) -> str:
    """MUSTER_MODE says live in the drill's process: its folder has no credentials."""
    with pytest.raises(ConfigError) as caught:
        stand.started(LIVE, stand.drill, key=DRILL_KEY)
    return str(caught.value)


def _mode_of_the_process_and_gestures_of_the_drill(stand: Stand) -> str:
    """The same, with a writer all the same: the drill's gestures say drill."""
    return ask(Scene(stand.plan, mode=LIVE, key=DRILL_KEY, writer=writer(stand.peer.port)), mode=DRILL)


def _mode_spelled_like_live(stand: Stand) -> str:
    sentences = []
    for spelling in ("LIVE", "Live", "live ", " live", "live\n", "l\u0456ve", "\uff4c\uff49\uff56\uff45", "live\0"):
        with pytest.raises(ConfigError) as caught:
            read({"MUSTER_MODE": spelling, "MUSTER_KAFKA": "127.0.0.1:1"})
        sentences.append(str(caught.value))
    return sentences[0]


def _mode_missing(stand: Stand) -> str:
    with pytest.raises(ConfigError) as caught:
        read({"MUSTER_KAFKA": "127.0.0.1:1"})
    return str(caught.value)


def _drill_plan_names_the_live_panel(stand: Stand) -> str:
    """The simulator's address is the panel's: the plan is refused."""
    with pytest.raises(ConfigError) as caught:
        plan_of(port=stand.peer.port, simulator=stand.peer.port, enabled=True)
    return str(caught.value)


def _drill_plan_names_the_live_panel_unchecked(stand: Stand) -> str:
    """The same, with the check of the plan left out: the drill has no line to request by."""
    linkage = stand.plan.linkage
    assert linkage is not None
    plan = stand.plan.model_copy(update={"linkage": linkage.model_copy(update={"simulator": linkage.panel})})
    return ask(stand.started(DRILL, stand.drill, plan=plan))


def _simulator_on_another_machine(stand: Stand) -> str:
    linkage = stand.plan.linkage
    assert linkage is not None and linkage.simulator is not None
    elsewhere = linkage.simulator.model_copy(update={"host": "10.0.9.2"})
    plan = stand.plan.model_copy(update={"linkage": linkage.model_copy(update={"simulator": elsewhere})})
    with pytest.raises(ConfigError) as caught:
        address_of(plan, DRILL)
    return str(caught.value)


def _simulator_missing(stand: Stand) -> str:
    with pytest.raises(ConfigError) as caught:
        address_of(plan_of(port=stand.peer.port, simulator=None, enabled=True), DRILL)
    return str(caught.value)


def _credentials_copied(stand: Stand) -> str:
    """The drill's folder holds the live credentials: they are not even read."""
    stand.credentials(stand.drill)
    assert request_line(stand.plan, DRILL, run=stand.drill) is None
    return ask(stand.started(DRILL, stand.drill))


def _credentials_of_a_drill(stand: Stand) -> str:
    stand.credentials(stand.live, mode=DRILL)
    with pytest.raises(ConfigError) as caught:
        request_line(stand.plan, LIVE, run=stand.live)
    return str(caught.value)


def _credentials_open(stand: Stand) -> str:
    stand.credentials(stand.live, bits=0o644)
    with pytest.raises(ConfigError) as caught:
        request_line(stand.plan, LIVE, run=stand.live)
    return str(caught.value)


def _folder_of_the_live_mode(stand: Stand) -> str:
    """MUSTER_RUN of the drill is the live folder, with its credentials and its key."""
    return ask(stand.started(DRILL, stand.live, key=LIVE_KEY))


def _writer_given_to_the_drill(stand: Stand) -> str:
    """The drill's process holds a line that writes, as if its start had not refused one."""
    return ask(Scene(stand.plan, mode=DRILL, writer=writer(stand.peer.port)))


def _mode_flipped_in_the_record(stand: Stand) -> str:
    """The gesture in the drill's topic says live."""
    return ask(Scene(stand.plan, mode=DRILL, writer=writer(stand.peer.port)), mode=LIVE)


def _topic_of_the_live_mode(stand: Stand) -> str:
    """The drill's page writes into the live topic."""
    return ask(stand.started(LIVE, stand.live), mode=DRILL, key=DRILL_KEY)


def _topic_of_the_live_mode_flipped(stand: Stand) -> str:
    """A gesture that says live, signed in a drill, in the live topic."""
    return ask(stand.started(LIVE, stand.live), key=DRILL_KEY)


def _key_copied(stand: Stand) -> str:
    """The drill signs with the live key."""
    return ask(stand.started(LIVE, stand.live), mode=DRILL, key=LIVE_KEY)


def _reads_the_drills_topic(stand: Stand) -> str:
    """The live process reads the drill's topic: it does not hear it, whatever it says."""
    scene = stand.started(LIVE, stand.live)
    for which in ("press", "held"):
        scene.hear(scene.gesture(which), mode=DRILL)
        scene.clock.go_on(2)
    scene.gateway.ask()
    assert (scene.gateway.refused, scene.states()) == (2, [])
    scene.gateway.close()
    return "not heard"


def _permit_left_out(stand: Stand) -> str:
    """Whoever decides forgets to: the line itself refuses the frame."""
    line = writer(stand.peer.port)
    with pytest.raises(RefusedError) as caught:
        line.ask(Frame(mode=DRILL, equipment="hall-sprinkler", address=0, echo=0, code=SPRINKLER, beat=1))
    return str(caught.value)


def _outputs_enabled_in_the_drill(stand: Stand) -> str:
    return ask(stand.started(DRILL, stand.drill))


def _unit_of_the_reader(stand: Stand) -> str:
    """Requests go by the unit of reading."""
    wrong = linkage_dict(port=stand.peer.port, enabled=True)
    wrong["outputs"]["unit"] = wrong["panel"]["unit"]
    with pytest.raises(ConfigError) as caught:
        parse(plan_dict(devices=DEVICES, posts=POSTS, linkage=wrong))
    return str(caught.value)


MISCONFIGURATIONS: tuple[tuple[Callable[[Stand], str], str], ...] = (
    (_mode_of_the_process, "credentials panel.credentials: cannot be read"),
    (_mode_of_the_process_and_gestures_of_the_drill, "came to the live panel"),
    (_mode_spelled_like_live, "expected 'live' or 'drill-'"),
    (_mode_missing, "MUSTER_MODE"),
    (_drill_plan_names_the_live_panel, "it is the address of the panel itself"),
    (_drill_plan_names_the_live_panel_unchecked, "never asks a panel"),
    (_simulator_on_another_machine, "is not on this machine"),
    (_simulator_missing, "has no simulator"),
    (_credentials_copied, "never asks a panel"),
    (_credentials_of_a_drill, "not for the live mode"),
    (_credentials_open, "by its owner alone"),
    (_folder_of_the_live_mode, "never asks a panel"),
    (_writer_given_to_the_drill, "never asks a panel"),
    (_mode_flipped_in_the_record, "never asks a panel"),
    (_topic_of_the_live_mode, "came to the live panel"),
    (_topic_of_the_live_mode_flipped, "not signed"),
    (_key_copied, "came to the live panel"),
    (_reads_the_drills_topic, "not heard"),
    (_permit_left_out, "does not go to a panel"),
    (_outputs_enabled_in_the_drill, "never asks a panel"),
    (_unit_of_the_reader, "need a unit of their own"),
)


@pytest.mark.parametrize(("wrong", "sentence"), MISCONFIGURATIONS, ids=[row[0].__name__.strip("_") for row in MISCONFIGURATIONS])
def test_another_check_refuses_and_the_panel_sees_no_write(stand, wrong, sentence):
    found = wrong(stand)
    assert sentence in found
    assert (stand.peer.writes, stand.peer.standing()) == (0, set())


def test_every_misconfiguration_of_this_file_is_in_the_table():
    named = {name for name, value in globals().items() if name.startswith("_") and callable(value) and not name.startswith("__")}
    assert named == {row[0].__name__ for row in MISCONFIGURATIONS}


def test_the_line_is_never_made_for_a_drill_whatever_the_folder_holds(stand):
    stand.credentials(stand.drill, mode=DRILL)
    assert request_line(stand.plan, DRILL, run=stand.drill) is None
    with pytest.raises(MusterError):
        RequestLine(credentials(mode=DRILL), site="site", panel="p-1", host="127.0.0.1", port=1, unit=2, timeout_s=1)
