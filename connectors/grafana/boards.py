"""Boards: put where they are not, renewed where nobody else has touched them, left alone where somebody has.

Each save of ours carries a message with a digest of the model. If the newest version's message is ours, nobody has edited the
board since; Grafana may rewrite a model as it likes (it brings old ones up to its own schema), which no comparison of models survives.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.clean import clean
from connectors.grafana import difference
from connectors.grafana.client import AbsentError, ConflictError, Grafana
from connectors.grafana.outcome import Did, Outcome
from connectors.grafana.wanted import Board

_MESSAGE: Final = re.compile(r"muster push ([0-9a-f]{12})")
_SERVERS: Final = ("id", "version", "iteration", "uid", "schemaVersion")  # what a server writes into a model by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class _There:
    """A board as it stands in Grafana.

    Args:
        pushed: the digest of our push, if the newest version is one; empty if somebody else saved it.
        editor: who did.
    """

    model: Mapping[str, Any]
    meta: Mapping[str, Any]
    pushed: str
    editor: str

    @property
    def version(self) -> int:
        return int(self.model.get("version", 0))


def ensure_board(grafana: Grafana, board: Board, *, folder_uid: str, dry_run: bool, force: bool) -> Outcome:
    """One board; with *force* also where somebody edited it by hand, and Grafana keeps the edited one among its versions."""

    def said(did: Did, sentence: str = "", lines: list[str] | None = None) -> Outcome:
        return Outcome(step="boards", thing=f"{board.file} '{board.title}'", did=did, sentence=sentence, lines=lines or ())

    there = _look(grafana, board.uid)
    if there is None:
        if not dry_run:
            _save(grafana, board, folder_uid=folder_uid, version=None)
        return said(Did.MADE)
    moved = there.meta.get("folderUid") != folder_uid
    ours = difference.digest(board.model)
    apart = [] if there.pushed == ours else difference.lines(_plain(there.model), _plain(board.model))
    if moved:
        apart.insert(0, f"folder: {clean(str(there.meta.get('folderTitle', '')), most=60) or 'another'} → ours")
    if not apart:
        return said(Did.SAME)
    if there.meta.get("provisioned"):
        return said(Did.KEPT, "comes from a file on Grafana's server, and is changed there", apart)
    by_hand = moved or not there.pushed
    if by_hand and not force:
        return said(Did.KEPT, f"was edited by hand ({there.editor}, version {there.version}); --force puts ours there", apart)
    if not dry_run:
        _save(grafana, board, folder_uid=folder_uid, version=there.version)
    note = f"the edit by hand ({there.editor}) stays in its list of versions, as number {there.version}" if by_hand else ""
    return said(Did.CHANGED, note, apart)


def _look(grafana: Grafana, uid: str) -> _There | None:
    found = grafana.find(f"board '{uid}'", lambda api: api.dashboard.get_dashboard(uid))
    if found is None:
        return None
    model, meta = found.get("dashboard") or {}, found.get("meta") or {}
    newest = _newest(grafana, uid)
    match = _MESSAGE.fullmatch(str(newest.get("message", ""))) if newest.get("version") == model.get("version") else None
    editor = clean(str(newest.get("createdBy") or meta.get("updatedBy") or "somebody"), most=60)
    return _There(model=model, meta=meta, pushed=match[1] if match else "", editor=editor)


def _newest(grafana: Grafana, uid: str) -> Mapping[str, Any]:
    try:
        path = f"/dashboards/uid/{uid}/versions"
        found = grafana.ask(f"versions of board '{uid}'", lambda api: api.client.GET(path, params={"limit": 1}))
    except AbsentError:  # a board that a file on the server made has none
        return {}
    versions = found.get("versions") or [] if isinstance(found, dict) else found or []
    return versions[0] if versions else {}


def _plain(model: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in model.items() if key not in _SERVERS}


def _save(grafana: Grafana, board: Board, *, folder_uid: str, version: int | None) -> None:
    """Save *board* over exactly that version: whoever saved meanwhile is not overwritten."""
    model = {**board.model, "id": None} | ({} if version is None else {"version": version})
    body = {
        "dashboard": model,
        "folderUid": folder_uid,
        "message": f"muster push {difference.digest(board.model)}",
        "overwrite": False,
    }
    try:
        grafana.ask(f"board '{board.uid}'", lambda api: api.dashboard.update_dashboard(body))
    except ConflictError as error:
        raise ConflictError(f"{error}; it was left as it is, push again") from None
