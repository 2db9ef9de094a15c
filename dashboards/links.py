"""Where a click leads: the live page at that moment, and the page of an alert. All that comes from data is percent-encoded."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.models.dashboard import DashboardLink, DashboardLinkType

from dashboards.words import Say

_PAGE: Final = "${page}/?mode=${mode:percentencode}&lang="


def _link(say: Say, title: str, rest: str) -> DashboardLink:
    return DashboardLink(title=say(title), type_val=DashboardLinkType.LINK, url=f"{_PAGE}{say.lang}{rest}", target_blank=True)


def at_row(say: Say, column: str = "moment_ms") -> DashboardLink:
    """The replay at the moment of a table's row."""
    return _link(say, "link.replay", f"&at=${{__data.fields.{column}:percentencode}}")


def at_point(say: Say) -> DashboardLink:
    """The replay at the moment of a point of a series."""
    return _link(say, "link.replay", "&at=${__value.time}")


def at_column(say: Say) -> DashboardLink:
    """The replay at the moment of a column of cells over time."""
    return _link(say, "link.replay", "&at=${__data.fields.time:percentencode}")


def at_end(say: Say) -> DashboardLink:
    """The replay at the end of the range, which is the moment that a floor shows."""
    return _link(say, "link.replay", "&at=${__to}")


def alert(say: Say) -> DashboardLink:
    """The page of the alert of a table's row."""
    return _link(say, "link.alert", "&alert=${__data.fields.alert_id:percentencode}&at=${__data.fields.moment_ms:percentencode}")


def boards(say: Say) -> DashboardLink:
    """All boards of this language, with the same time and the same choices."""
    return DashboardLink(
        title=say("link.boards"),
        type_val=DashboardLinkType.DASHBOARDS,
        icon="external link",
        tags=["muster", say.lang],
        as_dropdown=True,
        include_vars=True,
        keep_time=True,
    )
