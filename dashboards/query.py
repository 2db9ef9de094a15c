"""SQL for ClickHouse as the boards ask it: views of the chosen mode, spans of time, chosen places.

What a person can type into an address bar comes into the SQL percent-encoded and in quotes, so that no value can end its quotes:
Grafana's own formats for SQL leave backslashes as they are, which ClickHouse understands and other servers do not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import DataSourceRef

DATASOURCE_TYPE: Final = "grafana-clickhouse-datasource"
DATASOURCE_UID: Final = "muster-clickhouse"
PLUGIN_VERSION: Final = "4.3.2"  # the oldest of which the macros used here are known
RECENT_S: Final = 60  # what is older is not "now"
_FROM_US: Final = "toUnixTimestamp64Milli($__fromTime_ms) * 1000"
_TO_US: Final = "toUnixTimestamp64Milli($__toTime_ms) * 1000"
WITHIN: Final = f"at_us >= {_FROM_US} AND at_us <= {_TO_US}"
NOW: Final = "least(now64(3), $__toTime_ms)"  # the end of the range, or now where the range ends later


def datasource() -> DataSourceRef:
    """The one data source of all boards."""
    return DataSourceRef(type_val=DATASOURCE_TYPE, uid=DATASOURCE_UID)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query(Dataquery, Builder["Query"]):
    """One query of a panel, a variable or an annotation.

    Args:
        ref: A, B, … within its panel.
        sql: with the plugin's macros and Grafana's variables.
        shape: `series` (time, label, value; or time and a column each) or `table`.
    """

    ref: str
    sql: str
    shape: Literal["series", "table"]

    def build(self) -> Query:
        """Itself: builders of panels ask for it."""
        return self

    def to_json(self) -> dict[str, object]:
        """As the plugin reads it."""
        return {
            "datasource": {"type": DATASOURCE_TYPE, "uid": DATASOURCE_UID},
            "editorType": "sql",
            "format": 0 if self.shape == "series" else 1,
            "pluginVersion": PLUGIN_VERSION,
            "queryType": "timeseries" if self.shape == "series" else "table",
            "rawSql": self.sql,
            "refId": self.ref,
        }


def view(name: str) -> str:
    """A view of the chosen mode's database."""
    return f'"${{database:percentencode}}".{name}'


def text(variable: str) -> str:
    """The value of *variable* as a string of SQL."""
    return f"decodeURLComponent('${{{variable}:percentencode}}')"


def number(variable: str) -> str:
    """The value of *variable* as a whole number; 0 where it is none."""
    return f"toInt32OrZero({text(variable)})"


def chosen(variable: str, column: str) -> str:
    """Whether *column* is among the chosen values of a variable of several."""
    return f"has(splitByChar(',', replaceRegexpAll({text(variable)}, '^[{{]|[}}]$', '')), toString({column}))"


def recent(seconds: int = RECENT_S) -> str:
    """The last seconds of the range."""
    return f"at_us > {_TO_US} - {seconds * 1_000_000} AND at_us <= {_TO_US}"


def age_s(column: str = "at") -> str:
    """Seconds from *column* to the end of the range, or to now."""
    return f"greatest(0, dateDiff('millisecond', {column}, {NOW}) / 1000)"


def moment_ms(column: str = "at") -> str:
    """*column* as the page's address takes it."""
    return f"toUnixTimestamp64Milli(toDateTime64({column}, 3, 'UTC'))"


@dataclass(frozen=True, slots=True)
class Names:
    """The plan's names of places in one language."""

    lang: str

    def of(self, column: str, *kinds: str) -> str:
        """The name of the place in *column*; its id where the plan has no name for it."""
        of_kind = f" WHERE kind IN ({', '.join(repr(kind) for kind in kinds)})" if kinds else ""
        map_ = f"(SELECT mapFromArrays(groupArray(toString(id)), groupArray(name_{self.lang})) FROM {view('v_places')}{of_kind})"
        return f"coalesce(nullIf({map_}[toString({column})], ''), toString({column}))"

    def places(self, kind: str, variable: str) -> str:
        """The chosen places of a kind: id, name, approved, x_m, y_m."""
        return (
            f"(SELECT toString(id) AS id, if(name_{self.lang} = '', id, name_{self.lang}) AS name, approved, x_m, y_m"
            f" FROM {view('v_places')} WHERE kind = '{kind}' AND {chosen(variable, 'id')})"
        )


def raster(places: str) -> str:
    """A row for each step of the range and each place, so that silence shows as such: time, id, name."""
    step = "greatest($__interval_s, 1)"
    steps = f"range(intDiv(toUnixTimestamp($__fromTime), {step}) * {step}, toUnixTimestamp({NOW}) + 1, {step})"
    return f"(SELECT toDateTime(arrayJoin({steps}), 'UTC') AS time, p.id AS id, p.name AS name FROM {places} AS p)"
