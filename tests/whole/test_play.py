"""The whole path on real Kafka, Flink and ClickHouse: a file of people played through, with and without kill -9."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from cli.paths import ROOT, data_folder
from cli.play import mode_of
from connectors import clickhouse
from stack.addresses import read_addresses
from stack.machine import Machine
from tests.whole.conftest import HOME, Command, kill, report, restarts

pytestmark = pytest.mark.stack

RECORDED = [
    ("040_c_56_h-.txt", "m", "25", "act_now"),
    ("uo-180-180-070.txt", "cm", "16", "caution"),
    ("bi_corr_400_b_03.txt", "cm", "25", "watch"),
    ("traj_UNI_CORR_500_01.txt", "m", "25", "none"),
]


def play(path: Path, out: Path, *, unit: str = "m", fps: str = "10", rate: str = "0") -> Command:
    return Command("play", "positions", str(path), "--unit", unit, "--fps", fps, "--rate", rate, "--wait", "--report", str(out))


@pytest.fixture(scope="module")
def base():
    """One base machine for the plays of this module: they join it instead of starting one each."""
    with Machine(HOME, ROOT, name="test-base", join=False) as machine:
        machine.start([])
        yield machine


def ids(found: dict) -> list[tuple[str, str, str, tuple[tuple[str, int], ...]]]:
    return sorted(
        (row["id"], row["rule"], row["level"], tuple((step["level"], step["event_time_us"]) for step in row["levels"]))
        for row in found["alerts"]
    )


def test_alerts_are_the_same_after_kill_9_of_flink_alerts_and_store(base, jam, tmp_path):
    """Played at full speed without a kill, then at rate 1 with one of each before the last alert."""
    quiet = play(jam, tmp_path / "quiet.json")
    assert quiet.end() == 0, quiet.text()
    expected = report(tmp_path / "quiet.json")
    assert expected["zones"] == {"zone": "act_now"}
    assert [row["level"] for row in expected["alerts"][0]["levels"]] == ["watch", "caution", "warning", "critical", "act_now"]

    holder = mode_of(jam)
    killed = play(jam, tmp_path / "killed.json", rate="1")
    killed.wait_for(lambda: "playing jam.txt" in killed.text(), "the start of the play")
    time.sleep(4)
    kill(holder, "alerts")
    time.sleep(3)
    kill("test-base", "flink-taskmanager")
    time.sleep(12)
    kill(holder, "store")
    time.sleep(2)
    kill(holder, "alerts")
    killed.wait_for(lambda: min(restarts(holder)[name] for name in ("alerts", "store")) >= 1, "the restarts")
    assert killed.end() == 0, killed.text()
    found = report(tmp_path / "killed.json")
    assert ids(found) == ids(expected)
    assert found["zones"] == expected["zones"]
    assert measures(found) == measures(expected)
    _stored_once(base, holder, found)


def measures(found: dict) -> dict[int, tuple[float, float]]:
    return {row["window_end_us"]: (row["density_per_m2"], row["local_peak_per_m2"]) for row in found["measures"]}


def _stored_once(base, mode: str, found: dict) -> None:
    """Every window once in ClickHouse, as a set by zone and window end, and every change of the alert."""
    addresses = read_addresses(HOME)
    client = clickhouse.client(addresses.clickhouse)
    database = clickhouse.database_of(mode)
    until, rows = time.monotonic() + 60, (0, 0, 0)
    want = len(found["measures"])
    while time.monotonic() < until:
        rows = client.execute(
            f"SELECT uniqExact(zone, window_end_us), uniqExact(source_partition, source_offset), count() FROM {database}.crowd_density"
        )[0]
        if rows[0] >= want:
            break
        time.sleep(0.5)
    client.disconnect()
    assert rows[0] == want
    assert rows[1] == rows[2], "a row of one offset is there twice"


@pytest.mark.parametrize(("name", "unit", "fps", "level"), RECORDED)
def test_recorded_people_reach_the_level_that_the_ladder_gives_them(base, tmp_path, name, unit, fps, level):
    path = data_folder() / "trajectories" / name
    if not path.is_file():
        pytest.skip(f"recorded trajectories are not here: {path.name} (MUSTER_DATA names their folder)")
    command = play(path, tmp_path / "out.json", unit=unit, fps=fps)
    assert command.end() == 0, command.text()
    found = report(tmp_path / "out.json")
    assert found["zones"] == {"zone": level}
    if level == "act_now":
        assert [(row["rule"], row["latched"]) for row in found["alerts"]] == [("crowd_density", True)]
        assert "critical" in [step["level"] for step in found["alerts"][0]["levels"]]
    if level == "none":
        assert (found["alerts"], found["changes"]) == ([], 0)


def test_one_vehicle_drives_the_wrong_way_and_no_other(base, tmp_path):
    lines = ["t,id,x,y,speed,angle_deg,lane,label"]
    for step in range(300):
        t = step * 0.2
        lines += [f"{t:.1f},car{car},{(20 * car + 10 * t) % 390 + 5:.1f},-2,10,90,east_0,normal" for car in range(6)]
        if 60 <= step < 160:
            lines.append(f"{t:.1f},ghost,{300 - 6 * (t - 12):.1f},-2,6,270,east_0,ghost")
    path = tmp_path / "road.csv"
    path.write_text("\n".join(lines) + "\n")
    command = Command("play", "vehicles", str(path), "--rate", "0", "--wait", "--report", str(tmp_path / "out.json"))
    assert command.end() == 0, command.text()
    found = report(tmp_path / "out.json")
    assert [(row["rule"], row["place"], row["level"]) for row in found["alerts"]] == [("wrong_way", "east-0", "warning")]


@pytest.mark.parametrize(
    ("content", "unit", "sentence"),
    [
        (b"1 0 0 0 0\n1 1 5 5 0\n" * 1, "cm", "is its unit m?"),
        (b"hello world\n", "m", "expected 'id frame x y z'"),
        (b"1 0 nan 0 0\n", "m", "not a finite number"),
        (b"\xff\xfe\x00", "m", "not a text file"),
    ],
)
def test_a_wrong_file_is_refused_with_a_sentence_before_anything_starts(tmp_path, content, unit, sentence):
    (tmp_path / "people.txt").write_bytes(content)
    command = play(tmp_path / "people.txt", tmp_path / "out.json", unit=unit, fps="10")
    assert command.end() == 2
    assert sentence in command.text()
