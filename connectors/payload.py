"""What leaves by a channel that speaks JSON or plain text. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final

from connectors.clean import clean, plain
from connectors.marks import mark, marked, standing
from pipelines.messages import Message, Texts

FORMAT: Final = "muster.message.v1"
_NAME: Final = 128
_TEXT: Final = 512
# An ampersand or angle bracket inside JSON that a receiver pastes into a page must not open a tag.
_HARMLESS: Final = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def as_json(message: Message) -> bytes:
    """The message as one JSON object; the same bytes at each retry."""
    body = json.dumps(_plain(message), ensure_ascii=False, separators=(",", ":"))
    return body.translate(_HARMLESS).encode()


def _plain(message: Message) -> dict[str, Any]:
    alert = message.change
    return {
        "format": FORMAT,
        "id": message.message_id,
        "mode": message.mode,
        "status": standing(message.mode),
        "mark": mark(message.mode),
        "kind": message.kind,
        "recipient": clean(message.recipient, most=_NAME),
        "address": clean(message.address, most=_NAME),
        "sent_us": message.sent_us,
        "texts": {
            language: {
                "radio": marked(clean(texts.radio, most=_TEXT), message.mode),
                "screen": marked(clean(texts.screen, most=_TEXT), message.mode),
                "public": marked(clean(texts.public, most=_TEXT), message.mode) if texts.public else "",
            }
            for language, texts in message.texts.items()
        },
        "place_name": {language: clean(name, most=_NAME) for language, name in message.place_name.items()},
        "polygon": [list(point) for point in message.polygon],
        "references": [identifier for identifier, _ in message.references],
        "incident": "" if alert is None else f"{alert.mode}:{alert.alert_id}",
        "alert": None if alert is None else _cleaned(asdict(alert)),
        "order": None if message.order is None else _cleaned(asdict(message.order)),
    }


def _cleaned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _cleaned(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(part) for part in value]
    return clean(value, most=_TEXT) if isinstance(value, str) else value


def title(message: Message) -> str:
    """One line for a person: the mark of an exercise, and the place, level and act in both languages."""
    return marked(" / ".join(_screens(message)), message.mode)


def short(message: Message) -> str:
    """One line of the shortest texts, for what is charged or cut by its length: Chinese first."""
    return marked(" / ".join(plain(texts.radio or texts.screen, most=_TEXT) for texts in _texts(message)), message.mode)


def text(message: Message) -> str:
    """What a person reads, Chinese first, each line marked as an exercise where it is one; the message's id stands last."""
    radios = [plain(texts.radio, most=_TEXT) for texts in _texts(message) if texts.radio != texts.screen]
    lines = [*_screens(message), *radios]
    return "\n".join([*(marked(line, message.mode) for line in lines if line), f"# {clean(message.message_id, most=_NAME)}"])


def _texts(message: Message) -> list[Texts]:
    return [message.texts[language] for language in ("zh", "en") if language in message.texts]


def _screens(message: Message) -> list[str]:
    return [plain(texts.screen, most=_TEXT) for texts in _texts(message)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How a message becomes bytes."""

    content_type: str
    suffix: str
    encode: Callable[[Message], bytes]


JSON: Final = Format(content_type="application/json", suffix="json", encode=as_json)
