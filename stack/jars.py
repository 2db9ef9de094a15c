"""The Java archives of Kafka and Flink's connectors: a lock with a sha256 each, and the download that obeys it."""

from __future__ import annotations

import hashlib
import json
import ssl
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import certifi
import httpx

from pipelines.errors import ConfigError

LOCK_FILE = Path(__file__).with_name("jars.lock.json")
KAFKA_VERSION = "4.3.1"
WANTED: Mapping[str, tuple[str, ...]] = {
    "kafka": (
        f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}",
        f"org.apache.kafka:kafka-clients:{KAFKA_VERSION}",
        "org.apache.logging.log4j:log4j-slf4j-impl:2.25.2",
    ),
    "flink": (
        "org.apache.flink:flink-sql-connector-kafka:5.0.0-2.2",
        "org.apache.flink:flink-sql-avro-confluent-registry:2.3.0",
    ),
}
NOT_NEEDED = ("com.google.code.findbugs:jsr305",)  # annotations only
THREADS, TRIES = 8, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Jar:
    """One archive: ``group:artifact:version``, its sha256 (hex) and its size in bytes."""

    coordinate: str
    sha256: str
    size: int

    @property
    def file_name(self) -> str:
        """``artifact-version.jar``."""
        _, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.jar"

    @property
    def repository_path(self) -> str:
        """Where a Maven repository keeps it."""
        group, artifact, version = self.coordinate.split(":")
        return f"{group.replace('.', '/')}/{artifact}/{version}/{self.file_name}"

    def fits(self, content: bytes) -> bool:
        """Whether these are the bytes that were locked."""
        return len(content) == self.size and hashlib.sha256(content).hexdigest() == self.sha256


def read_lock(path: Path = LOCK_FILE) -> dict[str, tuple[Jar, ...]]:
    """The locked jars by folder.

    Raises:
        ConfigError: the lock cannot be read.
    """
    try:
        groups = json.loads(path.read_text())
        return {group: tuple(Jar(coordinate=coordinate, **about) for coordinate, about in jars.items()) for group, jars in groups.items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        msg = f"the list of Java archives {path.name} cannot be read: {error}"
        raise ConfigError(msg) from error


def missing_jars(folder: Path, jars: Iterable[Jar]) -> list[Jar]:
    """Which jars must still be downloaded; a file with other bytes than locked, or not in the lock, is removed."""
    folder.mkdir(parents=True, exist_ok=True)
    by_name = {jar.file_name: jar for jar in jars}
    for path in folder.iterdir():
        jar = by_name.get(path.name)
        if jar is not None and jar.fits(path.read_bytes()):
            del by_name[path.name]
        else:
            path.unlink()
    return list(by_name.values())


def download_jars(
    folder: Path,
    jars: Sequence[Jar],
    *,
    get: Callable[[Jar], bytes],
    progress: Callable[[str, int, int], None],
    pause_s: float = 0.5,
) -> None:
    """Bring *jars* into *folder*, eight at a time; only verified bytes ever get their final name.

    Raises:
        ConfigError: a jar did not come, or came with other bytes, several times.
    """
    label, total = f"{folder.name} jars", len(jars)
    progress(label, 0, total)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="jars") as pool:
        done = pool.map(lambda jar: _download(folder, jar, get, pause_s), jars)
        for count, _ in enumerate(done, start=1):
            progress(label, count, total)


def _download(folder: Path, jar: Jar, get: Callable[[Jar], bytes], pause_s: float) -> None:
    reason = ""
    for attempt in range(TRIES):
        try:
            content = get(jar)
        except (httpx.HTTPError, OSError) as error:
            reason = str(error) or type(error).__name__
        else:
            if jar.fits(content):
                part = folder / f"{jar.file_name}.part"
                part.write_bytes(content)
                part.replace(folder / jar.file_name)
                return
            reason = f"expected {jar.size} bytes with sha256 {jar.sha256[:12]}…, got {len(content)} bytes that differ"
        time.sleep(pause_s * 2**attempt)
    msg = f"{jar.coordinate} could not be downloaded: {reason}"
    raise ConfigError(msg)


def repository_client() -> httpx.Client:
    """A client that trusts the machine's own certificates (a company's proxy) as well as the usual list."""
    trust = ssl.create_default_context()
    trust.load_verify_locations(certifi.where())
    return httpx.Client(verify=trust, follow_redirects=True, timeout=httpx.Timeout(60, connect=15))


def from_repository(client: httpx.Client, jar: Jar) -> bytes:
    """The bytes of one jar from the public Maven repository; httpx.HTTPError when it does not come."""
    from jgo.constants import MAVEN_CENTRAL_URL  # noqa: PLC0415 - it takes a third of a second

    answer = client.get(f"{MAVEN_CENTRAL_URL}/{jar.repository_path}")
    answer.raise_for_status()
    return answer.content


def relock(path: Path = LOCK_FILE) -> None:
    """Resolve WANTED anew, download everything once and write the lock: for a change of versions only."""
    lock: dict[str, dict[str, dict[str, str | int]]] = {}
    with tempfile.TemporaryDirectory() as folder, repository_client() as client:
        for group, wanted in WANTED.items():
            coordinates = sorted(_resolve(wanted, Path(folder)))
            jars = [Jar(coordinate=coordinate, sha256="", size=0) for coordinate in coordinates]
            with ThreadPoolExecutor(THREADS) as pool:
                contents = pool.map(lambda jar: from_repository(client, jar), jars)
            lock[group] = {
                jar.coordinate: {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
                for jar, content in zip(jars, contents, strict=True)
            }
    path.write_text(json.dumps(lock, indent=2) + "\n")


def _resolve(wanted: Iterable[str], cache: Path) -> set[str]:
    from jgo.constants import MAVEN_CENTRAL_URL  # noqa: PLC0415 - as above
    from jgo.maven import MavenContext  # noqa: PLC0415 - as above
    from jgo.maven._core import Dependency  # noqa: PLC0415 - as above

    context = MavenContext(repo_cache=cache, remote_repos={"central": MAVEN_CENTRAL_URL}, timeout=60)
    roots = []
    for coordinate in wanted:
        group, artifact, version = coordinate.split(":")
        roots.append(Dependency(context.project(group, artifact).at_version(version).artifact(), scope="compile"))
    inputs, transitive = context.resolver.resolve(roots)
    found = {_forced(found.groupId, found.artifactId, found.version) for found in [*inputs, *transitive]}
    return {coordinate for coordinate in found if coordinate.rpartition(":")[0] not in NOT_NEEDED}


def _forced(group: str, artifact: str, version: str) -> str:
    # A resolver left alone has taken an older kafka-clients, and the broker died with NoSuchMethodError.
    return f"{group}:{artifact}:{KAFKA_VERSION if group == 'org.apache.kafka' else version}"
