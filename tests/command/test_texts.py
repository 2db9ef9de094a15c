"""The page's texts: the same keys in both languages, and the words of the list of terms."""

from __future__ import annotations

import json
import re
from pathlib import Path

WEB = Path(__file__).resolve().parents[2] / "command" / "web"
SOURCES = {path.name: path.read_text(encoding="utf-8") for path in (WEB / "src").glob("*.ts")}


def texts(name: str) -> dict[str, str]:
    """The texts of one language, by key."""
    found: dict[str, str] = {}
    for file, constant in (("texts.ts", name), ("texts_acts.ts", f"ACTS_{name}")):
        start = SOURCES[file].index(f"const {constant}")
        block = SOURCES[file][start : SOURCES[file].index("\n}", start)]
        rows = dict(re.findall(r'^  "([a-z0-9_.]+)": "(.*)",$', block, re.MULTILINE))
        assert not rows.keys() & found.keys(), "a text stands twice"
        found |= rows
    return found


def test_both_languages_have_the_same_keys() -> None:
    assert texts("EN").keys() == texts("ZH").keys()
    assert len(texts("EN")) > 100


def test_both_languages_fill_in_the_same_values() -> None:
    def names(text: str) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", text))

    assert [key for key, text in texts("EN").items() if names(text) != names(texts("ZH")[key])] == []


def test_no_text_uses_a_word_that_the_list_of_terms_rules_out() -> None:
    ruled_out = ("确认", "踩踏", "爆炸", "拥挤度", "预警")
    assert [key for key, text in texts("ZH").items() if any(word in text for word in ruled_out)] == []


def test_every_key_that_the_page_names_is_a_text() -> None:
    used = {key for source in SOURCES.values() for key in re.findall(r'\bt\(\s*"([a-z0-9_.]+)"', source)}
    assert used - texts("EN").keys() == set()


def test_the_page_makes_no_markup_from_text_and_asks_nobody_outside() -> None:
    whole = "\n".join([*SOURCES.values(), (WEB / "src" / "style.css").read_text(), (WEB / "index.html").read_text()])
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", whole) == []
    assert set(re.findall(r"https?://[^\"'\s)`]+", whole)) == {"http://www.w3.org/2000/svg"}


def test_the_lock_names_no_registry() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text())
    assert [name for name, row in lock["packages"].items() if "resolved" in row] == []
    assert set(lock["packages"][""]["devDependencies"]) == {"typescript", "vite"}
    assert "dependencies" not in lock["packages"][""]
