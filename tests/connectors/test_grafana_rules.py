"""One definition of the platform's rules: what the push makes, what the file of docker compose says, what a template becomes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.grafana import rules_file
from connectors.grafana.platform_rules import FOLDER_TITLE, GROUP, RULES, Rule, file_of, model_of, sql_of

DOCS = Path(__file__).resolve().parents[2] / "docs"


def rule_ids(rule: Rule) -> str:
    return rule.name


def test_the_committed_file_is_what_the_code_makes() -> None:
    assert rules_file.FILE.read_text(encoding="utf-8") == rules_file.text()


def test_the_file_says_what_the_push_makes() -> None:
    [group] = yaml.safe_load(rules_file.text())["groups"]
    assert (group["name"], group["folder"]) == (GROUP, FOLDER_TITLE)
    left_out = ("ruleGroup", "folderUID")
    pushed: list[dict[str, Any]] = [{key: value for key, value in model_of(rule).items() if key not in left_out} for rule in RULES]
    assert group["rules"] == pushed
    assert file_of()["groups"][0]["rules"] == pushed


def test_uids_differ_and_fit_grafana() -> None:
    uids = [rule.uid for rule in RULES]
    assert len(set(uids)) == len(uids)
    assert [uid for uid in uids if not re.fullmatch(r"[a-z0-9-]{1,40}", uid)] == []


@pytest.mark.parametrize("rule", RULES, ids=rule_ids)
def test_a_rule_reads_views_alone(rule: Rule) -> None:
    read = re.findall(r"(?:FROM|JOIN) ([\w.]+)", sql_of(rule))
    assert read
    assert [name for name in read if not name.startswith("live.v_")] == []


@pytest.mark.parametrize("rule", RULES, ids=rule_ids)
def test_a_rules_texts_name_labels_that_its_table_has(rule: Rule) -> None:
    for text in model_of(rule)["annotations"].values():
        labels = re.findall(r"\$labels\.(\w+)", text)
        assert [label for label in labels if label not in rule.sql] == []
        assert "{value}" not in text


@pytest.mark.parametrize("rule", RULES, ids=rule_ids)
def test_a_rule_speaks_both_languages(rule: Rule) -> None:
    assert re.search(r"[\u4e00-\u9fff]", rule.title)
    assert re.search(r"[\u4e00-\u9fff]", rule.summary_zh)
    assert "确认" not in rule.summary_zh + rule.title


@pytest.mark.parametrize("rule", RULES, ids=rule_ids)
def test_a_rule_has_its_row_in_the_docs_with_its_limit_and_severity(rule: Rule) -> None:
    row = next(line for line in (DOCS / "grafana.md").read_text(encoding="utf-8").splitlines() if line.startswith(f"| `{rule.uid}` |"))
    _, _, _, limit, held, severity, _ = [cell.strip() for cell in row.split("|")]
    written = {0: "at once", 30: "30 s", 60: "1 min"}[rule.for_s]
    assert (limit, held, severity) == (f"{rule.limit:,}", written, rule.severity)
