"""Marks of drills on the time axis, and the playlist of the big screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from connectors.clean import plain
from connectors.grafana import difference
from connectors.grafana.client import AbsentError, Grafana
from connectors.grafana.outcome import Did, Outcome
from connectors.grafana.wanted import Board, Drill, Language, Playlist
from pipelines.errors import RefusedError

TAG: Final = "muster-drill"  # by which a board's annotations find these marks
_MOST: Final = 1000


def ensure_drill(grafana: Grafana, drill: Drill, *, dry_run: bool) -> Outcome:
    """One mark over the time of a drill, on every board that asks for the tag."""
    thing = f"drill '{drill.id}'"
    begin_ms, end_ms = drill.times_ms
    tags = [TAG, f"drill-{drill.id}"]
    # Grafana shows it as HTML: angle brackets in a title are none there.
    text = plain(f"演练 Drill {drill.id}: {drill.title}", most=300)
    params = {"tags": tags, "type": "annotation", "limit": _MOST}
    found = grafana.ask(thing, lambda api: api.client.GET("/annotations", params=params))
    there = next((mark for mark in found or () if set(tags) <= set(mark.get("tags") or ())), None)
    ours = {"time": begin_ms, "timeEnd": end_ms, "text": text}
    if there is None:
        if not dry_run:
            grafana.ask(thing, lambda api: api.annotations.add_annotation(time_from=begin_ms, time_to=end_ms, tags=tags, text=text))
        return Outcome(step="drills", thing=thing, did=Did.MADE)
    apart = difference.lines(there, ours, more=False)
    if apart and not dry_run:
        number = int(there["id"])
        grafana.ask(thing, lambda api: api.annotations.update_annotation(number, time_from=begin_ms, time_to=end_ms, tags=tags, text=text))
    return Outcome(step="drills", thing=thing, did=Did.CHANGED if apart else Did.SAME, lines=apart)


def ensure_playlist(grafana: Grafana, playlist: Playlist, boards: Sequence[Board], language: Language, *, dry_run: bool) -> Outcome:
    """The playlist of *language*, known by its name.

    Raises:
        RefusedError: it names a board that is not there, or this Grafana has no playlists at this address.
    """
    name = playlist.name.get(language, f"Muster {language}")
    thing = f"playlist '{name}'"
    body = {"name": name, "interval": playlist.interval, "items": _items(playlist, boards, language)}
    try:
        found = grafana.ask(thing, lambda api: api.client.GET("/playlists", params={"query": name, "limit": _MOST}))
    except AbsentError:
        raise RefusedError(f"{thing}: this Grafana has no playlists at /api/playlists; make it by hand") from None
    there = next((entry for entry in found or () if entry.get("name") == name), None)
    if there is None:
        if not dry_run:
            grafana.ask(thing, lambda api: api.client.POST("/playlists", json=body))
        return Outcome(step="playlist", thing=thing, did=Did.MADE)
    uid = str(there["uid"])
    whole = grafana.ask(thing, lambda api: api.client.GET(f"/playlists/{uid}"))
    apart = difference.lines(_shape(whole), _shape(body))
    if apart and not dry_run:
        grafana.ask(thing, lambda api: api.client.PUT(f"/playlists/{uid}", json={**body, "uid": uid}))
    return Outcome(step="playlist", thing=thing, did=Did.CHANGED if apart else Did.SAME, lines=apart)


def _items(playlist: Playlist, boards: Sequence[Board], language: Language) -> list[dict[str, Any]]:
    by_file = {board.file.partition("/")[2].removesuffix(".json"): board for board in boards}
    missing = [name for name in playlist.boards if name not in by_file]
    if missing:
        raise RefusedError(
            f"playlist.yaml: there is no board {', '.join(missing)} in {language}/; there are {', '.join(sorted(by_file)) or 'none'}"
        )
    chosen = [by_file[name] for name in playlist.boards]
    return [{"type": "dashboard_by_uid", "value": board.uid, "order": index, "title": board.title} for index, board in enumerate(chosen, 1)]


def _shape(playlist: Mapping[str, Any]) -> dict[str, Any]:
    """What matters of a playlist: versions of Grafana differ in what else they give."""
    items = [{"type": item.get("type"), "value": item.get("value")} for item in playlist.get("items") or ()]
    return {"name": playlist.get("name"), "interval": playlist.get("interval"), "items": items}
