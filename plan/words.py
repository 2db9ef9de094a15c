"""Words that no text may use: on open radio and in public they make a crowd run, or they say more than is known. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

FORBIDDEN: Final = ("踩踏", "爆炸", "确认", "预警", "拥挤度", "stampede", "explosion", "blast", "trampl")
RADIO_CHARACTERS: Final = 20


def forbidden_in(text: str) -> tuple[str, ...]:
    """The forbidden words in *text*."""
    small = text.casefold()
    return tuple(word for word in FORBIDDEN if word in small)


def wrong_words(plain: Any, path: str = "") -> Iterator[str]:
    """A sentence for each forbidden word in the names and prepared texts of a plan in plain values."""
    if isinstance(plain, dict):
        if set(plain) == {"en", "zh"}:
            found = [(word, text) for text in plain.values() for word in forbidden_in(text)]
            yield from (f"{path}: '{word}' must not be used in a text, got '{text}'" for word, text in found)
            return
        for key, value in plain.items():
            yield from wrong_words(value, f"{path}.{key}" if path else str(key))
    elif isinstance(plain, list):
        for number, value in enumerate(plain):
            name = value.get("id", value.get("call_sign")) if isinstance(value, dict) else None
            yield from wrong_words(value, f"{path}[{number}]" + (f" '{name}'" if name else ""))
