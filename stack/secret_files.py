"""`python -m stack.secret_files FOLDER`: makes the secrets of a deployment, each a file that only its reader can read.

What is there stays. ClickHouse gets hashes alone; a password is in its own file, and is printed nowhere.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sys
from pathlib import Path
from typing import Final

from pipelines.errors import ConfigError, MusterError
from pipelines.settings import die

HASHES: Final = "clickhouse_users.xml"
STAGES_UID: Final = 10_001  # deploy/Dockerfile makes this user
CLICKHOUSE_UID: Final = 101
GRAFANA_UID: Final = 472
CLICKHOUSE_USERS: Final = {
    "muster_migrator": STAGES_UID,
    "muster_writer": STAGES_UID,
    "muster_drill_writer": STAGES_UID,
    "muster_analyst": STAGES_UID,
    "grafana": GRAFANA_UID,
}
OTHERS: Final = {"grafana_admin": GRAFANA_UID}


def file_of(user: str) -> str:
    """The file of a ClickHouse user's password."""
    return f"clickhouse_{user}"


def make(folder: Path) -> list[str]:
    """Make what is missing in *folder*; returns its names.

    Raises:
        ConfigError: a file cannot be made, or given to its reader.
    """
    wanted = {file_of(user): uid for user, uid in CLICKHOUSE_USERS.items()} | OTHERS
    made = []
    try:
        folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        for name, uid in wanted.items():
            if not (folder / name).exists():
                _write(folder / name, secrets.token_urlsafe(32) + "\n", uid)
                made.append(name)
        if made or not (folder / HASHES).exists():
            passwords = {user: (folder / file_of(user)).read_text(encoding="ascii").strip() for user in CLICKHOUSE_USERS}
            _write(folder / HASHES, hashes_xml(passwords), CLICKHOUSE_UID)
            made.append(HASHES)
    except OSError as error:
        raise ConfigError(f"the secrets cannot be made in {folder.name}: {error.strerror}; run it as root") from error
    return made


def hashes_xml(passwords: dict[str, str]) -> str:
    """What ClickHouse reads: for each user the SHA-256 of the password."""
    rows = [
        f"    <{user}><password_sha256_hex>{hashlib.sha256(password.encode()).hexdigest()}</password_sha256_hex></{user}>"
        for user, password in passwords.items()
    ]
    return "\n".join(["<clickhouse>", "  <users>", *rows, "  </users>", "</clickhouse>", ""])


def _write(path: Path, content: str, uid: int) -> None:
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    try:
        os.write(handle, content.encode())
        if os.geteuid() == 0:
            os.fchown(handle, uid, uid)
    finally:
        os.close(handle)
    draft.replace(path)


def main(arguments: list[str]) -> None:
    """Make the secrets in the folder named."""
    try:
        if len(arguments) != 1:
            raise ConfigError("expected one argument: the folder of the secrets")
        made = make(Path(arguments[0]))
    except MusterError as error:
        die(error)
        return
    print(f"made: {', '.join(made) or 'nothing, all were there'}")


if __name__ == "__main__":
    main(sys.argv[1:])
