"""A ClickHouse of the test's own with the users and settings of deploy/clickhouse: the embedded engine takes the same files."""

from __future__ import annotations

import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from clickhouse_driver import Client
from clickhouse_driver import errors as client_errors

from stack import clickhouse
from stack.addresses import LOOPBACK, claim_addresses
from stack.secret_files import CLICKHOUSE_USERS, file_of, hashes_xml

ROOT = Path(__file__).resolve().parents[2]
# The engine runs its own queries as `default`; everybody else is as deployed.
USERS = """\
<clickhouse>
  <profiles><default/></profiles>
  <quotas><default/></quotas>
  <users>
    <default><password/><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default>
  </users>
</clickhouse>
"""
DENIED, READONLY, OUT_OF_BOUNDS, NO_SUCH_TABLE = 497, 164, 452, 636


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running server and where the passwords made for it are."""

    address: str
    secrets: Path

    def client(self, user: str) -> Client:
        """A client of *user*, with its right password: a wrong one would end the engine."""
        host, _, port = self.address.partition(":")
        password = (self.secrets / file_of(user)).read_text().strip() if user != "default" else ""
        return Client(host, int(port), user=user, password=password, connect_timeout=2, send_receive_timeout=20)

    def said(self, user: str, query: str) -> Any:
        """The rows, or the code of the error."""
        client = self.client(user)
        try:
            return client.execute(query)
        except client_errors.ServerException as error:
            return error.code
        finally:
            client.disconnect()


@contextmanager
def serving(home: Path) -> Iterator[Server]:
    """A server with the deployed users, whose passwords are made for this run."""
    folder = home / "clickhouse"
    (folder / "store").mkdir(parents=True)
    (folder / "users.d").mkdir()
    shutil.copy(ROOT / "deploy" / "clickhouse" / "users.d" / "muster.xml", folder / "users.d")
    passwords = {user: secrets.token_urlsafe(16) for user in CLICKHOUSE_USERS}
    for user, password in passwords.items():
        (folder / file_of(user)).write_text(f"{password}\n")
        (folder / file_of(user)).chmod(0o600)
    (folder / "users.d" / "passwords.xml").write_text(hashes_xml(passwords))
    (folder / "users.xml").write_text(USERS)
    config = folder / "config.xml"
    where = f"<user_directories><users_xml><path>{folder / 'users.xml'}</path></users_xml></user_directories>"
    config.write_text(clickhouse.config_xml().replace("</clickhouse>", f"{where}{deployed_settings(folder)}</clickhouse>"))
    yield from _run(home, folder, config)


def deployed_settings(folder: Path) -> str:
    """What deploy/clickhouse/config.d says, with the paths of this run; the engine merges no config.d by itself, and has no log."""
    settings = ET.parse(ROOT / "deploy" / "clickhouse" / "config.d" / "muster.xml").getroot()
    kept = [part for part in settings if part.tag != "logger" and part.get("remove") is None and "ram_ratio" not in part.tag]
    return "".join(ET.tostring(part, encoding="unicode") for part in kept).replace("/var/lib/clickhouse/", f"{folder}/")


def _run(home: Path, folder: Path, config: Path) -> Iterator[Server]:
    addresses = claim_addresses(home)
    command = [
        *(sys.executable, "-m", "stack.clickhouse_server", "--library", str(ROOT / ".muster" / "chdb" / "libchdb.so")),
        *("--path", str(folder / "store"), "--config", str(config)),
        *("--tcp-port", str(addresses.clickhouse_tcp_port), "--http-port", str(addresses.clickhouse_http_port)),
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    try:
        until_s = time.monotonic() + 30
        while process.poll() is None and time.monotonic() < until_s:
            with suppress(Exception):
                if clickhouse.answers(addresses.clickhouse_tcp_port):
                    break
            time.sleep(0.1)
        yield Server(address=f"{LOOPBACK}:{addresses.clickhouse_tcp_port}", secrets=folder)
    finally:
        process.terminate()
        process.wait()
