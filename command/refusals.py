"""A refusal over HTTP: a status, and the sentence in the two languages of the page."""

from __future__ import annotations

from typing import Final

from fastapi import HTTPException

from pipelines.words import Said

NO_ALERT: Final = Said(en="There is no such alert in this mode.", zh="本模式中没有这条告警。")
NO_ORDER: Final = Said(en="There is no such order in this mode.", zh="本模式中没有这条指令。")
NOT_TAKEN: Final = Said(
    en="It has not been taken: the broker does not answer. Try again, or say it by radio.",
    zh="未能提交:消息系统无应答。请重试,或用对讲下达。",
)


def refusal_of(status: int, said: Said) -> HTTPException:
    """The exception to raise: its detail is the sentence by language."""
    return HTTPException(status, said._asdict())
