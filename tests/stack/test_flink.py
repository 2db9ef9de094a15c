"""The settings of the cluster, its jobs, and where a job goes on."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml

from pipelines.errors import RefusedError, TransientError
from stack import clickhouse, flink, java, kafka
from stack.addresses import Addresses, claim_addresses
from stack.clickhouse_server import arguments_for_engine


def completed(root: Path, job: str, run: str, number: int, *, written_s: int) -> Path:
    folder = root / job / run / f"chk-{number}"
    folder.mkdir(parents=True)
    (folder / "_metadata").touch()
    os.utime(folder / "_metadata", (written_s, written_s))
    return folder


def test_the_newest_checkpoint_is_the_last_completed_one_of_any_run(tmp_path: Path) -> None:
    completed(tmp_path, "density", "run1", 90, written_s=100)
    newest = completed(tmp_path, "density", "run2", 3, written_s=200)
    completed(tmp_path, "flow", "run3", 999, written_s=300)
    (tmp_path / "density" / "run2" / "chk-4").mkdir()  # begun, never completed
    assert flink.newest_checkpoint(tmp_path, "density") == newest


def test_of_two_written_together_the_higher_number_is_newer(tmp_path: Path) -> None:
    completed(tmp_path, "density", "run", 9, written_s=100)
    newest = completed(tmp_path, "density", "run", 10, written_s=100)
    assert flink.newest_checkpoint(tmp_path, "density") == newest


def test_no_checkpoint_is_none(tmp_path: Path) -> None:
    assert flink.newest_checkpoint(tmp_path, "density") is None


class FakeJobManager(BaseHTTPRequestHandler):
    """Knows one job."""

    def do_GET(self) -> None:
        self._say(200, b'{"jobs": [{"jid": "a1", "name": "live.density", "state": "RUNNING", "tasks": {}}]}')

    def do_PATCH(self) -> None:
        if self.path == "/jobs/a1?mode=cancel":
            self._say(202, b"{}")
        else:
            self._say(404, b'{"errors": ["Job could not be found."]}')

    def _say(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the standard library's name
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), FakeJobManager) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        serving.join()


def test_jobs_are_listed_and_cancelled(url: str) -> None:
    assert flink.jobs(url) == [flink.Job(id="a1", name="live.density", state="RUNNING")]
    flink.cancel(url, "a1")


def test_cancelling_an_unknown_job_is_refused(url: str) -> None:
    with pytest.raises(RefusedError, match="could not be found"):
        flink.cancel(url, "b2")


def test_a_jobmanager_that_does_not_answer_may_answer_later() -> None:
    with pytest.raises(TransientError, match="does not answer"):
        flink.jobs("http://127.0.0.1:1")


@pytest.fixture
def addresses(tmp_path: Path) -> Addresses:
    return claim_addresses(tmp_path)


def test_the_cluster_listens_on_loopback_only(tmp_path: Path, addresses: Addresses) -> None:
    flink.prepare(tmp_path, addresses)
    settings = yaml.safe_load((flink.conf_dir(tmp_path) / "config.yaml").read_text())
    bound = [value for key, value in settings.items() if key.endswith(("bind-host", "bind-address", "host", "rest.address"))]
    assert set(bound) == {"127.0.0.1"}


def test_the_cluster_has_the_connectors_and_the_wheels_own_jars(tmp_path: Path, addresses: Addresses) -> None:
    (tmp_path / "jars" / "flink").mkdir(parents=True)
    (tmp_path / "jars" / "flink" / "connector.jar").touch()
    flink.prepare(tmp_path, addresses)
    names = {jar.name for jar in flink.lib_dir(tmp_path).iterdir()}
    assert "connector.jar" in names
    assert any(name.startswith("flink-dist") for name in names)


def test_preparing_removes_what_killed_programs_left(tmp_path: Path, addresses: Addresses) -> None:
    left = tmp_path / "run" / "flink" / "tmp" / "blobStore-1"
    left.mkdir(parents=True)
    flink.prepare(tmp_path, addresses)
    assert not left.exists()


def test_kafka_formats_only_an_unformatted_storage_and_creates_no_topic_by_itself(tmp_path: Path, addresses: Addresses) -> None:
    script = kafka.part(tmp_path, addresses).command[2]
    assert script.index("test -f") < script.index("StorageTool") < script.index("exec ") < script.index("kafka.Kafka ")
    properties = (tmp_path / "run" / "kafka" / "server.properties").read_text().splitlines()
    assert "auto.create.topics.enable=false" in properties
    assert f"listeners=PLAINTEXT://{addresses.kafka},CONTROLLER://{addresses.kafka_controller}" in properties


def test_a_cluster_of_three_brokers_keeps_three_copies_and_acknowledges_two(tmp_path: Path) -> None:
    nodes = [kafka.Node(number=number, broker=f"127.0.0.1:{number}", controller=f"127.0.0.1:{number + 3}") for number in (1, 2, 3)]
    parts = kafka.cluster(tmp_path, nodes)
    assert [part.name for part in parts] == ["kafka-1", "kafka-2", "kafka-3"]
    properties = (tmp_path / "run" / "kafka-2" / "server.properties").read_text().splitlines()
    assert {"node.id=2", "controller.quorum.voters=1@127.0.0.1:4,2@127.0.0.1:5,3@127.0.0.1:6"} <= set(properties)
    assert {"default.replication.factor=3", "min.insync.replicas=2", "offsets.topic.replication.factor=3"} <= set(properties)


def test_the_engine_is_called_clickhouse_and_listens_on_loopback() -> None:
    argv = arguments_for_engine(path=Path("store"), config=Path("config.xml"), tcp_port=1, http_port=2)
    assert argv[0] == b"clickhouse"
    assert b"--listen_host=127.0.0.1" in argv


def test_the_engines_settings_cap_its_memory_and_do_not_log() -> None:
    config = clickhouse.config_xml()
    assert f"<max_server_memory_usage>{clickhouse.MEMORY_LIMIT_BYTES}</max_server_memory_usage>" in config
    assert "<logger>" not in config


def test_a_class_archive_is_written_first_and_read_afterwards(tmp_path: Path) -> None:
    jar = tmp_path / "a.jar"
    jar.write_bytes(b"1")
    assert java.shared_classes(tmp_path, "kafka", [jar]) == ()
    java.make_base_archive(tmp_path)
    written = java.shared_classes(tmp_path, "kafka", [jar])
    archive = Path(next(flag for flag in written if "AtExit" in flag).partition("=")[2])
    archive.write_bytes(bytes(100))  # a writer that was killed
    assert java.shared_classes(tmp_path, "kafka", [jar]) == written
    archive.write_bytes(b"\x01\x02\x03\x04")
    assert any(str(archive) in flag and "SharedArchiveFile" in flag for flag in java.shared_classes(tmp_path, "kafka", [jar]))
    jar.write_bytes(b"12")
    assert not any(str(archive) in flag for flag in java.shared_classes(tmp_path, "kafka", [jar]))
