"""From a query and a snapshot to a ranked list. Knows nothing of files on disk, SQLite or protocols."""
