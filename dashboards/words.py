"""What the boards say, from keys, in English and in Chinese."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from dashboards.texts import alerts, columns, common, crowd, fire, flow, identity, platform, vehicles

Lang = Literal["en", "zh"]
LANGS: Final[tuple[Lang, Lang]] = ("en", "zh")
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class About:
    """One panel in words.

    Args:
        title: its title.
        shows: what is on it.
        reads: how it is read.
        acts: what to do with it.
    """

    title: str
    shows: str
    reads: str
    acts: str

    @property
    def description(self) -> str:
        """As the panel's own description."""
        return f"{self.shows}\n\n{self.reads}\n\n{self.acts}"


WORDS: Final[dict[str, Pair]] = common.WORDS | columns.COLUMNS
PANELS: Final[dict[str, tuple[tuple[str, str, str, str], tuple[str, str, str, str]]]] = {
    f"{name}.{key}": value
    for name, module in {
        "alerts": alerts,
        "crowd": crowd,
        "fire": fire,
        "flow": flow,
        "identity": identity,
        "platform": platform,
        "vehicles": vehicles,
    }.items()
    for key, value in module.PANELS.items()
}


@dataclass(frozen=True, slots=True)
class Say:
    """The texts in one language."""

    lang: Lang

    def __call__(self, key: str) -> str:
        """The text of *key*."""
        return WORDS[key][LANGS.index(self.lang)]

    def about(self, key: str) -> About:
        """The words of panel *key*."""
        return About(*PANELS[key][LANGS.index(self.lang)])
