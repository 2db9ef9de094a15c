"""`python -m stack.migrate`: brings the mode's database up to date, and ends; for servers where the store itself may not.

Runs with the credentials of the one user that may make tables and views.
"""

from __future__ import annotations

from connectors import clickhouse
from pipelines.errors import ConfigError, MusterError
from pipelines.settings import die, read


def main() -> None:
    """Apply the schema files that the database has not seen."""
    try:
        settings = read()
        if not settings.clickhouse:
            raise ConfigError("MUSTER_CLICKHOUSE must be set")
        client = clickhouse.client(settings.clickhouse, user=settings.clickhouse_user, password_file=settings.clickhouse_password_file)
        database = clickhouse.Database(client, clickhouse.database_of(settings.mode))
        applied = database.ensure()
    except MusterError as error:
        die(error)
        return
    print(f"database '{database.name}': applied {', '.join(applied) or 'nothing, it was up to date'}")


if __name__ == "__main__":
    main()
