"""A message as a CAP 1.2 alert. Pure: the same message gives the same bytes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from xsdata.formats.dataclass.serializers import XmlSerializer
from xsdata.formats.dataclass.serializers.config import SerializerConfig

from connectors.cap import meaning
from connectors.cap.classes import Alert, Area, Info, MsgType, NamedValue, Scope
from connectors.clean import clean
from connectors.marks import mark, marked
from pipelines.messages import Message, Texts

NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"
_LANGUAGE: Final = {"zh": "zh-CN", "en": "en"}
_HEADLINE: Final = 160
_TEXT: Final = 512
_NAME: Final = 128
_SOURCE: Final = "Muster"
_SERIALIZER: Final = XmlSerializer(config=SerializerConfig(encoding="UTF-8", xml_declaration=True))


def build(message: Message, *, sender: str, expires_s: int) -> Alert:
    """The alert that says what *message* says, to its one recipient.

    Args:
        message: of any mode.
        sender: who speaks, e.g. `muster@stadium.example`.
        expires_s: so long after its making it holds, if nothing follows.
    """
    kind = meaning.message_type(message)
    return Alert(
        identifier=identifier(message.message_id, message.mode),
        sender=sender,
        sent=cap_time(message.sent_us),
        status=meaning.status(message.mode),
        msg_type=kind,
        source=_SOURCE,
        scope=Scope.PRIVATE,
        addresses=_address(message.recipient),
        note=mark(message.mode) or None,
        references=_references(message, sender) if kind is not MsgType.ALERT else None,
        incidents=f"{message.mode}:{message.change.alert_id}" if message.change is not None else None,
        info=[
            _info(message, language, message.texts[language], expires_s=expires_s) for language in _LANGUAGE if language in message.texts
        ],
    )


def to_xml(alert: Alert) -> bytes:
    """UTF-8, with CAP's names as the default namespace. What XML gives a meaning to is escaped by the serializer."""
    return _SERIALIZER.render(alert, ns_map={None: NAMESPACE}).encode()


def identifier(message_id: str, mode: str) -> str:
    """The outward id: it begins with the mode, and what CAP forbids in it is percent-encoded, so that two ids stay two."""
    outward = message_id if message_id.startswith(f"{mode}:") else f"{mode}:{message_id}"
    return re.sub(r"[^!-$'-+\--;=-~]", lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), outward)


def cap_time(time_us: int) -> str:
    """Whole seconds in UTC, as CAP writes them: with -00:00, never with Z."""
    return f"{datetime.fromtimestamp(time_us // 1_000_000, UTC):%Y-%m-%dT%H:%M:%S}-00:00"


def _references(message: Message, sender: str) -> str:
    return " ".join(f"{sender},{identifier(earlier, message.mode)},{cap_time(sent_us)}" for earlier, sent_us in message.references)


def _address(recipient: str) -> str:
    """One address; CAP puts quotes around one with spaces."""
    name = clean(recipient, most=_NAME).replace('"', "'") or "-"
    return f'"{name}"' if " " in name else name


def _info(message: Message, language: str, texts: Texts, *, expires_s: int) -> Info:
    change = message.change
    categories = meaning.categories(change)
    screen, radio = clean(texts.screen, most=_TEXT), clean(texts.radio, most=_TEXT)
    until = timedelta(microseconds=message.sent_us, seconds=expires_s) // timedelta(microseconds=1)
    return Info(
        language=_LANGUAGE[language],
        category=categories,
        event=marked(meaning.EVENT[categories[0]][language], message.mode),
        response_type=[meaning.response(message)],
        urgency=meaning.urgency(message),
        severity=meaning.severity(change),
        certainty=meaning.certainty(change),
        event_code=[] if change is None else [NamedValue(value_name="muster:rule", value=clean(change.rule, most=_NAME))],
        effective=cap_time(message.sent_us),
        onset=None if change is None else cap_time(change.start_us),
        expires=cap_time(until),
        sender_name=_SOURCE,
        headline=clean(marked(screen, message.mode), most=_HEADLINE),
        description=marked(screen, message.mode),
        instruction=marked(radio, message.mode) if radio else None,
        parameter=_parameters(message),
        area=[_area(message, language)],
    )


def _parameters(message: Message) -> list[NamedValue]:
    change, order = message.change, message.order
    named: dict[str, str] = {"mode": message.mode, "kind": message.kind}
    if change is not None:
        named |= {
            "priority": change.priority,
            "level": change.level,
            "condition": change.condition,
            "verified": "true" if change.verified else "false",
            "place": change.place,
            "value": f"{'≥ ' if change.at_least else ''}{change.value:g} {change.unit}".strip(),
            "change": f"{change.axis}:{change.number}",
        }
    if order is not None:
        named |= {"order": order.order_id, "order_state": order.state, "order_due": cap_time(order.due_us) if order.due_us else ""}
    return [NamedValue(value_name=f"muster:{key}", value=clean(value, most=_NAME)) for key, value in named.items() if value]


def _area(message: Message, language: str) -> Area:
    place = message.change.place if message.change is not None else message.order.place if message.order is not None else ""
    words = clean(message.place_name.get(language, "") or place, most=_NAME) or "-"
    outline = " ".join(f"{latitude:.6f},{longitude:.6f}" for latitude, longitude in _closed(message.polygon))
    return Area(area_desc=words, polygon=[outline] if outline else [])


def _closed(points: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    """*points* with the first as the last; nothing where they are no outline."""
    ring = points if not points or points[0] == points[-1] else (*points, points[0])
    return ring if len(ring) >= 4 else ()
