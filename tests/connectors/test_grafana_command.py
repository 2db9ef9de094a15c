"""`muster dashboards push` as it is called: where the token may come from, what is said, how it ends."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cli import dashboards_options, dashboards_push
from cli.__main__ import app
from connectors.grafana.wanted import read_boards, read_contacts, read_drills, read_playlist
from pipelines.errors import ConfigError
from tests.connectors.grafana_fake import TOKEN, FakeGrafana, Trouble, fake_grafana

BOARD = {"uid": "muster-crowd-en", "title": "Crowd", "panels": []}


@pytest.fixture
def fake() -> Iterator[FakeGrafana]:
    with fake_grafana() as made:
        yield made


@pytest.fixture
def boards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "dashboards"
    for language in ("en", "zh"):
        (folder / language).mkdir(parents=True)
        (folder / language / "crowd.json").write_text(json.dumps(BOARD | {"uid": f"muster-crowd-{language}"}))
    monkeypatch.setattr(dashboards_push, "BOARDS", folder)
    monkeypatch.delenv("GRAFANA_TOKEN_FILE", raising=False)
    monkeypatch.delenv("GRAFANA_URL", raising=False)
    return folder


def secret(folder: Path, name: str, text: str, mode: int = 0o600) -> str:
    path = folder / name
    path.write_text(f"{text}\n")
    path.chmod(mode)
    return str(path)


def call(*options: str) -> Result:
    return CliRunner().invoke(app, ["dashboards", "push", *options])


def clickhouse(folder: Path) -> list[str]:
    file = secret(folder, "clickhouse.secret", "pw-canary")
    return ["--clickhouse", "clickhouse:9000", "--clickhouse-user", "dashboards", "--clickhouse-password-file", file]


def test_it_pushes_and_the_second_time_says_that_nothing_is_to_change(fake: FakeGrafana, boards: Path, tmp_path: Path) -> None:
    options = ["--url", fake.url, "--token-file", secret(tmp_path, "token", TOKEN), *clickhouse(tmp_path)]
    first, second = call(*options), call(*options)
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "made" in first.stderr
    assert "nothing to change" in second.stderr
    assert "canary" not in first.output + second.output
    assert TOKEN not in first.output + second.output


def test_a_token_on_the_command_line_is_refused_and_not_repeated(fake: FakeGrafana, boards: Path) -> None:
    ended = call("--url", fake.url, "--token", "glsa_canary")
    assert ended.exit_code == 2
    assert "--token-file" in ended.stderr
    assert "canary" not in ended.output
    assert fake.requests == []


def test_the_tokens_file_may_be_named_by_the_environment(
    fake: FakeGrafana, boards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAFANA_TOKEN_FILE", secret(tmp_path, "token", TOKEN))
    monkeypatch.setenv("GRAFANA_URL", fake.url)
    assert call(*clickhouse(tmp_path)).exit_code == 0


def test_a_tokens_file_that_others_can_read_is_refused(fake: FakeGrafana, boards: Path, tmp_path: Path) -> None:
    ended = call("--url", fake.url, "--token-file", secret(tmp_path, "token", TOKEN, mode=0o644))
    assert ended.exit_code == 2
    assert "chmod 600" in ended.stderr


def test_without_a_token_it_says_where_to_put_one(boards: Path) -> None:
    ended = call("--url", "http://127.0.0.1:9")
    assert ended.exit_code == 2
    assert "GRAFANA_TOKEN_FILE" in ended.stderr


def test_a_dry_run_shows_the_difference_and_ends_well(fake: FakeGrafana, boards: Path, tmp_path: Path) -> None:
    options = ["--url", fake.url, "--token-file", secret(tmp_path, "token", TOKEN), *clickhouse(tmp_path)]
    call(*options)
    (boards / "en" / "crowd.json").write_text(json.dumps(BOARD | {"title": "Crowd, newer"}))
    before = len(fake.writes)
    ended = call(*options, "--dry-run", "--json")
    assert ended.exit_code == 0
    assert 'title: "Crowd" → "Crowd, newer"' in ended.stderr
    assert json.loads(ended.stdout)["counts"]["changed"] == 1
    assert fake.writes[before:] == []


def test_a_step_that_fails_ends_with_one(fake: FakeGrafana, boards: Path, tmp_path: Path) -> None:
    fake.troubles = [Trouble("POST /teams", status=403, message="no")]
    ended = call("--url", fake.url, "--token-file", secret(tmp_path, "token", TOKEN), *clickhouse(tmp_path))
    assert ended.exit_code == 1
    assert "the next push goes on from there" in ended.stderr


def test_a_wrong_token_ends_with_one_and_nobody_there_with_three(fake: FakeGrafana, boards: Path, tmp_path: Path) -> None:
    assert call("--url", fake.url, "--token-file", secret(tmp_path, "token", "glsa_other")).exit_code == 1
    assert call("--url", "http://127.0.0.1:9", "--token-file", secret(tmp_path, "token", TOKEN)).exit_code == 3


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--language", "de"], "expected en, zh or both"),
        (["--clickhouse", "clickhouse"], "expected HOST:PORT"),
        (["--clickhouse", "clickhouse:9000"], "goes with --clickhouse-user"),
        (["--clickhouse-user", "x"], "go with --clickhouse"),
    ],
)
def test_wrong_options_are_sentences(boards: Path, tmp_path: Path, options: list[str], words: str) -> None:
    ended = call("--url", "http://127.0.0.1:9", "--token-file", secret(tmp_path, "token", TOKEN), *options)
    assert ended.exit_code == 2
    assert words in ended.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("[]", "expected a board with a title"),
        ('{"title": "x"}', "uid: expected"),
        ('{"title": "x", "uid": "../../admin"}', "uid: expected"),
        ('{"title": "x", "uid": "muster-crowd-en"}', "has the uid of en/crowd.json"),
    ],
)
def test_a_board_that_is_none_is_refused_before_anything_is_dialled(boards: Path, text: str, words: str) -> None:
    (boards / "en" / "other.json").write_text(text)
    with pytest.raises(ConfigError, match=words):
        read_boards(boards, "en")


CONTACT = "contact_point: {name: Desk, type: webhook, settings: {url: 'https://x.example'}, secrets: {password: s}}\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("contact_point: {name: x, type: webhook, colour: red}\n", "contact_point.colour"),
        (CONTACT.replace("settings: {", "settings: {password: a, "), "stands in settings and in secrets"),
        (CONTACT, "secret file s: cannot be read"),
        (CONTACT + "policy: {group_wait: soon}\n", "policy.group_wait"),
        ("- [", "is no YAML"),
    ],
)
def test_a_wrong_contacts_file_is_a_sentence(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "contacts.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=words):
        read_contacts(file)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{id: t1, title: x, begin: 2026-05-01T19:30:00, end: 2026-05-01T20:30:00+08:00}", "expected times with an offset"),
        ("{id: t1, title: x, begin: 2026-05-01T19:30:00+08:00, end: 2026-05-01T19:30:00+08:00}", "expected a time after begin"),
        ("{id: T 1, title: x, begin: 2026-05-01T19:30:00+08:00, end: 2026-05-01T20:30:00+08:00}", "drills.0.id"),
        ('{id: t1, title: "a\\u202eb", begin: 2026-05-01T19:30:00+08:00, end: 2026-05-01T20:30:00+08:00}', "drills.0.title"),
    ],
)
def test_a_wrong_drills_file_is_a_sentence(tmp_path: Path, line: str, words: str) -> None:
    file = tmp_path / "drills.yaml"
    file.write_text(f"drills:\n  - {line}\n")
    with pytest.raises(ConfigError, match=words):
        read_drills(file)


def test_a_playlist_is_read_where_there_is_one(tmp_path: Path) -> None:
    file = tmp_path / "playlist.yaml"
    assert read_playlist(file) is None
    file.write_text("interval: 20s\nboards: [crowd, platform]\n")
    playlist = read_playlist(file)
    assert playlist is not None
    assert (playlist.interval, list(playlist.boards)) == ("20s", ["crowd", "platform"])


def test_every_option_is_in_the_docs() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "commands.md").read_text(encoding="utf-8")
    section = page.split("## `muster dashboards push`")[1].split("\n## ")[0]
    named = set(inspect.signature(dashboards_options.push).parameters)
    options = {f"--{name.replace('_', '-')}" for name in named - {"token", "as_json"}} | {"--json"}
    assert [option for option in sorted(options) if option not in section] == []
