"""The store's schema, as migrations that are applied in order and never edited once released.

``user_version`` counts those that were applied. Plain statements on purpose: sqlite-utils would read better, but
importing it takes a third of a second, which every first start in a workspace would wait for.
"""

from __future__ import annotations

import sqlite3

APPLICATION_ID = 0x4C535053
"""``LSPS``: marks the database as ours (SQLite's ``application_id``)."""

_MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE files (id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE, size INTEGER NOT NULL,"
        " mtime_ns INTEGER NOT NULL, digest BLOB NOT NULL, language TEXT NOT NULL, encoding TEXT NOT NULL,"
        " version INTEGER NOT NULL, symbols INTEGER NOT NULL, error TEXT)",
        "CREATE TABLE packed (file_id INTEGER PRIMARY KEY, symbols BLOB NOT NULL)",
        # What the walk skipped, and what reading refused (with what it looked like then).
        "CREATE TABLE skipped (path BLOB PRIMARY KEY, reason TEXT NOT NULL) WITHOUT ROWID",
        "CREATE TABLE unread (path BLOB PRIMARY KEY, reason TEXT NOT NULL, size INTEGER NOT NULL,"
        " mtime_ns INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE TABLE segments (number INTEGER PRIMARY KEY, rows INTEGER NOT NULL, names INTEGER NOT NULL,"
        " files INTEGER NOT NULL)",
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        "CREATE TABLE picks (path BLOB NOT NULL, name TEXT NOT NULL, kind INTEGER NOT NULL,"
        " picked_at REAL NOT NULL, count INTEGER NOT NULL, UNIQUE (path, name, kind))",
    ),
    ("CREATE TABLE grams (number INTEGER PRIMARY KEY, blocks INTEGER NOT NULL, files INTEGER NOT NULL)",),
    (  # of picks: the container, and frecency as one number (see ``picks``); queries; shown lists; what was learned
        "ALTER TABLE picks RENAME TO picks_before",
        "CREATE TABLE picks (path BLOB NOT NULL, kind INTEGER NOT NULL, container TEXT NOT NULL,"
        " name TEXT NOT NULL, one_at REAL NOT NULL, picked_at REAL NOT NULL, count INTEGER NOT NULL,"
        " PRIMARY KEY (path, kind, container, name)) WITHOUT ROWID",
        "INSERT INTO picks SELECT path, kind, '', name, picked_at + 1209600.0 * ((count >= 2) + (count >= 4)"
        " + (count >= 8) + (count >= 16) + (count >= 32) + (count >= 64)), picked_at, count FROM picks_before",
        "DROP TABLE picks_before",
        "CREATE TABLE picked_queries (query TEXT NOT NULL, path BLOB NOT NULL, kind INTEGER NOT NULL,"
        " container TEXT NOT NULL, name TEXT NOT NULL, one_at REAL NOT NULL,"
        " PRIMARY KEY (query, path, kind, container, name)) WITHOUT ROWID",
        "CREATE TABLE picked_lists (number INTEGER PRIMARY KEY AUTOINCREMENT, picked_at REAL NOT NULL,"
        " place INTEGER NOT NULL, features BLOB NOT NULL)",
        "CREATE TABLE learned (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    ),
    (  # Packed symbols have chunks behind them now: all files are read again. Versions must never come twice.
        "INSERT OR REPLACE INTO meta SELECT 'version', CAST(max(version) AS TEXT) FROM (SELECT version FROM files"
        " UNION ALL SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'version') HAVING max(version) IS NOT NULL",
        "DELETE FROM files",
        "DELETE FROM packed",
        "DELETE FROM segments",
        "DELETE FROM grams",
        "DELETE FROM unread",
    ),
)

VERSION = len(_MIGRATIONS)


def migrate(connection: sqlite3.Connection) -> None:
    """Brings *connection*'s schema up to :data:`VERSION`, all or nothing. Raises sqlite3.Error."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for migration in _MIGRATIONS[version:]:
            for statement in migration:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
