"""The server that gathers the desks' counts: one process on SQLite, or several on PostgreSQL."""
