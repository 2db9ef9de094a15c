"""`muster linkage check` against the simulated panel."""

from __future__ import annotations

import json

import yaml
from typer.testing import CliRunner

from cli.__main__ import app
from tests.linkage.panel_peer import panel_peer
from tests.linkage.scene import BROADCAST, DEVICES, POWER, SMOKE, at, linkage_dict
from tests.plans import plan_dict


def check(tmp_path, *options, **how):
    path = tmp_path / "plan.yaml"
    path.write_text(yaml.safe_dump(plan_dict(devices=DEVICES, linkage=linkage_dict(**how))), encoding="utf-8")
    return CliRunner().invoke(app, ["linkage", "check", str(path), *options])


def test_it_says_in_words_what_each_register_says_and_writes_nothing(tmp_path):
    with panel_peer() as peer:
        for address in (SMOKE, BROADCAST, POWER):
            peer.set(address)
        found = check(tmp_path, "--json", port=peer.port)
        assert peer.writes == 0
    assert found.exit_code == 0
    rows = {row["register"]: (row["en"], row["zh"]) for row in json.loads(found.stdout)}
    assert len(rows) == 8
    assert rows["discrete 0"] == ("x, smoke detector s-1, ALARM", "某处,感烟探测器s-1,报警")
    assert rows["discrete 1"] == ("x, heat detector h-1, no alarm", "某处,感温探测器h-1,未报警")
    assert rows["discrete 3"] == ("panel p-1, main power LOST", "消防主机p-1,主电源断电")
    assert rows["discrete 4"] == ("x, fire broadcast hall-broadcast, STARTED", "某处,消防应急广播hall-broadcast,已启动")
    assert rows["discrete 5"] == ("x, fire broadcast hall-broadcast, no feedback", "某处,消防应急广播hall-broadcast,无联动反馈")


def test_a_drill_reads_its_simulator(tmp_path):
    with panel_peer() as simulator:
        assert check(tmp_path, "--mode", "drill-t", port=1, simulator=simulator.port).exit_code == 0


def test_its_exit_code_tells_a_silent_panel_from_a_wrong_plan(tmp_path):
    assert check(tmp_path, port=1).exit_code == 3
    with panel_peer() as peer:
        assert check(tmp_path, port=peer.port, fault=at(64)).exit_code == 1
    assert check(tmp_path, "--mode", "drill-t", simulator=None).exit_code == 2
