"""``lsp-search dashboard``: the live page of figures, of a workspace opened here or of a running server."""

from __future__ import annotations

import asyncio
import contextlib
import webbrowser
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lsp_search.cli import opening, output
from lsp_search.cli.serve import Address, AddressType, read_token
from lsp_search.model import LspSearchError

if TYPE_CHECKING:
    from lsp_search.dashboard.feed import Publish


@click.command(short_help="Show the live dashboard page.")
@click.argument("root", type=opening.FOLDER, required=False)
@click.option(
    "--connect",
    type=AddressType(),
    metavar="HOST:PORT",
    help="Follow the server that runs there (`lsp-search serve --tcp`) instead of opening ROOT.",
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Serve the page there; default: a free port."
)
@click.option("--no-open", is_flag=True, help="Print the page's address only, and open no browser.")
@click.option(
    "--token-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The token that the server of --connect wants (also: LSP_SEARCH_TOKEN).",
)
@opening.store_option
def command(
    root: Path | None,
    connect: Address | None,
    port: int,
    no_open: bool,
    token_file: Path | None,
    store: Path | None,
) -> None:
    """Show a live page of what the search server does, on this machine's loopback address only.

    Without --connect it opens ROOT (default: the current folder) by itself and keeps its index up to date. With --connect it
    shows what a running server says of ROOT, or of the workspace that most of its clients use.
    """
    if token_file is not None and connect is None:
        raise click.UsageError("--token-file is for --connect")
    token = read_token(token_file) if connect else None
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(root, connect, token, store, port, browse=not no_open))


async def _serve(
    root: Path | None,
    connect: Address | None,
    token: str | None,
    store: Path | None,
    port: int,
    *,
    browse: bool,
) -> None:
    # Imported here: --help need not wait for it.
    from lsp_search.dashboard.feed import Feed  # noqa: PLC0415
    from lsp_search.dashboard.site import Site  # noqa: PLC0415

    feed = Feed()
    try:
        site = Site(feed, port)
    except OSError as error:
        raise LspSearchError(f"port {port} cannot be listened on: {error.strerror}") from error
    tasks = (
        asyncio.create_task(_source(root, connect, token, store, feed.publish)),
        asyncio.create_task(site.run()),
    )
    click.echo(f"dashboard on {site.url}", err=True)
    if browse:
        await asyncio.to_thread(webbrowser.open, site.url)
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in ended:
        task.result()


def _source(
    root: Path | None, connect: Address | None, token: str | None, store: Path | None, publish: Publish
) -> Coroutine[Any, Any, None]:
    """What publishes messages until it is cancelled."""
    if connect is not None:
        from lsp_search.server.follow import follow  # noqa: PLC0415 - half a second, only with --connect

        return follow(connect, root, token, publish)
    from lsp_search.dashboard.local import show_workspace  # noqa: PLC0415

    root = root or Path()
    settings, problems = opening.project_settings(root)
    for problem in problems:
        output.note("warning", problem)
    return show_workspace(root, settings, store, publish)
