"""The folders, the data source and the rights: what boards and rules stand on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.clean import clean
from connectors.grafana import difference
from connectors.grafana.client import AbsentError, ConflictError, Grafana
from connectors.grafana.outcome import Did, Outcome
from connectors.grafana.platform_rules import FOLDER_TITLE, FOLDER_UID, SOURCE_UID
from pipelines.errors import MusterError, RefusedError, TransientError

SOURCE_NAME: Final = "Muster"
PLUGIN: Final = "grafana-clickhouse-datasource"
FOLDERS: Final[Mapping[str, tuple[str, str]]] = {"en": ("muster-en", "Muster"), "zh": ("muster-zh", "Muster 中文")}
PLATFORM: Final = (FOLDER_UID, FOLDER_TITLE)
_VIEW, _EDIT = 1, 2
TEAMS: Final[Mapping[str, int]] = {"Muster analysts": _VIEW, "Muster engineers": _EDIT}
_SLOW_S: Final = 2.0
_FAULT: Final = 400  # Grafana answers the question for a source's health with it, and says why in the body


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where ClickHouse listens, as Grafana's server sees it.

    Args:
        user: may read the views and nothing else.
        secure: TLS.
    """

    host: str
    port: int
    user: str
    password: str
    secure: bool = False

    def model(self) -> dict[str, Any]:
        """Without the password."""
        return {
            "uid": SOURCE_UID,
            "name": SOURCE_NAME,
            "type": PLUGIN,
            "access": "proxy",
            "jsonData": {
                "host": self.host,
                "port": self.port,
                "protocol": "native",
                "secure": self.secure,
                "username": self.user,
                "defaultDatabase": "live",
                "dialTimeout": "5",
                "queryTimeout": "30",
            },
        }


class Folders:
    """Finds or makes folders; remembers their uids, which differ where somebody made a folder of that name before."""

    def __init__(self, grafana: Grafana, *, dry_run: bool) -> None:
        """Nothing is asked yet."""
        self._grafana, self._dry_run = grafana, dry_run
        self.uids: dict[str, str] = {}

    def ensure(self, wanted: tuple[str, str]) -> Outcome:
        """The folder (uid, title)."""
        uid, title = wanted
        found = self._grafana.find(f"folder '{title}'", lambda api: api.folder.get_folder(uid))
        if found is None:
            found = self._by_title(title)
        if found is not None:
            self.uids[uid] = str(found["uid"])
            named = str(found.get("title", ""))
            note = "" if named == title else f"was renamed '{clean(named, most=60)}' by hand, and keeps that name"
            return Outcome(step="folders", thing=title, did=Did.KEPT if note else Did.SAME, sentence=note)
        self.uids[uid] = uid if self._dry_run else self._make(uid, title)
        return Outcome(step="folders", thing=title, did=Did.MADE)

    def _make(self, uid: str, title: str) -> str:
        try:
            made = self._grafana.ask(f"folder '{title}'", lambda api: api.folder.create_folder(title, uid=uid))
        except ConflictError:
            made = self._by_title(title)  # somebody else's push was faster
            if made is None:
                raise
        return str(made["uid"])

    def _by_title(self, title: str) -> Any:
        found = self._grafana.ask("the folders", lambda api: api.client.GET("/folders", params={"limit": 1000}))
        return next((folder for folder in found if folder.get("title") == title), None)


def ensure_source(grafana: Grafana, wanted: Source | None, *, dry_run: bool, renew_secrets: bool) -> Iterator[Outcome]:
    """The data source, and whether it answers."""
    found = grafana.find(f"data source '{SOURCE_UID}'", lambda api: api.datasource.get_datasource_by_uid(SOURCE_UID))
    if found is None and wanted is None:
        raise RefusedError(
            "there is no data source yet: say where ClickHouse is, with --clickhouse, --clickhouse-user and its password's file"
        )
    if not _plugin_there(grafana):
        raise RefusedError(
            f"the plugin {PLUGIN} is not installed in this Grafana: `grafana cli plugins install {PLUGIN}` on its server, "
            "or GF_PLUGINS_PREINSTALL (before 11.5 GF_INSTALL_PLUGINS) in its environment; then push again"
        )
    yield _source(grafana, found, wanted, dry_run=dry_run, renew_secrets=renew_secrets)
    if found is not None or not dry_run:
        yield _health(grafana)


def _source(grafana: Grafana, found: Any, wanted: Source | None, *, dry_run: bool, renew_secrets: bool) -> Outcome:
    def said(did: Did, sentence: str = "", lines: list[str] | None = None) -> Outcome:
        return Outcome(step="source", thing=SOURCE_NAME, did=did, sentence=sentence, lines=lines or ())

    if wanted is None:
        return said(Did.SAME)
    model = wanted.model()
    secret = {"secureJsonData": {"password": wanted.password}}
    if found is None:
        if not dry_run:
            grafana.ask("data source", lambda api: api.datasource.create_datasource(model | secret))
        return said(Did.MADE)
    apart = difference.lines(found, model, more=False)
    unset = not found.get("secureJsonFields", {}).get("password")
    if found.get("readOnly"):
        note = "comes from a file on Grafana's server, and is changed there"
        return said(Did.KEPT if apart else Did.SAME, note if apart else "", apart)
    if not apart and not unset and not renew_secrets:
        return said(Did.SAME)
    if not dry_run:
        kept = {
            key: value
            for key, value in found.items()
            if key not in ("id", "orgId", "version", "secureJsonFields", "readOnly", "typeLogoUrl")
        }
        merged = kept | model | {"jsonData": found.get("jsonData", {}) | model["jsonData"]} | secret
        grafana.ask("data source", lambda api: api.datasource.update_datasource_by_uid(SOURCE_UID, merged))
    return said(Did.CHANGED, "its password is set anew", apart)


def _plugin_there(grafana: Grafana) -> bool:
    try:
        grafana.ask(f"plugin {PLUGIN}", lambda api: api.client.GET(f"/plugins/{PLUGIN}/settings"))
    except AbsentError:
        return False
    except RefusedError:
        return True  # not ours to ask; making the source will say it
    return True


def _health(grafana: Grafana) -> Outcome:
    thing = "its health"
    limit_s = grafana.limits.health_s
    try:
        began_s = grafana.now_s()
        answer = grafana.ask("data source, its health", lambda api: api.datasource.health(SOURCE_UID), limit_s=limit_s)
        took_s = grafana.now_s() - began_s
    except TransientError as error:
        sentence = f"ClickHouse is slow or not there: {error}. Boards are made all the same, and will be empty until it answers"
        return Outcome(step="source", thing=thing, did=Did.FAILED, sentence=sentence)
    except MusterError as error:
        sentence = (
            f"{error}. Is ClickHouse's address right as seen from Grafana's server, and the password (--renew-secrets sends it again)?"
        )
        return Outcome(step="source", thing=thing, did=Did.FAILED, sentence=sentence)
    if str(answer.get("status", "")).upper() != "OK":
        return Outcome(step="source", thing=thing, did=Did.FAILED, sentence=clean(str(answer.get("message", "")), most=300))
    note = f"answers, but only after {took_s:.1f} s: boards will be slow" if took_s > _SLOW_S else ""
    return Outcome(step="source", thing=thing, did=Did.SAME, sentence=note)


def ensure_rights(grafana: Grafana, folders: Mapping[str, str], *, dry_run: bool) -> Iterator[Outcome]:
    """The teams, and what they may do in *folders* (uid → title). Who is in a team, and what others may do, stays as it is."""
    ids: dict[str, int | None] = {}
    for name in TEAMS:
        found = _team(grafana, name)
        if found is None and not dry_run:
            ids[name] = _make_team(grafana, name)
        else:
            ids[name] = None if found is None else int(found["id"])
        yield Outcome(step="rights", thing=name, did=Did.SAME if found is not None else Did.MADE)
    for uid, title in folders.items():
        yield _rights(grafana, uid, title, ids, dry_run=dry_run)


def _team(grafana: Grafana, name: str) -> Any:
    found = grafana.ask(f"team '{name}'", lambda api: api.client.GET("/teams/search", params={"name": name}))
    return next((team for team in found.get("teams", ()) if team.get("name") == name), None)


def _make_team(grafana: Grafana, name: str) -> int:
    made = grafana.ask(f"team '{name}'", lambda api: api.teams.add_team({"name": name}))
    return int(made["teamId"])


def _rights(grafana: Grafana, uid: str, title: str, ids: Mapping[str, int | None], *, dry_run: bool) -> Outcome:
    thing = f"rights in '{title}'"
    found = grafana.find(thing, lambda api: api.folder.get_folder_permissions(uid))
    if found is None and not dry_run:
        raise AbsentError(f"{thing}: the folder is not there")
    now = {entry["teamId"]: entry["permission"] for entry in found or () if entry.get("teamId")}
    words = {_VIEW: "view", _EDIT: "edit"}
    apart = [
        f"{name}: {words.get(now.get(ids[name] or -1, 0), 'nothing')} → {words[right]}"
        for name, right in TEAMS.items()
        if ids[name] is None or now.get(ids[name] or -1) != right
    ]
    if apart and not dry_run:
        # The whole list is written at once, so what others set by hand goes back as it came.
        ours = [{"teamId": ids[name], "permission": right} for name, right in TEAMS.items()]
        others = [_entry(entry) for entry in found or () if not entry.get("inherited") and entry.get("teamId") not in ids.values()]
        grafana.ask(thing, lambda api: api.folder.update_folder_permissions(uid, [*others, *ours]))
    return Outcome(step="rights", thing=thing, did=Did.CHANGED if apart else Did.SAME, lines=apart)


def _entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: entry[key] for key in ("role", "teamId", "userId", "permission") if entry.get(key)}
