"""Panels by kind. Each has a title, a description and a unit; where colour means danger, a scale that does not move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from grafana_foundation_sdk.builders import geomap as map_builder
from grafana_foundation_sdk.builders import heatmap as heat_builder
from grafana_foundation_sdk.builders import stat as stat_builder
from grafana_foundation_sdk.builders import statetimeline as state_builder
from grafana_foundation_sdk.builders import table as table_builder
from grafana_foundation_sdk.builders import timeseries as series_builder
from grafana_foundation_sdk.builders.common import (
    GraphThresholdsStyleConfig,
    ReduceDataOptions,
    StackingConfig,
    TableFooterOptions,
    VizLegendOptions,
    VizTooltipOptions,
)
from grafana_foundation_sdk.builders.heatmap import CellValues, HeatmapColorOptions, HeatmapTooltip, YAxisConfig
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode, HeatmapColorScale

from dashboards.query import Query, datasource
from dashboards.thresholds import ACCENT, DENSITY, Limits
from dashboards.words import Say

Words = Mapping[str, tuple[str, str]]
SERIES_GAP_MS: Final = 120_000  # a longer silence is a gap, not a line


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One column or series: its name in the query, and how it is shown.

    Args:
        name: in the query.
        title: key of its words.
        unit, decimals, limits, words: of its values.
        color: of its line.
        hidden: carried for links alone.
        link: where a click on it leads.
        bright: whether its ground takes the colour of its scale.
        line: further properties of the series, as Grafana names them.
    """

    name: str
    title: str = ""
    unit: str = ""
    decimals: int | None = None
    limits: Limits | None = None
    words: Words | None = None
    color: str = ""
    hidden: bool = False
    link: model.DashboardLink | None = None
    bright: bool = False
    line: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What every kind of panel has.

    Args:
        key: of its words.
        sql: its queries.
        unit: key of its unit.
        limits: its fixed scale, where colour means something.
        words: value → (text, colour).
        fields: columns and series that are shown in their own way.
        links: where a click on a value leads.
        decimals: of its values.
        interval: the shortest step.
    """

    key: str
    sql: str | Sequence[str]
    unit: str
    limits: Limits | None = None
    words: Words | None = None
    fields: Sequence[Field] = ()
    links: Sequence[model.DashboardLink] = ()
    decimals: int | None = None
    interval: str = ""


def stat(say: Say, look: Look, *, ground: bool = False) -> model.Panel:
    """One number, or a few, large."""
    builder = (
        stat_builder.Panel()
        .reduce_options(ReduceDataOptions().calcs(["lastNotNull"]).values(False))
        .graph_mode(common.BigValueGraphMode.NONE)
        .color_mode(common.BigValueColorMode.BACKGROUND_SOLID if ground else common.BigValueColorMode.VALUE)
        .text_mode(common.BigValueTextMode.VALUE_AND_NAME if look.fields else common.BigValueTextMode.VALUE)
    )
    return _finished(say, builder.build(), look, shape="table")


def series(say: Say, look: Look, *, bars: bool = False, stacked: bool = False, zero: bool = True, lines: bool = False) -> model.Panel:
    """Lines or bars over time, with a legend; *lines*: the steps of the scale are drawn across."""
    builder = (
        series_builder.Panel()
        .legend(
            VizLegendOptions()
            .show_legend(True)
            .display_mode(common.LegendDisplayMode.TABLE)
            .placement(common.LegendPlacement.BOTTOM)
            .calcs(["lastNotNull", "max"])
        )
        .tooltip(VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.DESCENDING))
        .draw_style(common.GraphDrawStyle.BARS if bars else common.GraphDrawStyle.LINE)
        .line_width(1.5)
        .fill_opacity(70 if bars else 60 if stacked else 0)
        .show_points(common.VisibilityMode.NEVER)
        .insert_nulls(SERIES_GAP_MS)
    )
    if stacked:
        builder.stacking(StackingConfig().mode(common.StackingMode.NORMAL).group("A"))
    if lines:
        builder.thresholds_style(GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.DASHED))
    panel = _finished(say, builder.build(), look, shape="series")
    defaults = _defaults(panel)
    if zero and defaults.min_val is None:
        defaults.min_val = 0
    # Grafana's palettes hold red, orange and yellow, which are alarms here: lines are told apart by shade, legend and tooltip.
    defaults.color = model.FieldColor(mode=model.FieldColorModeId.SHADES, fixed_color=ACCENT)
    return panel


def states(say: Say, look: Look) -> model.Panel:
    """States over time, a row each: a number with a word for each of its values."""
    builder = (
        state_builder.Panel()
        .show_value(common.VisibilityMode.AUTO)
        .merge_values(True)
        .row_height(0.85)
        .line_width(0)
        .fill_opacity(90)
        .legend(VizLegendOptions().show_legend(True).display_mode(common.LegendDisplayMode.LIST).placement(common.LegendPlacement.BOTTOM))
    )
    return _finished(say, builder.build(), look, shape="series")


def table(say: Say, look: Look) -> model.Panel:
    """Rows of plain text and numbers."""
    builder = (
        table_builder.Panel().show_header(True).cell_height(common.TableCellHeight.SM).footer(TableFooterOptions().show(False).reducer([]))
    )
    return _finished(say, builder.build(), look, shape="table")


def heat(say: Say, look: Look, *, y_label: str) -> model.Panel:
    """Density in cells, in seven bands of one p/m² from 0 to 6 and more.

    The panel knows Grafana's own colour schemes only. Of those, this one is nearest to the live page's hue and is seen on dark ground
    as on light; bands, limits and legend are fixed.
    """
    color = (
        HeatmapColorOptions()
        .mode(HeatmapColorMode.SCHEME)
        .scheme("YlGnBu")
        .scale(HeatmapColorScale.LINEAR)
        .exponent(0.5)
        .fill("dark-blue")
        .steps(len(DENSITY.steps))
        .reverse(False)
        .min(DENSITY.low)
        .max(DENSITY.high)
    )
    builder = (
        heat_builder.Panel()
        .calculate(False)
        .color(color)
        .cell_gap(0)
        .show_value(common.VisibilityMode.NEVER)
        .cell_values(CellValues().unit(_unit(say, look.unit)).decimals(1))
        .y_axis(YAxisConfig().axis_placement(common.AxisPlacement.LEFT).axis_label(say(y_label)).reverse(False))
        .tooltip(HeatmapTooltip().mode(common.TooltipDisplayMode.SINGLE).show_color_scale(True).y_histogram(False))
        .show_legend()
    )
    return _finished(say, builder.build(), look, shape="table")


def venue(say: Say, look: Look, *, source: str, name: str) -> model.Panel:
    """The venue's outlines from our own address, and a mark for each zone in the colour of its level, with its words.

    Outlines never take a colour from the data: they are loaded once, and would keep it.
    """
    plain = {"color": {"fixed": "#5b6b78"}, "opacity": 0.15, "lineWidth": 1, "textConfig": {"fontSize": 11, "offsetX": 0, "offsetY": 0}}
    outlines = {
        "type": "geojson",
        "name": say("map.outlines"),
        "config": {"src": source, "rules": [], "style": plain | {"text": {"mode": "field", "field": name, "fixed": ""}}},
        "tooltip": False,
    }
    marks = {
        "type": "markers",
        "name": say("map.levels"),
        "config": {
            "showLegend": True,
            "style": {
                "color": {"field": "level", "fixed": "#7d8894"},
                "opacity": 0.9,
                "size": {"fixed": 12, "min": 12, "max": 12},
                "symbol": {"mode": "fixed", "fixed": "img/icons/marker/circle.svg"},
                "text": {"mode": "field", "field": "words", "fixed": ""},
                "textConfig": {"fontSize": 12, "offsetX": 0, "offsetY": 18, "textAlign": "center", "textBaseline": "middle"},
            },
        },
        "location": {"mode": "coords", "latitude": "latitude", "longitude": "longitude"},
        "tooltip": True,
    }
    panel = map_builder.Panel().build()
    panel.options = {
        "view": {"id": "fit", "allLayers": True, "lat": 0, "lon": 0, "zoom": 17, "padding": 5},
        "controls": {"showZoom": True, "mouseWheelZoom": False, "showAttribution": False, "showScale": False},
        "basemap": {"type": "xyz", "name": say("map.ground"), "config": {"url": "", "attribution": ""}, "opacity": 0},
        "layers": [outlines, marks],
        "tooltip": {"mode": "details"},
    }
    return _finished(say, panel, look, shape="table")


def _finished(say: Say, panel: model.Panel, look: Look, *, shape: Literal["series", "table"]) -> model.Panel:
    about = say.about(look.key)
    asked = [look.sql] if isinstance(look.sql, str) else look.sql
    panel.title, panel.description, panel.datasource = about.title, about.description, datasource()
    panel.targets = [Query(ref="ABCD"[index], sql=sql, shape=shape) for index, sql in enumerate(asked)]
    if look.interval:
        panel.interval = look.interval
    defaults = _defaults(panel)
    defaults.unit, defaults.decimals, defaults.no_value = _unit(say, look.unit), look.decimals, say("no_data")
    if look.limits:
        _scale(defaults, look.limits)
    if look.words:
        defaults.mappings = _mappings(look.words)
    if look.links:
        defaults.links = list(look.links)
    assert panel.field_config is not None
    panel.field_config.overrides = [_override(say, field) for field in look.fields]
    return panel


def _defaults(panel: model.Panel) -> model.FieldConfig:
    if panel.field_config is None:
        panel.field_config = model.FieldConfigSource()
    if panel.field_config.defaults is None:
        panel.field_config.defaults = model.FieldConfig()
    return panel.field_config.defaults


def _scale(defaults: model.FieldConfig, limits: Limits) -> None:
    defaults.min_val, defaults.max_val = limits.low, limits.high
    defaults.thresholds = _steps(limits)
    defaults.color = model.FieldColor(mode=model.FieldColorModeId.THRESHOLDS)


def _steps(limits: Limits) -> model.ThresholdsConfig:
    steps = [model.Threshold(value=value, color=color) for value, color in limits.steps]
    return model.ThresholdsConfig(mode=model.ThresholdsMode.ABSOLUTE, steps=steps)


def _unit(say: Say, key: str) -> str:
    return say(f"unit.{key}")


def _mappings(words: Words) -> list[model.ValueMapping]:
    rows = {
        value: model.ValueMappingResult(text=word, color=color, index=index) for index, (value, (word, color)) in enumerate(words.items())
    }
    unknown = words.get("-1")
    mapped: list[model.ValueMapping] = [model.ValueMap(options=rows)]
    if unknown is not None:
        result = model.ValueMappingResult(text=unknown[0], color=unknown[1], index=len(rows))
        nothing = model.DashboardSpecialValueMapOptions(match=model.SpecialValueMatch.NULL_AND_NAN, result=result)
        mapped.append(model.SpecialValueMap(options=nothing))
    return mapped


def _override(say: Say, field: Field) -> model.DashboardFieldConfigSourceOverrides:
    given: dict[str, Any] = {}
    if field.title:
        given["displayName"] = say(field.title)
    if field.unit:
        given["unit"] = _unit(say, field.unit)
    if field.decimals is not None:
        given["decimals"] = field.decimals
    if field.limits:
        given |= {
            "min": field.limits.low,
            "max": field.limits.high,
            "thresholds": _steps(field.limits),
            "color": {"mode": "thresholds"},
        }
    if field.words:
        given["mappings"] = _mappings(field.words)
    if field.bright:
        given["custom.cellOptions"] = {"type": "color-background", "mode": "basic"}
    if field.color:
        given["color"] = {"mode": "fixed", "fixedColor": field.color}
    if field.hidden:
        given["custom.hidden"] = True
    if field.link:
        given["links"] = [field.link]
    given |= field.line or {}
    return model.DashboardFieldConfigSourceOverrides(
        matcher=model.MatcherConfig(id_val="byName", options=field.name),
        properties=[model.DynamicConfigValue(id_val=name, value=value) for name, value in given.items()],
    )
