"""The watchdog as a part of the machine: how it is watched itself, and who says that it died."""

from __future__ import annotations

import time
from dataclasses import replace

from pipelines.settings import Settings
from stack import watch_file
from stack.callout import PART_WORDS, Call, call_out, channel
from stack.parts import Part


def watchdog_part(part: Part, settings: Settings) -> Part:
    """*part* as one that outlives the supervisor by a minute, is missed when it gives no sign of life, and whose death is called out."""

    def said_dead(sentence: str) -> None:
        call = Call(
            mode=settings.mode,
            words=PART_WORDS,
            sentence_en=f"nobody watches the path: {sentence}",
            sentence_zh=f"链路自检失效:{sentence}",
            at_us=time.time_ns() // 1000,
        )
        call_out(call, channel(settings.callout))

    return replace(part, outlives=True, alive=lambda: watch_file.is_alive(settings.home, settings.mode), on_death=said_dead)
