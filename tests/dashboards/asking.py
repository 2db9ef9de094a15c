"""The queries of the boards, with what Grafana would have chosen for their variables, asked of a database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from clickhouse_driver import Client

from connectors import clickhouse as connector
from dashboards.generate import HERE
from dashboards.words import LANGS
from tests.dashboards.expanding import Span, Value, expanded, interpolated

BOARDS = ("alerts", "crowd", "fire", "flow", "identity", "platform", "vehicles")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A filled database.

    Args:
        client: to ask it.
        mode: whose database it is.
        span: the time in which it has rows.
        ours: whether it holds what the tests filled in.
    """

    client: Client
    mode: str
    span: Span
    ours: bool

    @property
    def database(self) -> str:
        return connector.database_of(self.mode)


def filled_elsewhere(address: str, mode: str, *, hours_s: int) -> Filled:
    """A database that something else fills: its last *hours_s* by what it holds."""
    client = connector.client(address)
    [[newest]] = client.execute(f"SELECT max(toUnixTimestamp(at)) FROM {connector.database_of(mode)}.v_zones")
    return Filled(client=client, mode=mode, span=Span(begin_s=newest - hours_s, end_s=newest + 1), ours=False)


@cache
def board(lang: str, key: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads((HERE / lang / f"{key}.json").read_text(encoding="utf-8"))
    return made


def asked() -> Iterator[tuple[str, str, str]]:
    """Board, name and SQL of each query of each board and language."""
    for lang in LANGS:
        for key in BOARDS:
            made = board(lang, key)
            for panel in made["panels"]:
                for target in panel["targets"]:
                    yield f"{lang}/{key}", f"{panel['title']} {target['refId']}", target["rawSql"]
            for mark in made["annotations"]["list"]:
                if "rawSql" in mark["target"]:
                    yield f"{lang}/{key}", f"mark {mark['name']}", mark["target"]["rawSql"]


def panel_sql(key: str, title: str) -> str:
    """The first query of a panel of the English board."""
    [panel] = [row for row in board("en", key)["panels"] if row["title"] == title]
    sql: str = panel["targets"][0]["rawSql"]
    return sql


def values(filled: Filled, lang: str) -> dict[str, Value]:
    """What Grafana would have chosen by itself: the first of one, all of many."""
    found: dict[str, Value] = {"mode": filled.mode}
    for variable in board(lang, "crowd")["templating"]["list"]:
        if variable["name"] == "mode":
            continue
        if variable["type"] == "textbox":
            found[variable["name"]] = variable["query"]
            continue
        rows = filled.client.execute(interpolated(variable["query"]["rawSql"], found))
        options = [str(row[0]) for row in rows]
        assert options, variable["name"]
        found[variable["name"]] = options if variable["multi"] else options[0]
    return found


def run(filled: Filled, sql: str, variables: dict[str, Value], span: Span) -> tuple[list[tuple[Any, ...]], list[str], int, int]:
    """Rows, names of columns, rows read and bytes read."""
    rows, columns = filled.client.execute(expanded(interpolated(sql, variables), span), with_column_types=True)
    progress = filled.client.last_query.progress
    return rows, [name for name, _ in columns], progress.rows, progress.bytes
