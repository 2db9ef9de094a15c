"""`python -m stack.backup [NAME]`: has ClickHouse write a backup of the mode's database on its own disk, and waits for it.

What is written there has to be copied to another machine to be a backup.
"""

from __future__ import annotations

import re
import sys
import time
from typing import Any, Final

from clickhouse_driver import errors as client_errors

from connectors import clickhouse
from pipelines.errors import ConfigError, MusterError, RefusedError, TransientError
from pipelines.settings import die, read

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}")
_RUNNING: Final = "CREATING_BACKUP"


def back_up(client: Any, database: str, name: str, *, look_every_s: float = 0.5) -> None:
    """Write the backup *name* of *database*.

    Raises:
        ConfigError: *name* is no name of a file.
        RefusedError: the server did not do it.
        TransientError: it does not answer.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(f"backup '{name}': expected letters, digits, '.', '_' and '-'")
    try:
        ((identity, _),) = client.execute(f"BACKUP DATABASE {database} TO File('{name}') ASYNC")
        state, why = _RUNNING, ""
        while state == _RUNNING:
            time.sleep(look_every_s)
            ((state, why),) = client.execute("SELECT toString(status), error FROM system.backups WHERE id = %(id)s", {"id": identity})
    except client_errors.ServerException as error:
        raise RefusedError(f"ClickHouse did not begin the backup: {str(error).partition('Stack trace')[0].strip()[:300]}") from error
    except (client_errors.Error, EOFError, OSError) as error:
        raise TransientError(f"ClickHouse: {error}") from error
    if state != "BACKUP_CREATED":
        raise RefusedError(f"ClickHouse: {state}: {why.partition('Stack trace')[0].strip()[:300]}")


def main(arguments: list[str]) -> None:
    """Back up the database of the mode in the settings."""
    try:
        settings = read()
        database = clickhouse.database_of(settings.mode)
        name = arguments[0] if arguments else f"{database}-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"
        client = clickhouse.client(settings.clickhouse, user=settings.clickhouse_user, password_file=settings.clickhouse_password_file)
        back_up(client, database, name)
    except MusterError as error:
        die(error)
        return
    print(f"backup '{name}' of database '{database}' is written")


if __name__ == "__main__":
    main(sys.argv[1:])
