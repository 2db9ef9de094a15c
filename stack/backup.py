"""`python -m stack.backup [NAME]`: has ClickHouse write a backup of the mode's database on its own disk, and waits for it.

`python -m stack.backup restore NAME` brings it back on a server that has no such database. What is written on the server's
disk has to be copied to another machine to be a backup.
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
_RUNNING: Final = ("CREATING_BACKUP", "RESTORING")
_DONE: Final = ("BACKUP_CREATED", "RESTORED")


def back_up(client: Any, database: str, name: str, *, look_every_s: float = 0.5) -> None:
    """Write the backup *name* of *database*, never over one that is there.

    Raises:
        ConfigError: *name* is no name of a file.
        RefusedError: the server did not do it.
        TransientError: it does not answer.
    """
    _wait(client, f"BACKUP DATABASE {database} TO File('{_checked(name)}') ASYNC", look_every_s)


def restore(client: Any, database: str, name: str, *, into: str = "", look_every_s: float = 0.5) -> None:
    """Bring *database* back from the backup *name*, or beside it as *into*; tables that hold rows are never touched.

    Raises:
        ConfigError, RefusedError, TransientError: as `back_up`.
    """
    place = f" AS {into}" if into else ""
    _wait(client, f"RESTORE DATABASE {database}{place} FROM File('{_checked(name)}') ASYNC", look_every_s)


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ConfigError(f"backup '{name}': expected letters, digits, '.', '_' and '-'")
    return name


def _wait(client: Any, query: str, look_every_s: float) -> None:
    """Begin, and wait until it is done."""
    try:
        ((identity, state),) = client.execute(query)
        why = ""
        while state in _RUNNING:
            time.sleep(look_every_s)
            ((state, why),) = client.execute("SELECT toString(status), error FROM system.backups WHERE id = %(id)s", {"id": identity})
    except client_errors.ServerException as error:
        raise RefusedError(f"ClickHouse did not begin: {str(error).partition('Stack trace')[0].strip()[:300]}") from error
    except (client_errors.Error, EOFError, OSError) as error:
        raise TransientError(f"ClickHouse: {error}") from error
    if state not in _DONE:
        raise RefusedError(f"ClickHouse: {state}: {why.partition('Stack trace')[0].strip()[:300]}")


def main(arguments: list[str]) -> None:
    """Back up the database of the mode in the settings, or restore it."""
    try:
        settings = read()
        database = clickhouse.database_of(settings.mode)
        client = clickhouse.client(settings.clickhouse, user=settings.clickhouse_user, password_file=settings.clickhouse_password_file)
        match arguments:
            case ["restore", name]:
                restore(client, database, name)
            case [] | [_]:
                name = arguments[0] if arguments else f"{database}-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"
                back_up(client, database, name)
            case _:
                raise ConfigError("expected no argument, the backup's name, or restore and the name")
    except MusterError as error:
        die(error)
        return
    print(f"backup '{name}' of database '{database}': done")


if __name__ == "__main__":
    main(sys.argv[1:])
