"""Code and documents hold each other: what there is has its line, what a page links to is there."""

from __future__ import annotations

import dataclasses
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from cli.__main__ import app
from pipelines import rules, settings
from pipelines.rules import CROWD
from pipelines.topics import ALL, Topic
from plan import actions, duty, linkage, model, part, response, signs

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
# In pieces, so that this file does not hold what it looks for.
FORBIDDEN = ("/" + "work/", "/" + "root/", "pypi" + ".org", "registry.npmjs" + ".org", "repo1.maven" + ".org", "repo.maven.apache" + ".org")
BY_ITS_FORMAT = {"uv.lock"}  # a lock names the index that its hashes came from


def text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def files(*patterns: str) -> list[Path]:
    """Files of the project, those that are not committed yet included."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("this copy of the project has no history to list files from")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def commands(group: typer.Typer, before: str = "muster") -> Iterator[str]:
    for command in group.registered_commands:
        assert command.callback is not None
        yield f"{before} {command.name or command.callback.__name__}"
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        yield from commands(inner.typer_instance, f"{before} {inner.name}")


def rule_ids() -> set[str]:
    named = vars(rules).items()
    return {CROWD} | {value for name, value in named if name.isupper() and isinstance(value, str)}


def plan_keys() -> set[str]:
    named = [value for module in (model, signs, duty, actions, response) for value in vars(module).values()]
    kinds = [kind for kind in named if isinstance(kind, type) and issubclass(kind, part.Part)]
    return {key for kind in kinds if kind not in (part.Text, linkage.Linkage) for key in kind.model_fields}


def linkage_keys() -> set[str]:
    kinds = [kind for kind in vars(linkage).values() if isinstance(kind, type) and issubclass(kind, part.Part)]
    return {key for kind in kinds for key in kind.model_fields}


def headings(page: str) -> set[str]:
    """The anchors of a page's headings, as the usual renderers make them."""
    found = re.findall(r"^#+ (.+)$", page, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).strip().replace(" ", "-") for line in found}


@pytest.mark.parametrize("thing", [topic.thing for topic in ALL])
def test_every_topic_is_in_the_architecture(thing: str) -> None:
    assert f"| `{thing}` |" in text("architecture.md")


def test_the_architecture_names_no_topic_that_is_gone() -> None:
    named = set(re.findall(r"^\| `([a-z]+\.[a-z0-9]+)` \|", text("architecture.md"), flags=re.MULTILINE))
    assert named == {topic.thing for topic in ALL}


@pytest.mark.parametrize("topic", ALL, ids=lambda topic: topic.thing)
def test_partitions_and_ticks_of_a_topic_are_as_the_architecture_says(topic: Topic) -> None:
    row = next(line for line in text("architecture.md").splitlines() if line.startswith(f"| `{topic.thing}` |"))
    _, _, partitions, ticked, *_ = [cell.strip() for cell in row.split("|")]
    assert (int(partitions), ticked) == (topic.partitions, "T" if topic.ticked else "")


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(settings.Settings)])
def test_every_setting_is_documented(name: str) -> None:
    assert f"| `MUSTER_{name.upper()}` | `{name}` |" in text("settings.md")


@pytest.mark.parametrize("name", settings._OTHER)
def test_every_variable_of_the_command_line_is_documented(name: str) -> None:
    assert f"`{name}`" in text("settings.md")


@pytest.mark.parametrize("command", sorted(commands(app)))
def test_every_command_is_documented(command: str) -> None:
    assert f"## `{command}`" in text("commands.md")


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "pipelines" / "measures").glob("[a-z]*.py")))
def test_every_measure_is_documented(name: str) -> None:
    assert f"`{name}`" in text("measures.md")


@pytest.mark.parametrize("rule", sorted(rule_ids()))
def test_every_rule_is_documented(rule: str) -> None:
    assert f"| `{rule}` |" in text("alerts.md")


@pytest.mark.parametrize("key", sorted(plan_keys()))
def test_every_key_of_the_plan_is_documented(key: str) -> None:
    assert re.search(rf"`{key}`|^ *{key}:|[{{ ]{key}: ", text("plan.md"), flags=re.MULTILINE)


@pytest.mark.parametrize("key", sorted(linkage_keys()))
def test_every_key_of_the_linkage_is_documented(key: str) -> None:
    assert f"`{key}`" in text("linkage.md")


def test_every_decision_is_listed() -> None:
    listed = set(re.findall(r"\]\((\d{4}-[^)]+\.md)\)", (DOCS / "decisions" / "README.md").read_text(encoding="utf-8")))
    assert listed == {path.name for path in (DOCS / "decisions").glob("[0-9]*.md")}


def test_every_relative_link_leads_somewhere() -> None:
    broken = []
    for page in files("*.md"):
        content = page.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)\s]+)\)", content):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            there = page.parent / path if path else page
            if not there.exists():
                broken.append(f"{page.relative_to(ROOT)}: {target} is not there")
            elif anchor and anchor not in headings(there.read_text(encoding="utf-8")):
                broken.append(f"{page.relative_to(ROOT)}: {target} is no heading")
    assert broken == []


def test_no_page_waits_for_a_figure() -> None:
    waiting = [f"{page.relative_to(ROOT)}: {found}" for page in files("*.md") for found in re.findall(r"{{\w+}}", page.read_text("utf-8"))]
    assert waiting == []


def test_no_file_names_a_machine_or_a_registry() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in files()
        if path.relative_to(ROOT).as_posix() not in BY_ITS_FORMAT
        for word in FORBIDDEN
        if word.encode() in path.read_bytes()
    ]
    assert wrong == []
