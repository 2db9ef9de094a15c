"""A sentence in the two languages of the screens, filled in from a table of texts: refusals and reasons. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

Pair = tuple[str, str]


class Said(NamedTuple):
    """A sentence in English and Chinese; false when there is nothing to say."""

    en: str = ""
    zh: str = ""

    def __bool__(self) -> bool:
        """Whether it says anything."""
        return bool(self.en)


NOTHING: Final = Said()
LEVELS: Final[Mapping[str, Pair]] = {
    "none": ("none", "无"),
    "watch": ("watch", "四级(关注)"),
    "caution": ("caution", "三级(注意)"),
    "warning": ("warning", "二级(严重)"),
    "critical": ("critical", "一级(危急)"),
    "act_now": ("act now", "一级·立即处置"),
}


def fill(text: Pair, **parts: object) -> Said:
    """The text in both languages with *parts* in its places; a pair is in two languages, anything else is the same in both."""
    both = [parts | {name: part[number] for name, part in parts.items() if isinstance(part, tuple)} for number in (0, 1)]
    return Said(en=text[0].format_map(both[0]), zh=text[1].format_map(both[1]))


def joined(parts: Iterable[Said], *, between: Pair) -> Said:
    """Sentences one after the other, without those that say nothing."""
    said = [part for part in parts if part]
    return Said(en=between[0].join(part.en for part in said), zh=between[1].join(part.zh for part in said))


def own(words: str) -> Said:
    """A person's own words: they stand as they are in both languages."""
    return Said(en=words, zh=words)


def word(table: Mapping[str, Pair], key: str) -> Pair:
    """The word for *key*; itself where the table has none."""
    return table.get(key, (key, key))
