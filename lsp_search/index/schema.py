"""The store's schema, as migrations that are applied in order and never edited once released.

sqlite-utils applies them. It takes a third of a second to import, so :func:`migrate` loads it only
when the database is older than :data:`VERSION`.
"""

from __future__ import annotations

import sqlite3

APPLICATION_ID = 0x4C535053
"""``LSPS``: marks the database as ours (SQLite's ``application_id``)."""

VERSION = 1
"""Number of migrations below; kept in ``user_version``."""


def migrate(connection: sqlite3.Connection) -> None:
    """Brings *connection*'s schema up to :data:`VERSION`. Raises sqlite3.Error."""
    if connection.execute("PRAGMA user_version").fetchone()[0] == VERSION:
        return
    from sqlite_utils import Database  # noqa: PLC0415 - slow to import, needed once a release
    from sqlite_utils.migrations import Migrations  # noqa: PLC0415

    migrations = Migrations("lsp-search")

    @migrations()
    def first(db: Database) -> None:
        """Files, their packed symbols, what the walk skipped, what reading refused, the segments, loose facts."""
        db.table("files").create(
            {
                "id": int,
                "path": bytes,
                "size": int,
                "mtime_ns": int,
                "digest": bytes,
                "language": str,
                "encoding": str,
                "version": int,
                "symbols": int,
                "error": str,
            },
            pk="id",
            not_null={"path", "size", "mtime_ns", "digest", "language", "version", "symbols"},
        )
        db.table("files").create_index(["path"], unique=True)
        db.table("packed").create({"file_id": int, "symbols": bytes}, pk="file_id")
        db.table("skipped").create({"path": bytes, "reason": str}, pk="path")
        db.table("unread").create({"path": bytes, "reason": str, "size": int, "mtime_ns": int}, pk="path")
        db.table("segments").create({"number": int, "rows": int, "names": int, "files": int}, pk="number")
        db.table("meta").create({"key": str, "value": str}, pk="key")
        db.table("picks").create(
            {"path": bytes, "name": str, "kind": int, "picked_at": float, "count": int},
            pk=("path", "name", "kind"),
        )

    migrations.apply(Database(connection))
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.commit()
