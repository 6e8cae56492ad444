"""The database, SQLite or PostgreSQL: connections, tables, migrations."""
