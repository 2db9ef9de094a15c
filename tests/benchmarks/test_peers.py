"""Rounds, medians and ratios of the crowd benchmark, with runners that only pretend."""

from __future__ import annotations

import dataclasses
import json

import pytest

from benchmarks.crowd import peers
from benchmarks.crowd.runners import Runner, Used
from benchmarks.crowd.workload import Size, oracle
from benchmarks.peers import venvs
from pipelines.errors import ConfigError, MusterError

SMALL = Size(cameras=2, seconds=4)


def answering(name, *, start_s, per_m_s, wrong_by=0.0, **parts):
    def run(folder, out):
        about = json.loads((folder / "about.json").read_text())
        size = Size(cameras=about["cameras"], seconds=about["seconds"])
        with out.open("w") as opened:
            for (zone, end_us), answer in oracle(size).items():
                row = {"zone": zone, "window_end_us": end_us, **dataclasses.asdict(answer)}
                opened.write(json.dumps({**row, "people": answer.people + wrong_by}) + "\n")
        return Used(cpu_s=start_s + per_m_s * size.positions / 1e6, wall_s=1.0)

    return Runner(name=name, what="pretends", size=SMALL, run=run, **parts)


class NoStack:
    """A whole path that starts nothing."""

    def __init__(self, *_):
        pass

    def run(self, folder, out):
        raise AssertionError("nothing is run here")

    def latency(self, *_, **__):
        return {"p50": 1.0, "p99": 2.0}


@pytest.fixture
def pretend(monkeypatch):
    monkeypatch.setattr(peers.whole, "WholePath", NoStack)
    monkeypatch.setattr(peers, "_big", lambda *_: {"net_per_m": 1.0})

    def use(*taking_part, left_out=None):
        if all(runner.name != peers.whole.WHOLE for runner in taking_part):
            taking_part = (*taking_part, answering(peers.whole.WHOLE, start_s=0, per_m_s=2, counts_start=False))
        monkeypatch.setattr(peers, "runners", lambda *_a, **_k: (list(taking_part), left_out or {}))

    return use


def test_start_up_is_told_apart_and_ratios_are_to_ours(pretend, tmp_path):
    pretend(answering(peers.EDGE, start_s=1, per_m_s=2), answering("slow", start_s=5, per_m_s=80, goal=30))
    found = peers.run(tmp_path, tmp_path, rounds=2, seconds=4)
    slow = found["runners"]["slow"]
    assert found["ok"]
    assert (found["runners"][peers.EDGE]["net_per_m"], slow["net_per_m"], slow["net_ratio"]) == (2.0, 80.0, 40.0)
    assert slow["gross_per_m"] == pytest.approx(5 / SMALL.positions * 1e6 + 80, abs=0.01)
    assert len(slow["cpu_s_of_rounds"]) == 2
    assert slow["goal_reached"]
    assert (found["ratios"], found["cpu_s_per_m_positions"], found["latency_ms"]["p99"]) == ({"slow": 40.0}, 1.0, 2.0)
    assert found["ratios_to_big"] == {"slow": 80.0}


def test_a_goal_is_reached_by_the_whole_path_only(pretend, tmp_path):
    whole_path = answering(peers.whole.WHOLE, start_s=0, per_m_s=4, counts_start=False)
    pretend(answering(peers.EDGE, start_s=1, per_m_s=2), whole_path, answering("slow", start_s=5, per_m_s=80, goal=20))
    found = peers.run(tmp_path, tmp_path, rounds=1, seconds=4)
    assert (found["runners"]["slow"]["net_ratio"], found["runners"]["slow"]["goal_reached"]) == (20.0, True)


def test_wrong_answers_give_no_figure(pretend, tmp_path):
    pretend(answering(peers.EDGE, start_s=1, per_m_s=2), answering("wrong", start_s=1, per_m_s=1, wrong_by=0.1))
    found = peers.run(tmp_path, tmp_path, rounds=2, seconds=4)
    assert not found["ok"]
    assert list(found["runners"]) == [peers.EDGE, peers.whole.WHOLE]
    assert found["left_out"]["wrong"].startswith("its answers are not the oracle's: people of z0")


def test_our_own_wrong_answers_end_it(pretend, tmp_path):
    pretend(answering(peers.EDGE, start_s=1, per_m_s=2, wrong_by=1.0, tolerance=0))
    with pytest.raises(MusterError, match="not the oracle's"):
        peers.run(tmp_path, tmp_path, rounds=1, seconds=4)


def test_a_peer_that_cannot_be_installed_is_left_out_with_its_reason(monkeypatch, tmp_path):
    monkeypatch.setattr(venvs, "_commands", lambda *_: (["sh", "-c", "echo no wheel for this machine >&2; exit 1"],))
    found, left_out = peers.runners(tmp_path, tmp_path, NoStack(), seconds=4, only=("bytewax",))
    assert [runner.name for runner in found] == [peers.EDGE, peers.whole.WHOLE]
    assert left_out == {"bytewax": "bytewax could not be installed: no wheel for this machine"}


def test_an_unknown_peer_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="there is no peer 'spark'"):
        peers.runners(tmp_path, tmp_path, NoStack(), seconds=4, only=("spark",))
