"""A message that only tries a way: marked as a test in every text, of a mode that no check takes for real."""

from __future__ import annotations

from typing import Final

from connectors.marks import TEST, TEST_MODE
from pipelines.messages import Message, Texts

_EN: Final = "channel check, nothing has happened, no answer needed"
_ZH: Final = "通道测试,现场无事,无需答复"


def probe_message(*, recipient: str, sent_us: int, address: str = "") -> Message:
    """A test to *recipient*, made at *sent_us*."""
    return Message(
        message_id=f"{TEST_MODE}:{sent_us}",
        mode=TEST_MODE,
        kind="alert",
        recipient=recipient,
        address=address,
        texts={
            "en": Texts(radio=f"{TEST} – {_EN}", screen=f"{TEST} – {_EN}"),
            "zh": Texts(radio=f"{TEST} – {_ZH}", screen=f"{TEST} – {_ZH}"),
        },
        sent_us=sent_us,
    )
