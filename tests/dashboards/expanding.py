"""What Grafana and its ClickHouse plugin make of a query: variables first, then macros. As the plugin's own code defines them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

Value = str | list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A range of time, and the step that a panel of its width asks for."""

    begin_s: int
    end_s: int
    step_s: int = 10


def percent(value: Value) -> str:
    """`:percentencode`: like a glob, with everything encoded that an address may not hold, and ! ' ( ) * too."""
    plain = value if isinstance(value, str) else "{" + ",".join(value) + "}"
    return quote(plain, safe="-_.~")


def interpolated(text: str, variables: Mapping[str, Value]) -> str:
    """*text* with `${name:percentencode}` replaced; any other format, or a name that is not there, is an error."""

    def one(match: re.Match[str]) -> str:
        name, form = match[1], match[2]
        if form != "percentencode":
            raise AssertionError(f"{match[0]}: a value may come into a query percent-encoded and in no other way")
        return percent(variables[name])

    return re.sub(r"\$\{(\w+)(?::(\w+))?\}", one, text)


def expanded(sql: str, span: Span) -> str:
    """*sql* with the plugin's macros replaced."""
    begin, end = f"toDateTime({span.begin_s})", f"toDateTime({span.end_s})"
    begin_ms, end_ms = (f"fromUnixTimestamp64Milli({at}000)" for at in (span.begin_s, span.end_s))
    plain = {
        "$__fromTime_ms": begin_ms,
        "$__toTime_ms": end_ms,
        "$__fromTime": begin,
        "$__toTime": end,
        "$__interval_s": str(span.step_s),
    }
    patterns = {
        "timeFilter_ms": lambda column: f"{column} >= {begin_ms} AND {column} <= {end_ms}",
        "timeFilter": lambda column: f"{column} >= {begin} AND {column} <= {end}",
        "timeInterval": lambda column: f"toStartOfInterval(toDateTime({column}), INTERVAL {span.step_s} second)",
    }
    for name, make in patterns.items():
        sql = re.sub(rf"\$__{name}\(([^()]+)\)", lambda match, make=make: make(match[1]), sql)  # type: ignore[misc]
    for macro, value in plain.items():
        sql = sql.replace(macro, value)
    if "$__" in sql:
        raise AssertionError(f"a macro is not known: {sql[sql.index('$__') :][:40]}")
    return sql
