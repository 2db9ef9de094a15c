"""CAP as a format of a channel: each message is held against the schema before it may leave."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

from xmlschema import XMLResource, XMLSchema10, XMLSchemaException

from connectors.cap.build import build, to_xml
from connectors.payload import Format
from pipelines.errors import ConfigError, RefusedError
from pipelines.messages import Message

SCHEMA: Final = Path(__file__).resolve().parents[2] / "schemas" / "cap" / "cap-1.2.xsd"
_SENDER: Final = re.compile(r"[^\s,<&]{1,128}")


def cap_format(*, sender: str, expires_s: int = 3600) -> Format:
    """Messages as CAP 1.2 from *sender*, each holding for *expires_s*. Reads the schema now, so that no delivery waits for it.

    Raises:
        ConfigError: *sender* is not one that CAP allows.
    """
    if not _SENDER.fullmatch(sender):
        raise ConfigError(f"sender '{sender}': CAP allows no space, comma, '<' or '&' in it, and wants one")
    schema()

    def encode(message: Message) -> bytes:
        xml = to_xml(build(message, sender=sender, expires_s=expires_s))
        check_xml(xml)
        return xml

    return Format(content_type="application/cap+xml", suffix="xml", encode=encode)


@cache
def schema() -> XMLSchema10:
    """The schema of CAP 1.2, read once."""
    return XMLSchema10(str(SCHEMA))


def check_xml(xml: bytes) -> None:
    """See that *xml* is a CAP message; entities and document types are refused, whoever wrote it.

    Raises:
        RefusedError: it is none, and why.
    """
    try:
        # Nothing outside the text is read: no other schema, no file, no address.
        schema().validate(XMLResource(xml.decode(), defuse="always", allow="none"), use_location_hints=False)
    except (XMLSchemaException, UnicodeDecodeError, SyntaxError) as error:
        why = getattr(error, "reason", None) or type(error).__name__
        where = getattr(error, "path", None) or "the message"
        raise RefusedError(f"CAP: {where}: {' '.join(str(why).split())[:200]}") from None
