"""The ports are chosen once, kept, and replaced only when a foreign process holds them."""

from __future__ import annotations

import json
import socket
from dataclasses import asdict
from pathlib import Path

import pytest

from pipelines.errors import ConfigError
from stack.addresses import FIRST_PORT, LAST_PORT, LOOPBACK, can_listen, claim_addresses, ports_file, read_addresses


def test_every_server_gets_a_port_of_its_own_below_the_ephemeral_range(tmp_path: Path) -> None:
    ports = list(asdict(claim_addresses(tmp_path)).values())
    assert len(set(ports)) == len(ports)
    assert all(FIRST_PORT <= port <= LAST_PORT for port in ports)


def test_the_ports_stay_the_same_from_start_to_start(tmp_path: Path) -> None:
    assert claim_addresses(tmp_path) == claim_addresses(tmp_path) == read_addresses(tmp_path)


def test_a_port_that_somebody_else_holds_is_replaced_and_the_others_stay(tmp_path: Path) -> None:
    before = claim_addresses(tmp_path)
    with socket.socket() as foreign:
        foreign.bind((LOOPBACK, before.kafka_port))
        foreign.listen()
        after = claim_addresses(tmp_path)
    changed = {name for name, port in asdict(after).items() if port != getattr(before, name)}
    assert changed == {"kafka_port"}
    assert read_addresses(tmp_path) == after


def test_a_port_is_free_again_when_its_holder_is_gone(tmp_path: Path) -> None:
    port = claim_addresses(tmp_path).page_port
    with socket.socket() as holder:
        holder.bind((LOOPBACK, port))
        holder.listen()
        assert not can_listen(port)
    assert can_listen(port)


def test_a_broken_list_of_ports_is_made_anew(tmp_path: Path) -> None:
    claim_addresses(tmp_path)
    ports_file(tmp_path).write_text("{")
    assert claim_addresses(tmp_path) == read_addresses(tmp_path)


def test_a_kept_port_outside_the_range_is_replaced(tmp_path: Path) -> None:
    kept = asdict(claim_addresses(tmp_path)) | {"registry_port": 80}
    ports_file(tmp_path).write_text(json.dumps(kept))
    assert claim_addresses(tmp_path).registry_port != 80


def test_reading_where_nothing_was_started_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nothing was started here yet"):
        read_addresses(tmp_path)


def test_no_free_port_at_all_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no free loopback port"):
        claim_addresses(tmp_path, is_free=lambda _: False)
