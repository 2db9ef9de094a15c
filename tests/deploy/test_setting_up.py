"""What stands in for the machine where there is none: the mode's folder, its holders, the registry's topic, the secrets."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from connectors.secret_file import read_secret
from pipelines.codec import SCHEMAS
from pipelines.errors import ConfigError
from pipelines.settings import Settings
from plan.load import load, parse
from stack import flink, held, schema_topic, secret_files, setup_mode
from stack.registry import make_server, read_subjects
from stack.submit import built
from tests.plans import plan_dict


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    home = tmp_path / "home"
    run = home / "run" / "live"
    return Settings(mode="live", kafka="127.0.0.1:1", flink="http://127.0.0.1:1", plan=run / "plan.yaml", run=run, home=home)


def eventually(true: Callable[[], bool], within_s: float = 60) -> bool:
    until_s = time.monotonic() + within_s
    while not true() and time.monotonic() < until_s:
        time.sleep(0.05)
    return true()


# -- the folder of a mode -----------------------------------------------------------------------------------------------------


def test_a_mode_gets_its_folder_with_plan_and_key_for_its_owner_alone(settings: Settings) -> None:
    plan = parse(plan_dict())
    assert setup_mode.set_up(settings, plan) == []
    assert stat.S_IMODE(settings.run.stat().st_mode) == 0o700
    assert stat.S_IMODE((settings.run / "mode.key").stat().st_mode) == 0o600
    assert load(settings.plan) == plan


def test_setting_up_again_keeps_the_key(settings: Settings) -> None:
    setup_mode.set_up(settings, parse(plan_dict()))
    key = settings.mode_key()
    setup_mode.set_up(settings, parse(plan_dict(version=2)))
    assert settings.mode_key() == key
    assert load(settings.plan).version == 2


def test_who_submits_jobs_finds_the_jars_and_no_address(settings: Settings) -> None:
    (settings.home / "jars" / "flink").mkdir(parents=True)
    (settings.home / "jars" / "flink" / "connector.jar").touch()
    setup_mode.set_up(settings, parse(plan_dict()))
    env = flink.client_env(settings.home)
    names = {path.name for path in Path(env["FLINK_LIB_DIR"]).iterdir()}
    assert "connector.jar" in names
    assert any(name.startswith("flink-dist-") for name in names)
    assert yaml.safe_load((Path(env["FLINK_CONF_DIR"]) / "config.yaml").read_text()).keys() == {"env.java.opts.all"}
    assert Path(env["TMPDIR"]).is_dir()


def test_only_a_job_whose_sql_the_plan_changes_begins_anew(settings: Settings) -> None:
    plan = parse(plan_dict())
    setup_mode.set_up(settings, plan)
    jobs = built(settings, plan, start_ms=0)
    changed, *unchanged = jobs
    for name, job in jobs.items():
        (settings.run / f"{name}.sql").write_text("\n".join(job.statements) if name != changed else "SELECT 1")
        (settings.run / "checkpoints" / name / "x").mkdir(parents=True)
    assert setup_mode.set_up(settings, plan) == [changed]
    assert not (settings.run / "checkpoints" / changed).exists()
    assert all((settings.run / "checkpoints" / name / "x").exists() for name in unchanged)


# -- holders of what the plan counts ------------------------------------------------------------------------------------------


Holding = Callable[[str, Settings], threading.Thread]


@pytest.fixture
def holding() -> Iterator[Holding]:
    stop, threads = threading.Event(), []

    def hold(kind: str, settings: Settings) -> threading.Thread:
        threads.append(threading.Thread(target=held.hold, args=(kind, settings, stop)))
        threads[-1].start()
        return threads[-1]

    yield hold
    stop.set()
    for thread in threads:
        thread.join()


def states(settings: Settings) -> list[tuple[str, str, bool]]:
    rows = json.loads((settings.run / "held-cameras.json").read_text())["parts"]
    return [(row["name"], row["state"], row["restarts"] > 0) for row in rows]


def test_a_plan_without_anything_to_hold_is_no_fault(settings: Settings, holding: Holding) -> None:
    setup_mode.set_up(settings, parse(plan_dict()))
    ready = settings.run / "ready" / "linkage"
    holding("linkage", replace(settings, ready_file=ready))
    assert eventually(ready.exists)


def test_a_camera_that_cannot_be_opened_is_tried_again_and_again(settings: Settings, holding: Holding) -> None:
    plan = plan_dict()
    plan["cameras"][0]["source"] = str(settings.run / "missing.mp4")
    setup_mode.set_up(settings, parse(plan))
    holder = holding("cameras", settings)
    log = settings.run.parent / "logs" / "cameras" / "detect-c1.log"
    assert eventually(lambda: log.exists() and log.read_text().count("missing.mp4: there is no such file") >= 2)
    assert eventually(lambda: states(settings) == [("detect-c1", "ready", False)]), "it is the camera that is missing, not its worker"
    assert holder.is_alive()


def test_a_second_holder_of_the_same_cameras_is_refused(settings: Settings) -> None:
    setup_mode.set_up(settings, parse(plan_dict()))
    with held.alone("cameras", settings):
        with pytest.raises(ConfigError, match="a second one would count twice"):
            held.alone("cameras", settings)
        held.alone("linkage", settings).close()
    held.alone("cameras", settings).close()


def test_only_what_can_be_held_is_held(settings: Settings) -> None:
    with pytest.raises(ConfigError, match="'alerts' is nothing that can be held"):
        held.parts_of("alerts", settings)


# -- the registry's topic -----------------------------------------------------------------------------------------------------


def test_the_topic_gives_each_subject_its_committed_id_and_every_former_one() -> None:
    subjects = read_subjects(SCHEMAS)
    rows = [json.loads(value) for key, value in schema_topic.records(subjects).items() if json.loads(key)["keytype"] == "SCHEMA"]
    newest = {row["subject"]: (row["id"], row["version"]) for row in rows}
    assert newest == {name: (one.id, one.version) for name, one in subjects.items()}
    assert {row["id"] for row in rows} == {number for one in subjects.values() for number in (one.id, *one.former)}
    assert not any(row["deleted"] for row in rows)


def test_one_id_stands_for_one_text_in_the_topic() -> None:
    texts: dict[int, str] = {}
    for value in map(json.loads, schema_topic.records(read_subjects(SCHEMAS)).values()):
        if "id" in value:
            assert texts.setdefault(value["id"], value["schema"]) == value["schema"]


def test_nothing_is_written_twice() -> None:
    wanted = schema_topic.records(read_subjects(SCHEMAS))
    assert schema_topic.missing(wanted, {}) == wanted
    assert schema_topic.missing(wanted, wanted) == {}


def test_a_registry_that_gave_our_id_to_another_schema_is_refused() -> None:
    wanted = schema_topic.records(read_subjects(SCHEMAS))
    key = json.dumps({"keytype": "SCHEMA", "subject": "theirs", "version": 1, "magic": 1})
    value = json.dumps({"subject": "theirs", "version": 1, "id": 1, "schema": '"string"', "deleted": False})
    with pytest.raises(ConfigError, match="has given id 1 to a schema of theirs"):
        schema_topic.missing(wanted, {key: value})


def test_a_version_of_ours_with_another_id_is_refused() -> None:
    wanted = schema_topic.records(read_subjects(SCHEMAS))
    key, value = next((key, json.loads(value)) for key, value in wanted.items() if "id" in json.loads(value))
    with pytest.raises(ConfigError, match="its topic _schemas is not ours"):
        schema_topic.missing(wanted, {key: json.dumps({**value, "id": 10_000})})


@pytest.fixture
def registry() -> Iterator[str]:
    with make_server(0, SCHEMAS) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        serving.join()


def test_a_registry_with_the_committed_ids_passes(registry: str) -> None:
    schema_topic.check(registry, read_subjects(SCHEMAS))


def test_a_registry_with_other_ids_stops_the_start(registry: str) -> None:
    subjects = read_subjects(SCHEMAS)
    name = "crowd.density.v1-value"
    with pytest.raises(ConfigError, match=r"expected id 9999 for crowd\.density"):
        schema_topic.check(registry, {name: replace(subjects[name], id=9999)})


# -- secrets ------------------------------------------------------------------------------------------------------------------


def test_each_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    made = secret_files.make(tmp_path / "secrets")
    files = {path.name: path for path in (tmp_path / "secrets").iterdir()}
    assert set(made) == set(files)
    assert {stat.S_IMODE(path.stat().st_mode) for path in files.values()} == {0o400}
    before = {name: path.read_bytes() for name, path in files.items()}
    assert secret_files.make(tmp_path / "secrets") == []
    assert {name: path.read_bytes() for name, path in files.items()} == before


def test_clickhouse_is_given_hashes_and_no_password(tmp_path: Path) -> None:
    secret_files.make(tmp_path)
    hashes = (tmp_path / secret_files.HASHES).read_text()
    for user in secret_files.CLICKHOUSE_USERS:
        password = (tmp_path / secret_files.file_of(user)).read_text().strip()
        assert len(password) >= 32
        assert password not in hashes
        assert f"<{user}><password_sha256_hex>{hashlib.sha256(password.encode()).hexdigest()}</password_sha256_hex></{user}>" in hashes


def test_a_password_that_was_taken_away_is_made_anew_with_its_hash(tmp_path: Path) -> None:
    secret_files.make(tmp_path)
    path = tmp_path / secret_files.file_of("muster_writer")
    before = path.read_text()
    path.unlink()
    assert secret_files.make(tmp_path) == [path.name, secret_files.HASHES]
    assert path.read_text() != before
    assert hashlib.sha256(path.read_text().strip().encode()).hexdigest() in (tmp_path / secret_files.HASHES).read_text()


def test_each_secret_belongs_to_its_reader(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file to somebody else")
    secret_files.make(tmp_path)
    wanted = {secret_files.file_of(user): uid for user, uid in secret_files.CLICKHOUSE_USERS.items()}
    wanted |= secret_files.OTHERS | {secret_files.HASHES: secret_files.CLICKHOUSE_UID}
    assert {path.name: path.stat().st_uid for path in tmp_path.iterdir()} == wanted


def test_a_stage_refuses_a_password_that_belongs_to_somebody_else(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file to somebody else")
    secret_files.make(tmp_path)
    with pytest.raises(ConfigError, match="readable by its owner alone"):
        read_secret(tmp_path / secret_files.file_of("muster_writer"))
