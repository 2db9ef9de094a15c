"""The whole path on real Kafka, Flink and ClickHouse: a file of people played through, with and without kill -9."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import yaml

from cli.paths import ROOT, data_folder
from cli.play import mode_of
from connectors import clickhouse
from pipelines.units import MICRO
from simulation.play_positions import plan_around
from simulation.trajectories import read_trajectories
from stack.addresses import read_addresses
from stack.machine import Machine
from tests.whole.conftest import HOME, Command, kill, report, restarts

pytestmark = pytest.mark.stack

RECORDED = [
    ("040_c_56_h-.txt", "m", "25", "act_now", "act_now"),
    ("uo-180-180-070.txt", "cm", "16", "caution", "critical"),
    ("bi_corr_400_b_03.txt", "cm", "25", "watch", "caution"),
    ("traj_UNI_CORR_500_01.txt", "m", "25", "none", "none"),
]
LEVELS = ["watch", "caution", "warning", "critical", "act_now"]
COLLAPSE, COUNTER_FLOW, PRESSURE = "suspected_collapse", "counter_flow", "crowd_pressure"


def play(path: Path, out: Path, *, unit: str = "m", fps: str = "10", rate: str = "0", plan: Path | None = None) -> Command:
    how = ("--unit", unit, "--fps", fps, "--rate", rate, "--wait", "--report", str(out))
    return Command("play", "positions", str(path), *how, *(("--plan", str(plan)) if plan else ()))


PRESSED: dict[str, bool] = {}  # by file: whether crowd pressure was raised without noise


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
    """Every window that ends on a second once in ClickHouse, as a set by zone and window end, and every change of the alert."""
    addresses = read_addresses(HOME)
    client = clickhouse.client(addresses.clickhouse)
    database = clickhouse.database_of(mode)
    until, rows = time.monotonic() + 60, (0, 0, 0)
    want = sum(row["window_end_us"] % MICRO == 0 for row in found["measures"])
    while time.monotonic() < until:
        rows = client.execute(
            f"SELECT uniqExact(zone, window_end_us), uniqExact(source_partition, source_offset), count() FROM {database}.zone_seconds"
        )[0]
        if rows[0] >= want:
            break
        time.sleep(0.5)
    client.disconnect()
    assert rows[0] == want
    assert rows[1] == rows[2], "a row of one offset is there twice"


def recorded(name: str) -> Path:
    path = data_folder() / "trajectories" / name
    if not path.is_file():
        pytest.skip(f"recorded trajectories are not here: {path.name} (MUSTER_DATA names their folder)")
    return path


def with_way(path: Path, out: Path, *, unit: str, fps: str) -> Path:
    """The plan that `play` makes for the file, with the same floor as a way beside it."""
    plan = plan_around(read_trajectories(path, unit=unit, fps=float(fps)), name=path.name, area_type="standing", camera="cam")
    plain = plan.model_dump(mode="json", exclude_none=True)
    plain["zones"].append({**plain["zones"][0], "id": "way", "area_type": "way"})
    out.write_text(yaml.safe_dump(plain))
    return out


def played(path: Path, out: Path, *, unit: str, fps: str, plan: Path | None = None) -> tuple[dict[str, str], dict[str, list[dict]]]:
    """Each zone's highest level, and the alerts of the standing view by rule."""
    command = play(path, out, unit=unit, fps=fps, plan=plan)
    assert command.end() == 0, command.text()
    found = report(out)
    rules: dict[str, list[dict]] = {}
    for row in found["alerts"]:
        if row["place"] != "way":
            rules.setdefault(row["rule"], []).append(row)
    return found["zones"], rules


def in_order(alert: dict) -> bool:
    ranks = [LEVELS.index(step["level"]) for step in alert["levels"]]
    times = [step["event_time_us"] for step in alert["levels"]]
    return ranks == sorted(set(ranks)) and times == sorted(times)


@pytest.mark.parametrize(("name", "unit", "fps", "standing", "way"), RECORDED)
def test_recorded_people_reach_the_level_that_the_ladder_gives_them(base, tmp_path, name, unit, fps, standing, way):
    path = recorded(name)
    plan = with_way(path, tmp_path / "plan.yaml", unit=unit, fps=fps)
    levels, rules = played(path, tmp_path / "out.json", unit=unit, fps=fps, plan=plan)
    assert levels == {"zone": standing, "way": way}
    PRESSED[name] = PRESSURE in rules
    assert all(in_order(row) for rows in rules.values() for row in rows)
    assert COLLAPSE not in rules
    if standing == "act_now":
        (crowd,) = rules["crowd_density"]
        assert (crowd["latched"], [step["level"] for step in crowd["levels"]]) == (True, LEVELS)
    assert (COUNTER_FLOW in rules) == name.startswith("bi_corr")
    if standing == "none":
        assert rules == {}


@pytest.mark.parametrize(("name", "unit", "fps", "standing", "way"), RECORDED)
def test_three_centimetres_of_noise_change_no_level_and_raise_no_pressure(base, tmp_path, name, unit, fps, standing, way):
    if name not in PRESSED:
        pytest.skip("needs what the file does without noise: run the whole module")
    clean, noisy = recorded(name), tmp_path / name
    rows = [line.split() for line in clean.read_text().splitlines() if line.strip() and not line.startswith("#")]
    chance, scale = np.random.default_rng(3), 0.03 if unit == "m" else 3.0
    jitter = chance.normal(0, scale, size=(len(rows), 2))
    noisy.write_text(
        "".join(
            f"{row[0]} {row[1]} {float(row[2]) + dx:.4f} {float(row[3]) + dy:.4f} 0\n" for row, (dx, dy) in zip(rows, jitter, strict=True)
        )
    )
    plan = with_way(clean, tmp_path / "plan.yaml", unit=unit, fps=fps)
    levels, rules = played(noisy, tmp_path / "noisy.json", unit=unit, fps=fps, plan=plan)
    assert levels == {"zone": standing, "way": way}
    assert all(in_order(row) for rows in rules.values() for row in rows)
    assert COLLAPSE not in rules
    assert PRESSED[name] or PRESSURE not in rules


def test_people_who_vanish_inside_the_jam_are_a_suspected_collapse_and_nothing_clears(base, tmp_path):
    """Six in ten of those in the jam of 040_c_56_h- lose their tracks within five seconds."""
    chance, gone, rows = np.random.default_rng(3), {}, []
    for line in recorded("040_c_56_h-.txt").read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        person, frame = line.split()[:2]
        if person not in gone:
            gone[person] = 25 * (20 + 5 * chance.random()) if chance.random() < 0.6 else 1e9
        if float(frame) < gone[person]:
            rows.append(line)
    path = tmp_path / "cut.txt"
    path.write_text("\n".join(rows) + "\n")
    _, rules = played(path, tmp_path / "cut.json", unit="m", fps="25")
    (collapse,) = rules[COLLAPSE]
    assert (collapse["level"], collapse["latched"], collapse["condition"]) == ("critical", True, "active")
    (crowd,) = rules["crowd_density"]
    assert (crowd["latched"], crowd["condition"]) == (True, "active")


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
