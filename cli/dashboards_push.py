"""`muster dashboards push`: folders, data source, boards, rules, rights into a running Grafana; a second push changes nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from cli.console import FAILED, UNREACHABLE, USAGE, console, fail, print_json
from cli.paths import ROOT, from_caller
from connectors.grafana.client import Grafana
from connectors.grafana.outcome import Did, Outcome, count
from connectors.grafana.places import Source
from connectors.grafana.push import Push, Wanted
from connectors.grafana.wanted import LANGUAGES, Board, Language, read_boards, read_contacts, read_drills, read_playlist
from connectors.secret_file import read_secret
from pipelines.errors import ConfigError, RefusedError, TransientError

BOARDS: Final = ROOT / "dashboards"
TOKEN_VARIABLE: Final = "GRAFANA_TOKEN_FILE"  # noqa: S105 - the name of a variable that names a file
_LOOPBACK: Final = ("http://127.0.0.1", "http://localhost", "http://[::1]")
_WORDS: Final = {Did.MADE: "would make", Did.CHANGED: "would change", Did.SAME: "same", Did.KEPT: "keep", Did.FAILED: "failed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """The command's options."""

    url: str
    token_file: Path | None = None
    token: str | None = None
    dry_run: bool = False
    force: bool = False
    renew_secrets: bool = False
    language: str = "both"
    clickhouse: str | None = None
    clickhouse_user: str | None = None
    clickhouse_password_file: Path | None = None
    clickhouse_tls: bool = False
    contacts: Path | None = None
    drills: Path | None = None
    boards: Path | None = None
    ca_file: Path | None = None
    as_json: bool = False


def push(how: How) -> None:
    """Push, and say what became of each thing; exit 1 if one failed, 2 for a wrong file or option, 3 if Grafana is not there."""
    try:
        grafana, wanted = _connection(how), _wanted(how)
    except ConfigError as error:
        fail(error, USAGE)
    try:
        _dial(grafana, how)
        run = Push(grafana=grafana, wanted=wanted, dry_run=how.dry_run, force=how.force, renew_secrets=how.renew_secrets)
        outcomes = []
        for outcome in run.run():
            _say(outcome, dry_run=how.dry_run)
            outcomes.append(outcome)
    finally:
        grafana.close()
    _sum_up(outcomes, how)


def _connection(how: How) -> Grafana:
    if how.token is not None:
        raise ConfigError(
            "--token: a token on the command line can be read by every process on this machine, and stays in the shell's history; "
            f"write it into a file (chmod 600) and give --token-file FILE, or name the file in {TOKEN_VARIABLE}"
        )
    named = how.token_file or (Path(os.environ[TOKEN_VARIABLE]) if os.environ.get(TOKEN_VARIABLE) else None)
    if named is None:
        raise ConfigError(f"no token: give --token-file FILE, or name the file in {TOKEN_VARIABLE}")
    ca_file = None if how.ca_file is None else from_caller(how.ca_file)
    return Grafana(how.url, read_secret(from_caller(named)), ca_file=ca_file)


def _wanted(how: How) -> Wanted:
    if how.language not in (*LANGUAGES, "both"):
        raise ConfigError(f"--language {how.language}: expected en, zh or both")
    folder = BOARDS if how.boards is None else from_caller(how.boards)
    found: dict[Language, Sequence[Board]] = {language: read_boards(folder, language) for language in _languages(how.language)}
    if not any(found.values()):
        console.print(f"  no boards in {folder.name}/: `muster dashboards generate` makes them", markup=False)
    contacts = None if how.contacts is None else from_caller(how.contacts)
    return Wanted(
        boards=found,
        source=_source(how),
        contacts=None if contacts is None else (read_contacts(contacts), contacts),
        drills=() if how.drills is None else read_drills(from_caller(how.drills)),
        playlist=read_playlist(folder / "playlist.yaml"),
    )


def _languages(named: str) -> Sequence[Language]:
    chosen: dict[str, Sequence[Language]] = {"en": ("en",), "zh": ("zh",), "both": ("en", "zh")}
    return chosen[named]


def _source(how: How) -> Source | None:
    given = (how.clickhouse, how.clickhouse_user, how.clickhouse_password_file)
    if how.clickhouse is None:
        if any(given):
            raise ConfigError("--clickhouse-user and --clickhouse-password-file go with --clickhouse HOST:PORT")
        return None
    host, _, port = how.clickhouse.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ConfigError(f"--clickhouse: expected HOST:PORT of the native protocol, as Grafana's server sees it, got '{how.clickhouse}'")
    if how.clickhouse_user is None or how.clickhouse_password_file is None:
        raise ConfigError(
            "--clickhouse: goes with --clickhouse-user and --clickhouse-password-file, of an account that may only read views"
        )
    password = read_secret(from_caller(how.clickhouse_password_file))
    return Source(host=host.strip("[]"), port=int(port), user=how.clickhouse_user, password=password, secure=how.clickhouse_tls)


def _dial(grafana: Grafana, how: How) -> None:
    if how.url.startswith("http://") and not how.url.startswith(_LOOPBACK):
        console.print("  the token goes to Grafana unencrypted: use https where others share the network", markup=False)
    try:
        version = grafana.start()
    except TransientError as error:
        fail(error, UNREACHABLE)
    except RefusedError as error:
        fail(error, FAILED)
    except ConfigError as error:
        fail(error, USAGE)
    console.print(f"  Grafana {version} at {grafana.url}", markup=False)


def _say(outcome: Outcome, *, dry_run: bool) -> None:
    word = _WORDS[outcome.did] if dry_run else outcome.did.value
    note = f": {outcome.sentence}" if outcome.sentence else ""
    console.print(f"  {outcome.step:<9} {word:<12} {outcome.thing}{note}", markup=False)
    for line in outcome.lines:
        console.print(f"  {'':<22} {line}", markup=False)


def _sum_up(outcomes: Sequence[Outcome], how: How) -> None:
    counts = count(outcomes)
    did: Literal["would be", "were"] = "would be" if how.dry_run else "were"
    if counts["made"] + counts["changed"] == 0:
        sentence = "nothing to change: it all stands as it should" if not counts["kept"] + counts["failed"] else f"nothing {did} changed"
    else:
        sentence = f"{counts['made']} things {did} made, {counts['changed']} changed"
    console.print(f"{sentence}; {counts['same']} same, {counts['kept']} kept as they are, {counts['failed']} failed", markup=False)
    if how.as_json:
        rows = [
            {"step": one.step, "thing": one.thing, "did": one.did.value, "sentence": one.sentence, "lines": list(one.lines)}
            for one in outcomes
        ]
        print_json({"dry_run": how.dry_run, "counts": counts, "outcomes": rows})
    if counts["failed"]:
        fail("some of it failed; what was done stays, and the next push goes on from there", FAILED)
