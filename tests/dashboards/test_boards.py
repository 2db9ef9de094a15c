"""What every board owes to who looks at it: words, units, scales that do not move, links that carry nothing but data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import yaml

from dashboards import thresholds
from dashboards.generate import BOARDS, HERE, PAGE, files, stale
from dashboards.words import LANGS, PANELS, WORDS, Lang, Say

KEYS = [make(Say("en")).key for make in BOARDS]
Node = dict[str, Any]


@cache
def board(lang: str, key: str) -> Node:
    made: Node = json.loads((HERE / lang / f"{key}.json").read_text(encoding="utf-8"))
    return made


def panels() -> list[Any]:
    return [
        pytest.param(panel, id=f"{lang}/{key} {panel['title']}") for lang in LANGS for key in KEYS for panel in board(lang, key)["panels"]
    ]


def nodes(value: Any) -> Iterator[Node]:
    """Every object in a board."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from nodes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from nodes(inner)


def scales(panel: Node) -> Iterator[Node]:
    """The panel's own field settings, and those of each column or series that has its own."""
    config = panel["fieldConfig"]
    yield config["defaults"]
    for override in config["overrides"]:
        yield {row["id"]: row["value"] for row in override["properties"]}


def is_alarming(scale: Node) -> bool:
    """Whether a colour of alarm can appear in it."""
    return any(color in json.dumps(scale) for color in thresholds.ALARM)


def test_the_committed_files_are_what_the_code_makes() -> None:
    assert [path.name for path in stale()] == []


def test_the_code_makes_the_same_twice() -> None:
    assert files() == files()


@pytest.mark.parametrize("lang", LANGS)
def test_a_folder_holds_a_board_a_file_and_nothing_else(lang: str) -> None:
    assert sorted(path.name for path in (HERE / lang).iterdir()) == sorted(f"{key}.json" for key in KEYS)


def test_every_board_has_a_uid_of_its_own_and_the_tags_by_which_it_is_found() -> None:
    made = [(lang, key, board(lang, key)) for lang in LANGS for key in KEYS]
    assert [row["uid"] for _, _, row in made] == [f"muster-{key}-{lang}" for lang, key, _ in made]
    assert [row["tags"] for _, _, row in made] == [["muster", lang] for lang, _, _ in made]
    assert all(len(row["uid"]) <= 40 for _, _, row in made)


@pytest.mark.parametrize(("lang", "key"), [(lang, key) for lang in LANGS for key in KEYS])
def test_panels_are_numbered_and_do_not_overlap(lang: str, key: str) -> None:
    placed = board(lang, key)["panels"]
    assert [panel["id"] for panel in placed] == list(range(1, len(placed) + 1))
    taken = [
        (x, y)
        for at in (panel["gridPos"] for panel in placed)
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(taken) == len(set(taken))
    assert max(x for x, _ in taken) == 23


@pytest.mark.parametrize("panel", panels())
def test_a_panel_says_what_it_is_and_in_which_unit(panel: Node) -> None:
    assert panel["title"].strip()
    assert len(panel["description"]) > 20
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["fieldConfig"]["defaults"]["noValue"].startswith("?")


@pytest.mark.parametrize("panel", panels())
def test_where_colour_means_danger_the_scale_stands_still(panel: Node) -> None:
    for scale in scales(panel):
        color = scale.get("color", {})
        assert not str(color.get("mode", "")).startswith("continuous")
        if color.get("mode") == "fixed":
            continue
        if is_alarming(scale) or color.get("mode") == "thresholds":
            steps = scale["thresholds"]
            assert (steps["mode"], scale["min"] < scale["max"]) == ("absolute", True)
            ground, *rising = [step["value"] for step in steps["steps"]]
            assert (ground, rising) == (None, sorted(rising))


@pytest.mark.parametrize("panel", [row for row in panels() if row.values[0]["type"] == "heatmap"])
def test_a_heatmap_has_seven_fixed_bands_and_its_legend(panel: Node) -> None:
    options = panel["options"]
    assert (options["calculate"], options["legend"]["show"]) == (False, True)
    color = options["color"]
    assert (color["mode"], color["steps"], color["min"], color["max"]) == ("scheme", 7, 0, 7)
    assert options["cellValues"]["unit"]


@pytest.mark.parametrize("panel", [row for row in panels() if row.values[0]["type"] in ("timeseries", "state-timeline")])
def test_a_chart_has_its_legend(panel: Node) -> None:
    assert panel["options"]["legend"]["showLegend"] is True


def test_no_map_has_a_heatmap_layer() -> None:
    """It rescales itself to the data, has no legend, and makes an empty hall look red."""
    layers = [layer["type"] for row in panels() if row.values[0]["type"] == "geomap" for layer in row.values[0]["options"]["layers"]]
    assert layers == ["geojson", "markers"] * len(LANGS)


@pytest.mark.parametrize("panel", panels())
def test_a_level_has_its_numeral_and_word_beside_its_colour(panel: Node) -> None:
    for scale in scales(panel):
        for mapping in scale.get("mappings") or ():
            results = [mapping["options"]["result"]] if mapping["type"] == "special" else mapping["options"].values()
            assert all(result["text"].strip() for result in results)


@pytest.mark.parametrize("lang", LANGS)
def test_the_words_of_levels_carry_their_numerals(lang: Lang) -> None:
    words = {value: word for value, (word, _) in thresholds.level_words(Say(lang)).items()}
    numerals = ("IV", "III", "II", "I", "I !") if lang == "en" else ("四级", "三级", "二级", "一级", "一级!")
    assert all(words[str(value)].startswith(numeral) for value, numeral in enumerate(numerals, start=1))
    assert words["-1"].startswith("?")


@pytest.mark.parametrize("panel", [row for row in panels() if row.values[0]["type"] == "state-timeline"])
def test_unknown_is_grey_and_named_wherever_states_are_shown(panel: Node) -> None:
    values, special = panel["fieldConfig"]["defaults"]["mappings"]
    assert values["options"]["-1"]["color"] == thresholds.UNKNOWN
    assert special["options"]["result"]["color"] == thresholds.UNKNOWN
    assert special["options"]["match"] == "null+nan"


@pytest.mark.parametrize("panel", [row for row in panels() if row.values[0]["type"] == "timeseries"])
def test_a_line_takes_no_colour_of_alarm_by_chance(panel: Node) -> None:
    """Grafana's palettes hold red, orange and yellow."""
    assert panel["fieldConfig"]["defaults"]["color"] == {"mode": "shades", "fixedColor": thresholds.ACCENT}


def test_no_colour_anywhere_means_that_all_is_well() -> None:
    assert not re.search(r'"(green|dark-green|semi-dark-green|light-green)"', "".join(files().values()))


@pytest.mark.parametrize(("lang", "key"), [(lang, key) for lang in LANGS for key in KEYS])
def test_nothing_shows_data_as_html(lang: str, key: str) -> None:
    made = board(lang, key)
    assert not {"text", "news", "canvas"} & {panel["type"] for panel in made["panels"]}
    text = json.dumps(made)
    assert not re.search(r'"(type|displayMode)": "(html|markdown|image|json-view)"', text)
    assert "<" not in "".join(node["title"] for node in nodes(made) if isinstance(node.get("title"), str))


@pytest.mark.parametrize(("lang", "key"), [(lang, key) for lang in LANGS for key in KEYS])
def test_links_carry_what_comes_from_data_percent_encoded(lang: str, key: str) -> None:
    made = board(lang, key)
    addresses = [node["url"] for node in nodes(made) if isinstance(node.get("url"), str) and node["url"]]
    assert addresses
    for address in addresses:
        assert address.startswith("${page}/?mode=${mode:percentencode}&lang=")
        bare = re.findall(r"\$\{([^}:]+)\}", address)
        assert set(bare) <= {"page", "__to", "__value.time"}
        assert f"&lang={lang}" in address


@pytest.mark.parametrize(("lang", "key"), [(lang, key) for lang in LANGS for key in KEYS])
def test_every_query_asks_the_one_data_source(lang: str, key: str) -> None:
    made = board(lang, key)
    named = [node["datasource"] for node in nodes(made) if node.get("datasource")]
    ours = {"type": "grafana-clickhouse-datasource", "uid": "muster-clickhouse"}
    marks = [mark["datasource"] for mark in made["annotations"]["list"]]
    assert marks[0] == {"type": "grafana", "uid": "-- Grafana --"}
    assert [source for source in named if source != ours] == [marks[0]]


@pytest.mark.parametrize(("lang", "key"), [(lang, key) for lang in LANGS for key in KEYS])
def test_every_board_lets_choose_event_venue_zone_camera_and_mode(lang: str, key: str) -> None:
    found = {row["name"]: row for row in board(lang, key)["templating"]["list"]}
    assert {"event", "venue", "zone", "camera", "mode", "page"} <= set(found)
    assert all(row["label"] and row["description"] for row in found.values())
    used = set(re.findall(r"\$\{(\w+)", json.dumps(board(lang, key)))) - {"__data", "__value", "__to"}
    assert used <= set(found)


def test_every_text_is_there_in_both_languages() -> None:
    assert [key for key, pair in WORDS.items() if not all(text.strip() for text in pair)] == []
    assert [key for key, pair in PANELS.items() if not all(text.strip() for row in pair for text in row)] == []
    chinese = re.compile(r"[\u4e00-\u9fff]")
    same = [key for key, (en, zh) in WORDS.items() if en == zh and not key.startswith("unit.")]
    assert same == ["col.full_hd"]
    assert [key for key, (en, _) in PANELS.items() if any(chinese.search(text) for text in en)] == []
    assert [key for key, (_, zh) in PANELS.items() if not all(chinese.search(text) for text in zh)] == []


def test_acknowledged_and_alarms_have_the_words_of_the_terms() -> None:
    chinese = json.dumps([zh for _, zh in [*WORDS.values(), *PANELS.values()]], ensure_ascii=False)
    assert not re.search("确认|拥挤度|踩踏|预警", chinese)


@pytest.mark.parametrize("key", KEYS)
def test_a_board_and_its_texts_have_the_same_panels_in_the_same_order(key: str) -> None:
    for lang in LANGS:
        titles = [panel["title"] for panel in board(lang, key)["panels"]]
        assert titles == [Say(lang).about(name).title for name in PANELS if name.startswith(f"{key}.")]


def test_the_page_has_a_heading_for_each_board_and_panel_and_no_other() -> None:
    headings = re.findall(r"^(##+) (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    wanted = []
    for key in KEYS:
        english, chinese = board("en", key), board("zh", key)
        wanted.append(("##", f"{english['title']} · {chinese['title']}"))
        wanted += [("###", f"{en['title']} · {zh['title']}") for en, zh in zip(english["panels"], chinese["panels"], strict=True)]
    assert headings == wanted


def test_the_playlist_names_boards_that_are_there() -> None:
    playlist = yaml.safe_load((HERE / "playlist.yaml").read_text(encoding="utf-8"))
    assert set(playlist["boards"]) <= set(KEYS)
    assert set(playlist["name"]) == set(LANGS)
    assert re.fullmatch(r"\d+[sm]", playlist["interval"])


def test_every_scale_says_where_its_numbers_come_from() -> None:
    scales_ = {name: value for name, value in vars(thresholds).items() if isinstance(value, thresholds.Limits)}
    assert len(scales_) > 20
    assert [name for name, value in scales_.items() if len(value.source) < 10] == []


def test_the_bands_are_those_of_the_live_page() -> None:
    colors = (HERE.parent / "command" / "web" / "src" / "grid.ts").read_text(encoding="utf-8").lower()
    assert [color for _, color in thresholds.BANDS if color not in colors] == []
