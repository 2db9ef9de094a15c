"""Clients that write addresses, headers and keys into logs are kept silent: what there is to say stands in our errors."""

from __future__ import annotations

import logging


def hush(*names: str) -> None:
    """Let the loggers *names* say nothing at all, whatever somebody sets the level of all logs to."""
    for name in names:
        logger = logging.getLogger(name)
        logger.disabled, logger.propagate = True, False
        logger.setLevel(logging.CRITICAL + 1)
