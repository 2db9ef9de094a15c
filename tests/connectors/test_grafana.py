"""A push against a Grafana that keeps state: what is made, what a second push does, and what every kind of trouble leaves behind."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.grafana import places
from connectors.grafana.client import Grafana, Limits
from connectors.grafana.outcome import Did, Outcome
from connectors.grafana.platform_rules import GROUP, INTERVAL_S, RULES
from connectors.grafana.push import Push, Wanted
from connectors.grafana.screens import TAG
from connectors.grafana.wanted import Contacts, Drill, Playlist, read_boards
from pipelines.errors import ConfigError, RefusedError, TransientError
from tests.connectors.grafana_fake import PLUGIN, TOKEN, FakeGrafana, Trouble, fake_grafana

QUICK = Limits(connect_s=1, call_s=0.4, health_s=0.4)
SOURCE = places.Source(host="clickhouse", port=9000, user="dashboards", password="pw-canary-1")
DRILL = Drill.model_validate(
    {"id": "t1", "title": 'Hall <b>2</b> "fire"', "begin": "2026-05-01T19:30:00+08:00", "end": "2026-05-01T20:00:00+08:00"}
)


@pytest.fixture
def fake() -> Iterator[FakeGrafana]:
    with fake_grafana() as made:
        yield made


def board(uid: str, title: str, **more: Any) -> dict[str, Any]:
    panel = {"id": 1, "type": "stat", "title": "People", "targets": [{"refId": "A", "rawSql": "SELECT 1"}]}
    return {"uid": uid, "title": title, "schemaVersion": 39, "tags": ["muster"], "panels": [panel], **more}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for language, title in (("en", "Platform"), ("zh", "平台")):
        (tmp_path / language).mkdir()
        for name in ("crowd", "platform"):
            model = board(f"muster-{name}-{language}", f"{title} {name}")
            (tmp_path / language / f"{name}.json").write_text(json.dumps(model, ensure_ascii=False), encoding="utf-8")
    return tmp_path


def change(folder: Path, **changes: Any) -> None:
    path = folder / "en" / "platform.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes), encoding="utf-8")


def contacts(folder: Path, **more: Any) -> tuple[Contacts, Path]:
    secret = folder / "desk.secret"
    secret.write_text("pw-canary-2\n")
    secret.chmod(0o600)
    point = {"name": "Muster desk", "type": "webhook", "settings": {"url": "https://desk.example/h", "username": "m"}}
    return Contacts.model_validate({"contact_point": point | {"secrets": {"password": "desk.secret"}}, **more}), folder / "contacts.yaml"


def wanted(folder: Path, **more: Any) -> Wanted:
    found: Any = {language: read_boards(folder, language) for language in ("en", "zh")}
    return Wanted(**{"boards": found, "source": SOURCE, **more})


def whole(folder: Path) -> Wanted:
    playlist = Playlist.model_validate({"boards": ["crowd", "platform"], "interval": "45s"})
    return wanted(folder, contacts=contacts(folder), drills=(DRILL,), playlist=playlist)


def push(fake: FakeGrafana, asked: Wanted, *, limits: Limits | None = None, **options: Any) -> list[Outcome]:
    grafana = Grafana(fake.url, TOKEN, limits=limits or Limits())
    try:
        grafana.start()
        return list(Push(grafana=grafana, wanted=asked, sleep=lambda _: None, **options).run())
    finally:
        grafana.close()


def did(outcomes: list[Outcome], *kinds: Did) -> list[str]:
    return [f"{outcome.step}: {outcome.thing}" for outcome in outcomes if outcome.did in kinds]


def sentence(outcomes: list[Outcome], *, step: str) -> str:
    return " | ".join(outcome.sentence for outcome in outcomes if outcome.step == step and outcome.sentence)


class TestAPush:
    def test_makes_everything_on_an_empty_grafana(self, fake: FakeGrafana, folder: Path) -> None:
        outcomes = push(fake, whole(folder))
        assert did(outcomes, Did.FAILED, Did.KEPT) == []
        assert {uid: made["title"] for uid, made in fake.folders.items()} == {
            "muster-en": "Muster",
            "muster-zh": "Muster 中文",
            "muster-platform": "Muster platform 平台",
        }
        assert set(fake.boards) == {"muster-crowd-en", "muster-platform-en", "muster-crowd-zh", "muster-platform-zh"}
        assert fake.boards["muster-crowd-zh"]["folderUid"] == "muster-zh"
        assert set(fake.rules) == {rule.uid for rule in RULES}
        assert fake.intervals == {GROUP: INTERVAL_S}
        assert [team["name"] for team in fake.teams] == ["Muster analysts", "Muster engineers"]
        assert {kept["name"] for kept in fake.playlists.values()} == {"Muster big screen", "Muster 大屏"}

    def test_a_second_push_writes_nothing_and_says_so(self, fake: FakeGrafana, folder: Path) -> None:
        push(fake, whole(folder))
        before = len(fake.writes)
        outcomes = push(fake, whole(folder))
        assert did(outcomes, *(set(Did) - {Did.SAME})) == []
        assert fake.writes[before:] == []

    def test_a_dry_run_writes_nothing_and_says_what_would_be(self, fake: FakeGrafana, folder: Path) -> None:
        outcomes = push(fake, whole(folder), dry_run=True)
        assert fake.writes == []
        assert "boards: en/crowd.json 'Platform crowd'" in did(outcomes, Did.MADE)
        assert did(outcomes, Did.FAILED) == []

    def test_a_changed_file_changes_that_board_alone(self, fake: FakeGrafana, folder: Path) -> None:
        push(fake, wanted(folder))
        change(folder, title="Platform <i>new</i>")
        outcomes = push(fake, wanted(folder))
        assert len(did(outcomes, Did.CHANGED)) == 1
        [changed] = [outcome for outcome in outcomes if outcome.did is Did.CHANGED]
        assert 'title: "Platform platform" → "Platform <i>new</i>"' in changed.lines
        assert fake.boards["muster-platform-en"]["model"]["title"] == "Platform <i>new</i>"

    def test_the_data_source_is_the_official_plugins_and_reads_live(self, fake: FakeGrafana, folder: Path) -> None:
        push(fake, wanted(folder))
        source = fake.sources["muster-clickhouse"]
        assert (source["type"], source["jsonData"]["defaultDatabase"], source["jsonData"]["protocol"]) == (PLUGIN, "live", "native")
        assert (source["jsonData"]["host"], source["jsonData"]["port"], source["jsonData"]["username"]) == (
            "clickhouse",
            9000,
            "dashboards",
        )
        assert fake.passwords == {"muster-clickhouse": SOURCE.password}

    def test_a_rule_is_a_table_and_a_threshold_without_a_reduce(self, fake: FakeGrafana, folder: Path) -> None:
        push(fake, wanted(folder))
        rule = fake.rules["muster-tick-age"]
        table, threshold = rule["data"]
        assert (table["model"]["queryType"], table["model"]["format"], table["datasourceUid"]) == ("table", 1, "muster-clickhouse")
        assert (threshold["model"]["type"], threshold["model"]["expression"], rule["condition"]) == ("threshold", "A", "B")
        assert rule["annotations"]["summary"].startswith('Event time of {{ $labels.stage }} is {{ printf "%.0f" $values.A.Value }} s')

    def test_one_language_alone(self, fake: FakeGrafana, folder: Path) -> None:
        push(fake, Wanted(boards={"zh": read_boards(folder, "zh")}, source=SOURCE))
        assert set(fake.folders) == {"muster-zh", "muster-platform"}
        assert set(fake.boards) == {"muster-crowd-zh", "muster-platform-zh"}


class TestABoardEditedByHand:
    def test_is_noticed_shown_and_left(self, fake: FakeGrafana, folder: Path) -> None:
        push(fake, wanted(folder))
        fake.edit_board("muster-platform-en", title="Mine", by="an engineer")
        for _ in range(2):
            outcomes = push(fake, wanted(folder))
            [kept] = [outcome for outcome in outcomes if outcome.did is Did.KEPT]
            assert "edited by hand (an engineer, version 2)" in kept.sentence
            assert 'title: "Mine" → "Platform platform"' in kept.lines
            assert fake.boards["muster-platform-en"]["model"]["title"] == "Mine"

    def test_is_left_when_the_file_changes_too(self, fake: FakeGrafana, folder: Path) -> None:
        push(fake, wanted(folder))
        fake.edit_board("muster-platform-en", title="Mine")
        change(folder, title="Ours, newer")
        assert len(did(push(fake, wanted(folder)), Did.KEPT)) == 1
        assert fake.boards["muster-platform-en"]["model"]["title"] == "Mine"

    def test_is_overwritten_by_force_and_stays_among_its_versions(self, fake: FakeGrafana, folder: Path) -> None:
        push(fake, wanted(folder))
        fake.edit_board("muster-platform-en", title="Mine")
        outcomes = push(fake, wanted(folder), force=True)
        assert "stays in its list of versions, as number 2" in sentence(outcomes, step="boards")
        assert fake.boards["muster-platform-en"]["model"]["title"] == "Platform platform"
        assert len(fake.versions["muster-platform-en"]) == 3
        assert did(push(fake, wanted(folder)), *(set(Did) - {Did.SAME})) == []

    def test_that_says_what_ours_says_counts_as_ours(self, fake: FakeGrafana, folder: Path) -> None:
        push(fake, wanted(folder))
        model = board("muster-platform-en", "Platform platform", graphTooltip=0, links=[])
        (folder / "en" / "platform.json").write_text(json.dumps(model))
        fake.edit_board("muster-platform-en", message="muster push nothing")
        assert did(push(fake, wanted(folder)), Did.KEPT, Did.CHANGED) == []

    def test_between_our_look_and_our_save_is_not_lost(self, fake: FakeGrafana, folder: Path) -> None:
        push(fake, wanted(folder))
        change(folder, title="Ours, newer")
        fake.troubles = [Trouble("POST /dashboards/db", status=412, message="The dashboard has been changed by someone else")]
        outcomes = push(fake, wanted(folder))
        assert "changed by someone else (412); it was left as it is, push again" in sentence(outcomes, step="boards")
        assert fake.boards["muster-platform-en"]["model"]["title"] == "Platform platform"

    def test_and_moved_to_another_folder_stays_there(self, fake: FakeGrafana, folder: Path) -> None:
        push(fake, wanted(folder))
        fake.boards["muster-crowd-en"]["folderUid"] = "muster-zh"
        outcomes = push(fake, wanted(folder))
        assert did(outcomes, Did.KEPT) == ["boards: en/crowd.json 'Platform crowd'"]
        assert fake.boards["muster-crowd-en"]["folderUid"] == "muster-zh"


class TestWhatFilesOnTheServerMade:
    def test_a_board_is_kept(self, fake: FakeGrafana, folder: Path) -> None:
        push(fake, wanted(folder))
        fake.boards["muster-platform-en"]["provisioned"] = True
        change(folder, title="Ours, newer")
        outcomes = push(fake, wanted(folder), force=True)
        assert "comes from a file on Grafana's server" in sentence(outcomes, step="boards")
        assert did(outcomes, Did.FAILED) == []

    def test_rules_and_data_source_are_kept(self, fake: FakeGrafana, folder: Path) -> None:
        push(fake, wanted(folder))
        for rule in fake.rules.values():
            rule.update(provenance="file", title="Other", folderUID="random")
        fake.sources["muster-clickhouse"]["readOnly"] = True
        fake.sources["muster-clickhouse"]["jsonData"]["host"] = "elsewhere"
        before = len(fake.writes)
        outcomes = push(fake, wanted(folder))
        assert did(outcomes, Did.FAILED, Did.CHANGED, Did.MADE) == []
        assert 'jsonData.host: "elsewhere" → "clickhouse"' in next(one for one in outcomes if one.step == "source").lines
        assert fake.writes[before:] == []


class TestRights:
    def test_analysts_view_and_engineers_edit_in_each_folder(self, fake: FakeGrafana, folder: Path) -> None:
        push(fake, wanted(folder))
        ids = {team["name"]: team["id"] for team in fake.teams}
        for items in fake.permissions.values():
            assert {"teamId": ids["Muster analysts"], "permission": 1} in items
            assert {"teamId": ids["Muster engineers"], "permission": 2} in items

    def test_what_others_may_do_stays(self, fake: FakeGrafana, folder: Path) -> None:
        push(fake, wanted(folder))
        fake.permissions["muster-en"] = [{"userId": 5, "permission": 4}, {"role": "Viewer", "permission": 1}]
        outcomes = push(fake, wanted(folder))
        assert did(outcomes, Did.CHANGED) == ["rights: rights in 'Muster'"]
        assert {"userId": 5, "permission": 4} in fake.permissions["muster-en"]
        assert len(fake.permissions["muster-en"]) == 4

    def test_a_folder_of_that_name_is_used_whatever_its_uid(self, fake: FakeGrafana, folder: Path) -> None:
        fake.folders["abc"] = {"id": 1, "uid": "abc", "title": "Muster"}
        fake.permissions["abc"] = []
        push(fake, wanted(folder))
        assert fake.boards["muster-crowd-en"]["folderUid"] == "abc"
        assert len(fake.permissions["abc"]) == 2


class TestContacts:
    def test_the_policy_gets_one_branch_and_keeps_the_others(self, fake: FakeGrafana, folder: Path) -> None:
        other = {"receiver": "grafana-default-email", "object_matchers": [["team", "=", "net"]]}
        fake.policy["routes"] = [other]
        push(fake, wanted(folder, contacts=contacts(folder)))
        ours, *rest = fake.policy["routes"]
        assert (ours["receiver"], ours["object_matchers"]) == ("Muster desk", [["muster", "=", "platform"]])
        assert rest == [other]

    def test_secrets_come_from_files_and_are_sent_again_only_when_asked(self, fake: FakeGrafana, folder: Path) -> None:
        push(fake, wanted(folder, contacts=contacts(folder)))
        assert fake.contacts["c1"]["settings"]["password"] == "pw-canary-2"
        asked = wanted(folder, contacts=contacts(folder))
        (folder / "desk.secret").write_text("pw-canary-3\n")
        assert did(push(fake, asked), Did.CHANGED) == []
        outcomes = push(fake, asked, renew_secrets=True)
        assert did(outcomes, Did.CHANGED) == ["source: Muster", "contacts: contact point 'Muster desk'"]
        assert fake.contacts["c1"]["settings"]["password"] == "pw-canary-3"


class TestMarksAndPlaylist:
    def test_a_drill_is_one_mark_without_anything_that_a_browser_runs(self, fake: FakeGrafana, folder: Path) -> None:
        for _ in range(2):
            push(fake, wanted(folder, drills=(DRILL,)))
        [mark] = fake.marks
        assert mark["tags"] == [TAG, "drill-t1"]
        assert (mark["time"], mark["timeEnd"]) == (1777635000000, 1777636800000)
        assert "<" not in mark["text"]

    def test_a_playlist_of_a_board_that_is_not_there_is_refused(self, fake: FakeGrafana, folder: Path) -> None:
        outcomes = push(fake, wanted(folder, playlist=Playlist.model_validate({"boards": ["nowhere"]})))
        assert "there is no board nowhere in en/; there are crowd, platform" in sentence(outcomes, step="playlist")
        assert fake.playlists == {}

    def test_a_playlist_that_was_changed_is_set_again(self, fake: FakeGrafana, folder: Path) -> None:
        push(fake, whole(folder))
        fake.playlists["p1"]["items"].reverse()
        assert did(push(fake, whole(folder)), Did.CHANGED) == ["playlist: playlist 'Muster big screen'"]
        assert [item["value"] for item in fake.playlists["p1"]["items"]] == ["muster-crowd-en", "muster-platform-en"]


class TestTheDataSource:
    def test_a_missing_plugin_is_a_sentence_with_its_cure_and_the_boards_are_made(self, fake: FakeGrafana, folder: Path) -> None:
        fake.plugins.clear()
        outcomes = push(fake, wanted(folder))
        assert f"grafana cli plugins install {PLUGIN}" in sentence(outcomes, step="source")
        assert fake.sources == {}
        assert len(fake.boards) == 4
        fake.plugins.add(PLUGIN)
        assert did(push(fake, wanted(folder)), Did.FAILED) == []

    def test_one_that_was_never_made_is_asked_for(self, fake: FakeGrafana, folder: Path) -> None:
        outcomes = push(fake, wanted(folder, source=None))
        assert "--clickhouse" in sentence(outcomes, step="source")

    def test_one_that_is_there_needs_no_address(self, fake: FakeGrafana, folder: Path) -> None:
        push(fake, wanted(folder))
        assert did(push(fake, wanted(folder, source=None)), *(set(Did) - {Did.SAME})) == []

    def test_one_that_does_not_answer_is_said_and_stops_nothing_else(self, fake: FakeGrafana, folder: Path) -> None:
        fake.troubles = [Trouble("/health$", manner="hang", times=0), Trouble("GET /datasources/uid/.*/health", manner="hang", times=1)]
        outcomes = push(fake, wanted(folder), limits=QUICK)
        assert "ClickHouse is slow or not there" in sentence(outcomes, step="source")
        assert len(fake.boards) == 4
        assert len(fake.rules) == len(RULES)

    def test_one_that_answers_slowly_is_said(self, fake: FakeGrafana, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        clock = iter((0.0, 3.5))
        monkeypatch.setattr(Grafana, "now_s", staticmethod(lambda: next(clock)))
        assert "only after 3.5 s" in sentence(push(fake, wanted(folder)), step="source")

    def test_one_that_refuses_the_password_is_said_with_its_words(self, fake: FakeGrafana, folder: Path) -> None:
        fake.health = (400, {"status": "ERROR", "message": "code: 516, Authentication failed"})
        outcomes = push(fake, wanted(folder))
        assert "Authentication failed" in sentence(outcomes, step="source")
        assert "--renew-secrets" in sentence(outcomes, step="source")

    def test_one_changed_by_hand_is_set_again(self, fake: FakeGrafana, folder: Path) -> None:
        push(fake, wanted(folder))
        fake.sources["muster-clickhouse"]["jsonData"] |= {"port": 1, "version": "4.10"}
        outcomes = push(fake, wanted(folder))
        assert did(outcomes, Did.CHANGED) == ["source: Muster"]
        assert (
            fake.sources["muster-clickhouse"]["jsonData"] | {"port": 9000, "version": "4.10"}
            == fake.sources["muster-clickhouse"]["jsonData"]
        )


class TestTrouble:
    def test_a_wrong_token_is_refused_at_the_start(self, fake: FakeGrafana) -> None:
        grafana = Grafana(fake.url, "glsa_wrong")
        with pytest.raises(RefusedError, match="does not take the token") as raised:
            grafana.start()
        grafana.close()
        assert "glsa_wrong" not in str(raised.value)

    def test_a_token_without_the_right_fails_its_steps_alone(self, fake: FakeGrafana, folder: Path) -> None:
        fake.troubles = [Trouble("POST /teams", status=403, message="You'll need additional permissions: teams:create")]
        outcomes = push(fake, wanted(folder))
        assert did(outcomes, Did.FAILED) == ["rights: teams"]
        assert "has not the right to do this (403)" in sentence(outcomes, step="rights")
        assert len(fake.boards) == 4

    @pytest.mark.parametrize("status", [400, 409, 412, 422, 500, 502, 503])
    def test_a_failure_half_way_is_made_good_by_the_next_push(self, fake: FakeGrafana, folder: Path, status: int) -> None:
        fake.troubles = [Trouble("POST /dashboards/db", status=status, message="not now", times=1)]
        outcomes = push(fake, wanted(folder))
        assert did(outcomes, Did.FAILED) == ["boards: en/crowd.json"] or did(outcomes, Did.FAILED) == [
            "boards: en/crowd.json 'Platform crowd'"
        ]
        assert "not now" in sentence(outcomes, step="boards")
        assert set(fake.boards) == {"muster-platform-en", "muster-crowd-zh", "muster-platform-zh"}
        assert did(push(fake, wanted(folder)), Did.MADE) == ["boards: en/crowd.json 'Platform crowd'"]

    def test_a_rule_that_is_refused_takes_no_other_with_it(self, fake: FakeGrafana, folder: Path) -> None:
        fake.troubles = [Trouble("POST /v1/provisioning/alert-rules", status=400, message="invalid", times=1)]
        outcomes = push(fake, wanted(folder))
        assert len(did(outcomes, Did.FAILED)) == 1
        assert len(fake.rules) == len(RULES) - 1

    def test_too_many_calls_are_made_again_after_a_wait(self, fake: FakeGrafana, folder: Path) -> None:
        fake.troubles = [Trouble("POST /dashboards/db", status=429, times=2)]
        assert did(push(fake, wanted(folder)), Did.FAILED) == []

    def test_a_folder_that_cannot_be_made_is_said_with_each_of_its_boards(self, fake: FakeGrafana, folder: Path) -> None:
        fake.troubles = [Trouble("POST /folders$", status=403, message="no", times=1)]
        outcomes = push(fake, wanted(folder))
        assert did(outcomes, Did.FAILED) == ["folders: Muster", "boards: en/crowd.json", "boards: en/platform.json"]
        assert set(fake.boards) == {"muster-crowd-zh", "muster-platform-zh"}

    @pytest.mark.parametrize("manner", ["hang", "reset", "drip"])
    def test_a_grafana_that_goes_away_is_given_up_after_two_silences(self, fake: FakeGrafana, folder: Path, manner: str) -> None:
        fake.troubles = [Trouble("dashboards", manner=manner)]
        outcomes = push(fake, wanted(folder), limits=QUICK)
        assert sum("was not tried" in outcome.sentence for outcome in outcomes) == 4
        assert len(fake.rules) == 0
        fake.troubles = []
        assert did(push(fake, wanted(folder)), Did.FAILED) == []

    @pytest.mark.parametrize(
        "path", ["folders", "datasources", "dashboards", "alert-rules", "rule-groups", "teams", "permissions", "playlists"]
    )
    def test_an_answer_of_another_shape_is_a_sentence_and_the_rest_goes_on(self, fake: FakeGrafana, folder: Path, path: str) -> None:
        push(fake, whole(folder))
        fake.troubles = [Trouble(f"GET .*{path}", manner="odd")]
        outcomes = push(fake, whole(folder))
        assert did(outcomes, Did.FAILED)
        assert did(outcomes, Did.SAME)
        fake.troubles = []
        assert did(push(fake, whole(folder)), Did.FAILED) == []

    @pytest.mark.parametrize(
        ("manner", "kind", "words"),
        [
            ("hang", TransientError, "no answer within"),
            ("drip", TransientError, "no answer within"),
            ("reset", TransientError, "no connection"),
            ("redirect", ConfigError, "another address"),
            ("text", ConfigError, "not as Grafana does"),
        ],
    )
    def test_what_is_no_grafana_is_a_sentence_at_the_start(self, fake: FakeGrafana, manner: str, kind: type[Exception], words: str) -> None:
        fake.troubles = [Trouble("/health", manner=manner)]
        grafana = Grafana(fake.url, TOKEN, limits=QUICK)
        with pytest.raises(kind, match=words):
            grafana.start()
        grafana.close()

    def test_nobody_at_that_address_may_pass(self) -> None:
        grafana = Grafana("http://127.0.0.1:9", TOKEN, limits=QUICK)
        with pytest.raises(TransientError, match="no connection"):
            grafana.start()
        grafana.close()

    def test_grafana_below_a_path_is_reached(self, fake: FakeGrafana) -> None:
        grafana = Grafana(f"{fake.url}/grafana/", TOKEN)
        assert grafana.start() == "12.3.0"
        grafana.close()

    @pytest.mark.parametrize("url", ["ftp://x", "http://", "http://u:pw-canary@x", "http://x/?a=b", "x:3000", "http://x:99999"])
    def test_a_wrong_address_is_refused_before_anything_is_dialled(self, url: str) -> None:
        with pytest.raises(ConfigError, match="Grafana's address") as raised:
            Grafana(url, TOKEN)
        assert "canary" not in str(raised.value)

    def test_no_secret_is_said_or_logged(self, fake: FakeGrafana, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        fake.troubles = [Trouble("POST|PUT", status=500, message="not now", times=4)]
        outcomes = push(fake, whole(folder)) + push(fake, whole(folder), renew_secrets=True, dry_run=True)
        said = caplog.text + "".join(f"{outcome.thing} {outcome.sentence} {outcome.lines}" for outcome in outcomes)
        assert [secret for secret in (TOKEN, "pw-canary") if secret in said] == []
