"""The desk's record: one SQLite file, append-only, chained."""
