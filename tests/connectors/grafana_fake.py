"""A Grafana that is none: a real HTTP server that keeps state and answers the endpoints we use as Grafana documents them.

It can be told to fail: a status for a path, silence, one byte now and then, a plugin that is missing, files that own things.
"""

from __future__ import annotations

import copy
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

HANG_S = 20
TOKEN = "glsa_test"
PLUGIN = "grafana-clickhouse-datasource"


@dataclass
class Trouble:
    """What goes wrong when a request's method and path match.

    Args:
        manner: answer (with *status*), hang (takes it and says nothing), drip (a byte now and then), reset (hangs up), redirect,
            text (no JSON), odd (JSON of another shape).
        times: how often; then all is well again.
    """

    pattern: str
    manner: str = "answer"
    status: int = 500
    message: str = "made up"
    times: int = 10_000


@dataclass
class FakeGrafana:
    url: str = ""
    plugins: set[str] = field(default_factory=lambda: {PLUGIN})
    health: tuple[int, dict[str, Any]] = (200, {"status": "OK", "message": "Data source is working"})
    troubles: list[Trouble] = field(default_factory=list)
    requests: list[tuple[str, str, Any]] = field(default_factory=list)
    folders: dict[str, dict[str, Any]] = field(default_factory=dict)
    permissions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    boards: dict[str, dict[str, Any]] = field(default_factory=dict)
    versions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    intervals: dict[str, int] = field(default_factory=dict)
    contacts: dict[str, dict[str, Any]] = field(default_factory=dict)
    policy: dict[str, Any] = field(
        default_factory=lambda: {"receiver": "grafana-default-email", "group_by": ["grafana_folder", "alertname"]}
    )
    teams: list[dict[str, Any]] = field(default_factory=list)
    marks: list[dict[str, Any]] = field(default_factory=list)
    playlists: dict[str, dict[str, Any]] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def writes(self) -> list[tuple[str, str]]:
        return [(method, path) for method, path, _ in self.requests if method != "GET"]

    def edit_board(self, uid: str, *, message: str = "", by: str = "somebody", **changes: Any) -> None:
        """As a person does in the browser."""
        model = {**self.boards[uid]["model"], **changes}
        self._save(uid, model, self.boards[uid]["folderUid"], message, by)

    def _save(self, uid: str, model: dict[str, Any], folder: str, message: str, by: str = "sa-muster") -> int:
        version = len(self.versions.setdefault(uid, [])) + 1
        # Grafana gives old models its own schema version, and adds what they leave out.
        model = {"graphTooltip": 0, "links": [], **copy.deepcopy(model), "id": 7, "uid": uid, "version": version, "schemaVersion": 41}
        self.boards[uid] = {"model": model, "folderUid": folder}
        self.versions[uid].insert(0, {"version": version, "message": message, "createdBy": by})
        return version


Answer = tuple[int, Any]
ROUTES: list[tuple[str, str, Callable[..., Answer]]] = []


def route(method: str, pattern: str) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
    def kept(function: Callable[..., Answer]) -> Callable[..., Answer]:
        ROUTES.append((method, pattern, function))
        return function

    return kept


def no(status: int, message: str) -> Answer:
    return status, {"message": message}


@route("GET", r"/health")
def health(fake: FakeGrafana, *_: Any) -> Answer:
    return 200, {"database": "ok", "version": "12.3.0", "commit": "abc"}


@route("GET", r"/org")
def org(fake: FakeGrafana, *_: Any) -> Answer:
    return 200, {"id": 1, "name": "Main Org."}


@route("GET", r"/folders")
def list_folders(fake: FakeGrafana, *_: Any) -> Answer:
    return 200, [{"id": 1, "uid": folder["uid"], "title": folder["title"]} for folder in fake.folders.values()]


@route("GET", r"/folders/([^/]+)")
def get_folder(fake: FakeGrafana, _: Any, __: Any, uid: str) -> Answer:
    return (200, fake.folders[uid]) if uid in fake.folders else no(404, "folder not found")


@route("POST", r"/folders")
def make_folder(fake: FakeGrafana, body: Any, _: Any) -> Answer:
    if body["uid"] in fake.folders:
        return no(412, "a folder with the same uid already exists")
    if any(folder["title"] == body["title"] for folder in fake.folders.values()):
        return no(409, "a folder with the same name already exists in the current location")
    fake.folders[body["uid"]] = {"id": len(fake.folders) + 1, "uid": body["uid"], "title": body["title"], "version": 1}
    fake.permissions[body["uid"]] = [{"role": "Viewer", "permission": 1}, {"role": "Editor", "permission": 2}]
    return 200, fake.folders[body["uid"]]


@route("GET", r"/folders/([^/]+)/permissions")
def get_permissions(fake: FakeGrafana, _: Any, __: Any, uid: str) -> Answer:
    if uid not in fake.folders:
        return no(404, "folder not found")
    whole = {"id": 0, "userId": 0, "teamId": 0, "team": "", "role": "", "inherited": False, "isFolder": True, "uid": uid}
    return 200, [whole | entry for entry in fake.permissions[uid]]


@route("POST", r"/folders/([^/]+)/permissions")
def set_permissions(fake: FakeGrafana, body: Any, _: Any, uid: str) -> Answer:
    known = {team["id"] for team in fake.teams}
    if any("teamId" in entry and entry["teamId"] not in known for entry in body["items"]):
        return no(400, "team does not exist")
    fake.permissions[uid] = body["items"]
    return 200, {"message": "Folder permissions updated"}


@route("GET", r"/plugins/([^/]+)/settings")
def plugin(fake: FakeGrafana, _: Any, __: Any, name: str) -> Answer:
    return (
        (200, {"id": name, "type": "datasource"}) if name in fake.plugins else no(404, "Plugin not found, no installed plugin with that id")
    )


@route("GET", r"/datasources/uid/([^/]+)")
def get_source(fake: FakeGrafana, _: Any, __: Any, uid: str) -> Answer:
    return (200, fake.sources[uid]) if uid in fake.sources else no(404, "Data source not found")


@route("GET", r"/datasources/uid/([^/]+)/health")
def source_health(fake: FakeGrafana, _: Any, __: Any, uid: str) -> Answer:
    return fake.health if uid in fake.sources else no(404, "Data source not found")


@route("POST", r"/datasources")
def make_source(fake: FakeGrafana, body: Any, _: Any) -> Answer:
    if body["uid"] in fake.sources or any(source["name"] == body["name"] for source in fake.sources.values()):
        return no(409, "data source with the same name already exists")
    return 200, {"datasource": _keep_source(fake, body), "message": "Datasource added"}


@route("PUT", r"/datasources/uid/([^/]+)")
def change_source(fake: FakeGrafana, body: Any, _: Any, uid: str) -> Answer:
    if fake.sources[uid]["readOnly"]:
        return no(403, "Cannot update read-only data source")
    return 200, {"datasource": _keep_source(fake, body), "message": "Datasource updated"}


def _keep_source(fake: FakeGrafana, body: dict[str, Any]) -> dict[str, Any]:
    uid = body["uid"]
    fake.passwords[uid] = body.get("secureJsonData", {}).get("password", fake.passwords.get(uid, ""))
    kept = {key: value for key, value in body.items() if key != "secureJsonData"}
    more = {"id": 3, "orgId": 1, "readOnly": False, "isDefault": False, "basicAuth": False, "secureJsonFields": {"password": True}}
    fake.sources[uid] = more | kept
    return fake.sources[uid]


@route("GET", r"/dashboards/uid/([^/]+)")
def get_board(fake: FakeGrafana, _: Any, __: Any, uid: str) -> Answer:
    if uid not in fake.boards:
        return no(404, "Dashboard not found")
    board = fake.boards[uid]
    title = fake.folders.get(board["folderUid"], {}).get("title", "")
    meta = {"folderUid": board["folderUid"], "folderTitle": title, "provisioned": board.get("provisioned", False)}
    return 200, {"dashboard": board["model"], "meta": meta}


@route("GET", r"/dashboards/uid/([^/]+)/versions")
def get_versions(fake: FakeGrafana, _: Any, query: dict[str, list[str]], uid: str) -> Answer:
    limit = int(query.get("limit", ["1000"])[0])
    return 200, {"continueToken": "", "versions": fake.versions.get(uid, [])[:limit]}


@route("POST", r"/dashboards/db")
def save_board(fake: FakeGrafana, body: Any, _: Any) -> Answer:
    model, uid = body["dashboard"], body["dashboard"]["uid"]
    if body["folderUid"] not in fake.folders:
        return no(400, "folder not found")
    there = fake.boards.get(uid)
    if there is not None and there.get("provisioned"):
        return no(400, "Cannot save provisioned dashboard")
    if there is not None and not body.get("overwrite") and model.get("version") != there["model"]["version"]:
        return 412, {"status": "version-mismatch", "message": "The dashboard has been changed by someone else"}
    version = fake._save(uid, model, body["folderUid"], body.get("message", ""))
    return 200, {"id": 7, "uid": uid, "status": "success", "version": version}


@route("GET", r"/v1/provisioning/alert-rules/([^/]+)")
def get_rule(fake: FakeGrafana, _: Any, __: Any, uid: str) -> Answer:
    return (200, fake.rules[uid]) if uid in fake.rules else (404, None)  # without a body


@route("POST", r"/v1/provisioning/alert-rules")
def make_rule(fake: FakeGrafana, body: Any, _: Any) -> Answer:
    if body["uid"] in fake.rules:
        return no(409, "conflicting alert rule found")
    return 201, _keep_rule(fake, body)


@route("PUT", r"/v1/provisioning/alert-rules/([^/]+)")
def change_rule(fake: FakeGrafana, body: Any, _: Any, uid: str) -> Answer:
    if uid not in fake.rules:
        return 404, {}
    if fake.rules[uid]["provenance"] == "file":
        return no(409, "cannot change provenance from 'file' to 'api'")
    return 200, _keep_rule(fake, body)


def _keep_rule(fake: FakeGrafana, body: dict[str, Any]) -> dict[str, Any]:
    kept = {
        "id": 1,
        "orgID": 1,
        "provenance": "api",
        "updated": "2026-01-01T00:00:00Z",
        "notification_settings": None,
        **copy.deepcopy(body),
    }
    for question in kept["data"]:
        question.setdefault("queryType", "")
        question["model"] = {"intervalMs": 1000, "maxDataPoints": 43200, **question["model"]}
    fake.rules[kept["uid"]] = kept
    return kept


@route("GET", r"/v1/provisioning/folder/([^/]+)/rule-groups/([^/]+)")
def get_group(fake: FakeGrafana, _: Any, __: Any, folder: str, group: str) -> Answer:
    rules = [rule for rule in fake.rules.values() if (rule["folderUID"], rule["ruleGroup"]) == (folder, group)]
    if not rules:
        return no(404, "rule group not found")
    return 200, {"title": group, "folderUid": folder, "interval": fake.intervals.get(group, 60), "rules": rules}


@route("PUT", r"/v1/provisioning/folder/([^/]+)/rule-groups/([^/]+)")
def change_group(fake: FakeGrafana, body: Any, _: Any, folder: str, group: str) -> Answer:
    kept = {rule["uid"] for rule in body["rules"]}
    fake.rules = {uid: rule for uid, rule in fake.rules.items() if rule["ruleGroup"] != group or uid in kept}
    fake.intervals[group] = body["interval"]
    return 200, body


@route("GET", r"/v1/provisioning/contact-points")
def get_contacts(fake: FakeGrafana, *_: Any) -> Answer:
    return 200, [_redacted(point) for point in fake.contacts.values()]


@route("POST", r"/v1/provisioning/contact-points")
def make_contact(fake: FakeGrafana, body: Any, _: Any) -> Answer:
    uid = f"c{len(fake.contacts) + 1}"
    fake.contacts[uid] = {**body, "uid": uid, "provenance": "api"}
    return 202, _redacted(fake.contacts[uid])


@route("PUT", r"/v1/provisioning/contact-points/([^/]+)")
def change_contact(fake: FakeGrafana, body: Any, _: Any, uid: str) -> Answer:
    fake.contacts[uid] = {**body, "provenance": "api"}
    return 202, {"message": "contactpoint updated"}


def _redacted(point: dict[str, Any]) -> dict[str, Any]:
    settings = {
        key: "[REDACTED]" if key in ("password", "authorization_credentials") else value for key, value in point["settings"].items()
    }
    return point | {"settings": settings}


@route("GET", r"/v1/provisioning/policies")
def get_policy(fake: FakeGrafana, *_: Any) -> Answer:
    return 200, fake.policy


@route("PUT", r"/v1/provisioning/policies")
def set_policy(fake: FakeGrafana, body: Any, _: Any) -> Answer:
    known = {point["name"] for point in fake.contacts.values()} | {"grafana-default-email"}
    unknown = [entry["receiver"] for entry in body.get("routes", []) if entry["receiver"] not in known]
    if unknown:
        return no(400, f"receiver '{unknown[0]}' does not exist")
    fake.policy = body
    return 202, {"message": "policies updated"}


@route("GET", r"/teams/search")
def find_teams(fake: FakeGrafana, _: Any, query: dict[str, list[str]]) -> Answer:
    name = query.get("name", [""])[0]
    found = [team for team in fake.teams if team["name"] == name]
    return 200, {"totalCount": len(found), "teams": found, "page": 1, "perPage": 1000}


@route("POST", r"/teams")
def make_team(fake: FakeGrafana, body: Any, _: Any) -> Answer:
    if any(team["name"] == body["name"] for team in fake.teams):
        return no(409, "Team name taken")
    fake.teams.append({"id": len(fake.teams) + 11, "name": body["name"]})
    return 200, {"message": "Team created", "teamId": fake.teams[-1]["id"]}


@route("GET", r"/annotations")
def find_marks(fake: FakeGrafana, _: Any, query: dict[str, list[str]]) -> Answer:
    return 200, [mark for mark in fake.marks if set(query.get("tags", [])) <= set(mark["tags"])]


@route("POST", r"/annotations")
def make_mark(fake: FakeGrafana, body: Any, _: Any) -> Answer:
    fake.marks.append(
        {"id": len(fake.marks) + 1, "time": body["time"], "timeEnd": body["timeEnd"], "tags": body["tags"], "text": body["text"]}
    )
    return 200, {"message": "Annotation added", "id": len(fake.marks)}


@route("PUT", r"/annotations/(\d+)")
def change_mark(fake: FakeGrafana, body: Any, _: Any, number: str) -> Answer:
    fake.marks[int(number) - 1] |= body
    return 200, {"message": "Annotation updated"}


@route("GET", r"/playlists")
def list_playlists(fake: FakeGrafana, *_: Any) -> Answer:
    return 200, [{"uid": uid, "name": kept["name"], "interval": kept["interval"]} for uid, kept in fake.playlists.items()]


@route("GET", r"/playlists/([^/]+)")
def get_playlist(fake: FakeGrafana, _: Any, __: Any, uid: str) -> Answer:
    return (200, fake.playlists[uid]) if uid in fake.playlists else no(404, "Playlist not found")


@route("POST", r"/playlists")
def make_playlist(fake: FakeGrafana, body: Any, _: Any) -> Answer:
    uid = f"p{len(fake.playlists) + 1}"
    fake.playlists[uid] = {**body, "uid": uid}
    return 200, {"uid": uid, "name": body["name"], "interval": body["interval"]}


@route("PUT", r"/playlists/([^/]+)")
def change_playlist(fake: FakeGrafana, body: Any, _: Any, uid: str) -> Answer:
    fake.playlists[uid] = {**body, "uid": uid}
    return 200, fake.playlists[uid]


def answer_to(fake: FakeGrafana, method: str, path: str, query: dict[str, list[str]], body: Any) -> Answer:
    for wanted, pattern, function in ROUTES:
        match = re.fullmatch(pattern, path)
        if method == wanted and match:
            return function(fake, body, query, *match.groups())
    return no(404, "Not found")


@contextmanager
def fake_grafana() -> Iterator[FakeGrafana]:
    fake = FakeGrafana()

    class Take(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536  # an answer in one piece, or each waits for the other side's acknowledgement

        def take(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            raw = self.rfile.read(length)
            parts = urlsplit(self.path)
            path = parts.path.removeprefix("/grafana").removeprefix("/api")
            body = json.loads(raw) if raw else None
            with fake.lock:
                fake.requests.append((self.command, path, body))
                trouble = self.trouble(path)
                if trouble is None:
                    if path != "/health" and self.headers.get("authorization") != f"Bearer {TOKEN}":
                        status, answer = no(401, "Invalid API key")
                    else:
                        status, answer = answer_to(fake, self.command, path, parse_qs(parts.query), body)
                    self.give(status, b"" if answer is None else json.dumps(answer).encode())
                    return
            self.misbehave(trouble)

        def trouble(self, path: str) -> Trouble | None:
            for trouble in fake.troubles:
                if trouble.times > 0 and re.search(trouble.pattern, f"{self.command} {path}"):
                    trouble.times -= 1
                    return trouble
            return None

        def misbehave(self, trouble: Trouble) -> None:
            if trouble.manner == "hang":
                fake.over.wait(HANG_S)
                self.close_connection = True
            elif trouble.manner == "reset":
                self.close_connection = True
            elif trouble.manner == "redirect":
                self.send_response(302)
                self.send_header("location", "http://127.0.0.1:9/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()
            elif trouble.manner == "drip":
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", "100000")
                self.end_headers()
                while not fake.over.wait(0.05):
                    try:
                        self.wfile.write(b" ")
                        self.wfile.flush()
                    except OSError:
                        break
                self.close_connection = True
            elif trouble.manner == "odd":
                self.give(200, b'["surprise"]')
            elif trouble.manner == "text":
                self.give(200, b"<html>a page</html>", kind="text/html")
            else:
                self.give(trouble.status, json.dumps({"message": trouble.message}).encode())

        def give(self, status: int, raw: bytes, kind: str = "application/json") -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = do_PUT = do_DELETE = take  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """A client that hangs up is what some tests do."""

    server = Server(("127.0.0.1", 0), Take)
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield fake
    finally:
        fake.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
