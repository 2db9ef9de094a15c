"""The alert rules as a file that Grafana reads at its start, for docker compose: `python -m connectors.grafana.rules_file`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import yaml

from connectors.grafana.platform_rules import file_of

FILE: Final = Path(__file__).resolve().parents[2] / "deploy" / "grafana" / "provisioning" / "alerting" / "muster.yaml"
_HEAD: Final = "# Made by `python -m connectors.grafana.rules_file` of connectors/grafana/platform_rules.py; a test holds it equal.\n"


def text() -> str:
    """The file's content."""
    return _HEAD + yaml.safe_dump(file_of(), allow_unicode=True, sort_keys=False, width=10_000)


if __name__ == "__main__":
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(text(), encoding="utf-8")
