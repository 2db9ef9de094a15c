"""What a person chooses above a board, and the marks over time that all boards share."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.models import dashboard as model

from dashboards.query import WITHIN, Query, datasource, number, text, view
from dashboards.thresholds import ORANGE
from dashboards.words import Say

PAGE: Final = "http://127.0.0.1:20800"
CELLS_M: Final = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50)
COLUMNS: Final = 144  # cells across the floor, at most
ROWS: Final = 96  # and up, always: they are columns of the query
MARGIN_M: Final = 10
DRILL: Final = "#c9b458"  # the stripe of an exercise, which is no alarm colour
_DATABASES: Final = "name = 'live' OR startsWith(name, 'drill_')"
_MODE: Final = f"SELECT replaceAll(name, '_', '-') FROM system.databases WHERE {_DATABASES} ORDER BY name = 'live' DESC, name"
_DATABASE: Final = f"SELECT name FROM system.databases WHERE ({_DATABASES}) AND replaceAll(name, '_', '-') = {text('mode')}"


def _edge(axis: str) -> str:
    """The lower end of the floor: below everything that the plan has, on a whole ten metres."""
    return f"SELECT toInt32(floor((min({axis}) - {MARGIN_M}) / 10) * 10) FROM {view('v_places')} WHERE plan = {text('event')}"


def _cell() -> str:
    """The smallest cell with which the whole plan is on the floor first, then the others."""
    sizes = f"[{', '.join(map(str, CELLS_M))}]"
    return (
        f"SELECT toString(size) FROM (SELECT arrayJoin({sizes}) AS size, max(x_m) - min(x_m) + {3 * MARGIN_M} AS width,"
        f" max(y_m) - min(y_m) + {3 * MARGIN_M} AS height FROM {view('v_places')} WHERE plan = {text('event')})"
        f" ORDER BY size * {COLUMNS} < width OR size * {ROWS} < height, size"
    )


def _across() -> str:
    """How many columns of the chosen cell the plan is wide."""
    wide = f"ceil((max(x_m) + {2 * MARGIN_M} - {number('west')}) / greatest({number('cell')}, 1))"
    return f"SELECT toInt32(least({COLUMNS}, {wide})) FROM {view('v_places')} WHERE plan = {text('event')}"


def _event(say: Say) -> str:
    """Plans of which there are places, by the event's name where the plan's rows tell it, the newest first."""
    return (
        f"SELECT plan, if(anyIf(name_{say.lang}, kind = 'event') = '', concat('{say('variable.plan')} ', substring(plan, 1, 8)),"
        f" anyIf(name_{say.lang}, kind = 'event')) AS name FROM {view('v_places')} GROUP BY plan ORDER BY max(saved_at) DESC"
    )


def _places(say: Say, kind: str) -> str:
    return (
        f"SELECT id, if(name_{say.lang} = '', id, name_{say.lang}) AS name FROM {view('v_places')}"
        f" WHERE kind = '{kind}' AND plan = {text('event')} ORDER BY name"
    )


def _venue(say: Say) -> str:
    """The venue by its name; where the plan's rows do not tell it, by the plan."""
    named = f"kind = 'venue' AND plan = {text('event')}"
    return (
        f"SELECT if(countIf({named}) = 0, {text('event')}, anyIf(toString(id), {named})),"
        f" if(countIf({named}) = 0, '{say('variable.unnamed')}', anyIf(name_{say.lang}, {named})) FROM {view('v_places')}"
    )


def _asked(say: Say, name: str, sql: str, *, many: bool = False, hidden: bool = False) -> model.VariableModel:
    """A variable whose options a query gives."""
    return model.VariableModel(
        name=name,
        label=say(f"variable.{name}"),
        type_val=model.VariableType.QUERY,
        description=say(f"variable.{name}.help"),
        datasource=datasource(),
        query={"editorType": "sql", "queryType": "sql", "rawSql": sql, "refId": name},
        definition=sql,
        refresh=model.VariableRefresh.ON_DASHBOARD_LOAD,
        sort=model.VariableSort.DISABLED,
        multi=many,
        include_all=many,
        hide=model.VariableHide.HIDE_VARIABLE if hidden else model.VariableHide.DONT_HIDE,
        current=model.VariableOption(text=[say("variable.all")], value=["$__all"], selected=True) if many else None,
    )


def _typed(say: Say, name: str, value: str, *, hidden: bool = False) -> model.VariableModel:
    """A variable that a person types."""
    return model.VariableModel(
        name=name,
        label=say(f"variable.{name}"),
        type_val=model.VariableType.TEXTBOX,
        description=say(f"variable.{name}.help"),
        query=value,
        current=model.VariableOption(text=value, value=value, selected=True),
        hide=model.VariableHide.HIDE_VARIABLE if hidden else model.VariableHide.DONT_HIDE,
    )


def shared(say: Say) -> list[model.VariableModel]:
    """The variables of every board; each may use those before it."""
    return [
        _asked(say, "mode", _MODE),
        _asked(say, "database", _DATABASE, hidden=True),
        _asked(say, "event", _event(say)),
        _asked(say, "venue", _venue(say)),
        _asked(say, "zone", _places(say, "zone"), many=True),
        _asked(say, "gate", _places(say, "gate"), many=True),
        _asked(say, "camera", _places(say, "camera"), many=True),
        _typed(say, "page", PAGE),
        _typed(say, "geojson", "${page}/api/geojson", hidden=True),
    ]


def floor(say: Say) -> list[model.VariableModel]:
    """The variables of the board with the floor."""
    return [
        _asked(say, "cell", _cell()),
        _asked(say, "west", _edge("x_m"), hidden=True),
        _asked(say, "south", _edge("y_m"), hidden=True),
        _asked(say, "across", _across(), hidden=True),
    ]


def marks(say: Say) -> list[tuple[str, str, Query]]:
    """Name, colour and query of each annotation. What comes from data is escaped: Grafana shows such texts as HTML."""
    began = (
        "SELECT metadata_modification_time AS time, concat('EXERCISE 演练 ', encodeXMLComponent(replaceAll(database, '_', '-'))) AS text,"
        " ['drill'] AS tags FROM system.tables WHERE startsWith(database, 'drill_') AND name = 'v_places'"
        " AND $__timeFilter(metadata_modification_time)"
    )
    spans = (
        "SELECT min(at) AS time, max(at) AS timeEnd, concat('EXERCISE 演练 ', encodeXMLComponent(mode)) AS text, ['drill'] AS tags"
        f" FROM {view('v_alert_changes')} WHERE mode != 'live' AND {WITHIN} GROUP BY mode"
    )
    raised = (
        "SELECT min(at) AS time, concat(if(max(level_number) >= 4, 'I ', 'II '), encodeXMLComponent(toString(any(rule))), ' · ',"
        f" encodeXMLComponent(toString(any(place)))) AS text, ['alert'] AS tags FROM {view('v_alert_changes')}"
        f" WHERE {WITHIN} AND card AND grouped_under = '' GROUP BY alert_id HAVING max(level_number) >= 3 ORDER BY time DESC LIMIT 200"
    )
    return [
        (say("mark.began"), DRILL, Query(ref="began", sql=began, shape="table")),
        (say("mark.spans"), DRILL, Query(ref="spans", sql=spans, shape="table")),
        (say("mark.raised"), ORANGE, Query(ref="raised", sql=raised, shape="table")),
    ]
