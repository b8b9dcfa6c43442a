"""``lsp-search clean``: removes the index of a folder, or all of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsp_search.cli import opening, output

if TYPE_CHECKING:
    from lsp_search.stores import StoredIndex


@click.command(short_help="Remove the index of a folder.")
@click.argument("root", type=click.Path(file_okay=False, path_type=Path), required=False)
@click.option("--all", "everything", is_flag=True, help="Remove the indexes of all folders.")
@click.option("--force", is_flag=True, help="Also what another process is using.")
@opening.store_option
@opening.json_option
def command(root: Path | None, everything: bool, force: bool, store: Path | None, as_json: bool) -> int:
    """Remove the index of ROOT (default: the current folder), with what was learned from the results you picked.

    An index is only a cache of the files: the next use builds it anew.
    """
    from lsp_search import stores  # noqa: PLC0415 - --help need not wait for it

    if everything and root is not None:
        raise click.UsageError("--all and ROOT exclude each other: give one of them")
    folder = root or Path()
    if everything:
        found = stores.listed(store)
    else:
        found = [stored for stored in (stores.find(store, folder),) if stored]
        if not found and not folder.exists():  # that of a folder which is gone can be removed
            raise click.UsageError(f"{folder} does not exist and has no index; --all removes every index")
    removed: list[StoredIndex] = []
    failed: list[str] = []
    for stored in found:
        try:
            stores.remove(stored, force=force)
            removed.append(stored)
        except (stores.InUse, OSError) as error:
            failed.append(f"{error}, or use --force" if isinstance(error, stores.InUse) else str(error))
    freed = sum(stored.bytes for stored in removed)
    if as_json:
        rows = [{"root": one.root, "path": str(one.folder), "bytes": one.bytes} for one in removed]
        output.emit_json({"removed": rows, "bytes": freed})
    elif removed:
        output.say(
            f"removed the index of {output.readable(one.root)} ({output.size(one.bytes)})" for one in removed
        )
    elif not failed:
        where = "no folder is" if everything else f"{output.readable(str(folder.resolve()))} is not"
        output.say([f"nothing to remove: {where} indexed"])
    for message in failed:
        output.note("error", message)
    return 1 if failed else 0
