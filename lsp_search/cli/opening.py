"""What the commands share: their common arguments, and a workspace that is opened, brought up to date and closed."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from msgspec.structs import replace

from lsp_search import settings
from lsp_search.cli import output
from lsp_search.model import Status

if TYPE_CHECKING:
    from lsp_search.workspace import Workspace

Function = TypeVar("Function", bound=Callable[..., Any])

_LOOK_SECONDS = 0.01
_SHOW_AFTER = 0.3
"""A progress bar for less time than this only flickers."""

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


def root_argument(function: Function) -> Function:
    return click.argument("root", type=FOLDER, default=".")(function)


def store_option(function: Function) -> Function:
    return click.option(
        "--store",
        type=click.Path(file_okay=False, path_type=Path),
        callback=lambda _context, _option, given: given.expanduser() if given else None,
        envvar="LSP_SEARCH_STORE",
        show_envvar=True,
        metavar="DIR",
        help="Where indexes live. Default: the user's cache folder.",
    )(function)


def json_option(function: Function) -> Function:
    return click.option(
        "--json", "as_json", is_flag=True, help="Print one JSON object on standard output, and nothing else."
    )(function)


@contextlib.contextmanager
def opened(
    root: Path, store: Path | None, *, refresh: bool = True, keeps_answers: bool = True
) -> Iterator[Workspace]:
    """A workspace of *root* with the settings of its project file, not started yet; closed in the end.

    *refresh*: False answers from what is stored, without a look at the files. *keeps_answers*: False finds every answer anew.
    """
    from lsp_search.workspace import Workspace  # noqa: PLC0415 - --help need not wait for it

    with_settings, problems = project_settings(root)
    for problem in problems:
        output.note("warning", problem)
    if not keeps_answers:
        with_settings = replace(with_settings, search=replace(with_settings.search, cache=False))
    workspace = Workspace(
        [root], with_settings, store_dir=store, watch=False, refresh=refresh, on_message=output.note
    )
    try:
        yield workspace
    finally:
        workspace.close()


def project_settings(root: Path) -> tuple[settings.Settings, list[str]]:
    """The settings that hold for commands in *root*, and what is wrong with its settings file."""
    raw, unreadable = settings.project_file(root)
    parsed, wrong = settings.parse(raw)
    return parsed, unreadable + wrong


def as_it_is(workspace: Workspace) -> None:
    """Starts *workspace*, opened without a refresh, and waits until its index is open."""
    workspace.start()
    _wait(workspace, lambda _status: None)


def up_to_date(workspace: Workspace, label: str, tick: Callable[[], None] = lambda: None) -> Status:
    """Starts *workspace* and waits until its index is as the files are, with a progress bar on a terminal.

    *tick* is called a hundred times a second meanwhile. Returns the status at the end: ``ready``, or ``degraded`` with
    the reason.
    """
    workspace.start()
    if not output.is_terminal(sys.stderr):
        return _wait(workspace, lambda _status: tick())
    with contextlib.ExitStack() as shown:
        show: Callable[[Status], None] | None = None
        began = time.monotonic()

        def look(status: Status) -> None:
            nonlocal show
            if show is None and time.monotonic() - began > _SHOW_AFTER:
                show = shown.enter_context(_progress_bar(label))
            if show is not None:
                show(status)
            tick()

        return _wait(workspace, look)


def _wait(workspace: Workspace, look: Callable[[Status], None]) -> Status:
    while (status := workspace.status()).state in ("starting", "indexing"):
        look(status)
        time.sleep(_LOOK_SECONDS)
    return status


@contextlib.contextmanager
def _progress_bar(label: str) -> Iterator[Callable[[Status], None]]:
    from rich.console import Console  # noqa: PLC0415 - a tenth of a second, for terminals only
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task(label, total=None)
        yield lambda status: bar.update(task, completed=status.done, total=status.total or None)
