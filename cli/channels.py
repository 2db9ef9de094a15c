"""`muster channels …`: say what is wrong with a channels file, and try one of its channels with a message marked as a test."""

from __future__ import annotations

import time
from pathlib import Path

from cli.console import FAILED, UNREACHABLE, USAGE, console, fail, print_json
from cli.paths import from_caller
from connectors.probe import probe_message
from pipelines.dispatch.connect import connect
from pipelines.errors import ConfigError, MusterError, TransientError
from pipelines.messages import Channel
from plan.channels import Channels, load


def check(file: Path) -> None:
    """Say what is wrong with the file or with a secret's file (exit 1), or what each channel may carry. Nothing is dialled."""
    channels, made = _made(file)
    for way in channels.channels:
        carries = " and ".join(word for word, takes in (("live", way.takes_live), ("drills", way.takes_drills)) if takes)
        console.print(f"  {way.name:<20} {way.kind:<9} over {way.network:<16} takes {carries}", markup=False)
    networks = {channel.network for channel in made.values()}
    console.print(f"{len(made)} channels over {len(networks)} networks", markup=False)


def test(file: Path, name: str, *, recipient: str, address: str) -> None:
    """Send one message to *recipient* that is marked as a test; print its receipt."""
    _, made = _made(file)
    if name not in made:
        fail(f"there is no channel '{name}'; there are {', '.join(sorted(made))}", USAGE)
    channel = made[name]
    message = probe_message(recipient=recipient, address=address, sent_us=time.time_ns() // 1000)
    began_s = time.monotonic()
    try:
        channel.start()
        receipt = channel.deliver(message)
    except TransientError as error:
        fail(error, UNREACHABLE)
    except MusterError as error:
        fail(error, FAILED)
    finally:
        channel.close()
    print_json({"channel": name, "id": message.message_id, "receipt": receipt, "took_ms": round((time.monotonic() - began_s) * 1000)})


def _made(file: Path) -> tuple[Channels, dict[str, Channel]]:
    try:
        channels = load(from_caller(file))
        return channels, connect(channels)
    except ConfigError as error:
        fail(error)
