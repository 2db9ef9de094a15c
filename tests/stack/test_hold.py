"""One runtime folder runs one machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipelines.errors import ConfigError
from stack.hold import hold


def test_a_second_machine_in_the_same_folder_is_refused_with_the_holders_pid(tmp_path: Path) -> None:
    with hold(tmp_path), pytest.raises(ConfigError, match=f"held by process {os.getpid()}"):
        hold(tmp_path)


def test_the_folder_is_free_again_when_its_holder_is_gone(tmp_path: Path) -> None:
    hold(tmp_path).close()
    with hold(tmp_path) as holder:
        assert not holder.closed
