"""STORE: what travels on topics, kept in ClickHouse."""
