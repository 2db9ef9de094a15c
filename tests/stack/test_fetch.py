"""Only bytes that the lock names are ever used."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from pipelines.errors import ConfigError
from stack import npm
from stack.fetch import clean
from stack.jars import KAFKA_VERSION, Jar, download_jars, missing_jars, read_lock

CONTENT = b"PK the archive"
JAR = Jar(coordinate="org.example:thing:1.0", sha256=hashlib.sha256(CONTENT).hexdigest(), size=len(CONTENT))


def silent(_what: str, _done: int, _total: int) -> None:
    """Progress that nobody reads."""


def test_a_jar_knows_its_place_in_a_repository() -> None:
    assert JAR.repository_path == "org/example/thing/1.0/thing-1.0.jar"


def test_a_verified_jar_is_used_as_it_is(tmp_path: Path) -> None:
    (tmp_path / JAR.file_name).write_bytes(CONTENT)
    assert missing_jars(tmp_path, [JAR]) == []


def test_a_jar_with_other_bytes_is_removed_and_missing(tmp_path: Path) -> None:
    (tmp_path / JAR.file_name).write_bytes(CONTENT + b"!")
    assert missing_jars(tmp_path, [JAR]) == [JAR]
    assert list(tmp_path.iterdir()) == []


def test_what_the_lock_does_not_name_is_removed(tmp_path: Path) -> None:
    (tmp_path / "thing-0.9.jar").write_bytes(CONTENT)
    (tmp_path / "thing-1.0.jar.part").write_bytes(CONTENT)
    missing_jars(tmp_path, [JAR])
    assert list(tmp_path.iterdir()) == []


def test_a_download_that_breaks_is_tried_again(tmp_path: Path) -> None:
    answers: list[Exception | bytes] = [httpx.ConnectError("no route"), CONTENT[:-1], CONTENT]

    def get(_jar: Jar) -> bytes:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    seen: list[tuple[str, int, int]] = []
    download_jars(tmp_path, [JAR], get=get, progress=lambda *step: seen.append(step), pause_s=0)
    assert (tmp_path / JAR.file_name).read_bytes() == CONTENT
    assert seen == [(f"{tmp_path.name} jars", 0, 1), (f"{tmp_path.name} jars", 1, 1)]


def test_wrong_bytes_never_get_the_final_name_and_end_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"org\.example:thing:1\.0 could not be downloaded: expected 14 bytes"):
        download_jars(tmp_path, [JAR], get=lambda _: b"evil", progress=silent, pause_s=0)
    assert list(tmp_path.iterdir()) == []


def test_an_unreachable_repository_ends_in_a_sentence(tmp_path: Path) -> None:
    def get(_jar: Jar) -> bytes:
        raise httpx.ConnectError("no route to host")

    with pytest.raises(ConfigError, match="no route to host"):
        download_jars(tmp_path, [JAR], get=get, progress=silent, pause_s=0)


def test_the_committed_lock_holds_one_version_of_kafka_and_whole_hashes() -> None:
    lock = read_lock()
    kafka = [jar for jar in lock["kafka"] if jar.coordinate.startswith("org.apache.kafka:")]
    assert {jar.coordinate.rpartition(":")[2] for jar in kafka} == {KAFKA_VERSION}
    assert all(len(jar.sha256) == 64 and jar.size > 0 for jars in lock.values() for jar in jars)


@pytest.mark.parametrize("text", ["", "[]", '{"kafka": {"a:b:c": {"sha": 1}}}'])
def test_a_broken_lock_is_a_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "lock.json").write_text(text)
    with pytest.raises(ConfigError, match=r"lock\.json cannot be read"):
        read_lock(tmp_path / "lock.json")


def test_the_lock_of_the_engine_pins_it_by_hash_and_names_no_server() -> None:
    text = (npm.CHDB_LOCK / "package-lock.json").read_text()
    package = json.loads(text)["packages"]["node_modules/@chdb/lib-linux-x64-gnu"]
    assert package["integrity"].startswith("sha512-")
    assert "http" not in text


def test_a_page_is_built_once_for_the_same_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources, home, calls = tmp_path / "web", tmp_path / "home", list[str]()
    sources.mkdir()

    def run_node(folder: Path, *arguments: str) -> None:
        calls.append(Path(arguments[0]).name)
        if "--outDir" in arguments:
            (home / "web" / "dist").mkdir(parents=True, exist_ok=True)
            (home / "web" / "dist" / "index.html").write_text((folder / "index.html").read_text())
        else:
            (folder / "node_modules").mkdir(exist_ok=True)

    monkeypatch.setattr(npm, "run_node", run_node)
    npm.build_page(home, sources, silent)
    assert calls == []  # there is no page yet
    for name in ("package.json", "package-lock.json", "index.html"):
        (sources / name).write_text(name)
    npm.build_page(home, sources, silent)
    npm.build_page(home, sources, silent)
    assert calls == ["npm-cli.js", "vite.js"]
    (sources / "index.html").write_text("new")
    npm.build_page(home, sources, silent)
    assert calls == ["npm-cli.js", "vite.js", "vite.js"]
    assert (home / "web" / "dist" / "index.html").read_text() == "new"


def test_a_node_script_that_fails_is_a_sentence_with_its_last_words(tmp_path: Path) -> None:
    (tmp_path / "bad.js").write_text("console.error('the lock does not fit'); process.exit(1)")
    with pytest.raises(ConfigError, match=r"(?s)bad\.js build failed.*the lock does not fit"):
        npm.run_node(tmp_path, "bad.js", "build")


def test_clean_removes_the_runtime_folder_and_the_environment_only(tmp_path: Path) -> None:
    for name in (".muster/run", ".venv/bin", "plan"):
        (tmp_path / name).mkdir(parents=True)
    clean(tmp_path / ".muster", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["plan"]


def test_clean_leaves_recorded_video_where_it_is(tmp_path: Path) -> None:
    for name in (".muster/run", ".muster/recordings/live/c1"):
        (tmp_path / name).mkdir(parents=True)
    clean(tmp_path / ".muster", tmp_path)
    assert [path.name for path in (tmp_path / ".muster").iterdir()] == ["recordings"]
    assert (tmp_path / ".muster" / "recordings" / "live" / "c1").is_dir()


def test_importing_the_supervisor_does_not_import_a_client() -> None:
    code = "import sys, stack.supervisor; sys.exit(any(name in sys.modules for name in ('pyflink', 'confluent_kafka')))"
    assert subprocess.run([sys.executable, "-c", code], cwd=npm.CHDB_LOCK.parents[1], check=False).returncode == 0
