"""The command ``lsp-search``.

One file a command: ``cli/NAME.py`` holds a click command called ``command`` and is imported only when
it is asked for, so that the language server never loads what draws tables. Wrong usage is one line on
standard error and exit status 2, failed work one line and 1 (:class:`~lsp_search.model.LspSearchError`,
``click.ClickException``, ``OSError``).
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Sequence

import click

from lsp_search import __version__
from lsp_search.model import LspSearchError

COMMANDS = {
    "serve": "Run the language server.",
    "index": "Bring the index of a folder up to date.",
    "search": "Search a folder for symbols, text or meaning.",
    "stats": "Show what the index holds and how fast it answers.",
    "bench": "Measure this workspace, and check a budget.",
    "dashboard": "Show the live dashboard page.",
    "profile": "Say where the time goes, and what to do about it.",
    "doctor": "Check this machine and say what to do about each fault.",
    "picks": "Show, export or forget what was learned from results you picked.",
    "clean": "Remove the index of a folder.",
}
"""Every command with its line in ``--help``, which must not import them."""


class LazyGroup(click.Group):
    """Commands by name; options before any command mean ``serve``, as editors write ``lsp-search --stdio``."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return [name for name in COMMANDS if importlib.util.find_spec(f"lsp_search.cli.{name}")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command = importlib.import_module(f"lsp_search.cli.{cmd_name}").command
        assert isinstance(command, click.Command)  # noqa: S101 - a rule for authors, not for users
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args:
            args = ["--help"]
        elif args[0].startswith("-") and args[0] not in ("--help", "-h", "--version"):
            args = ["serve", *args]
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name]) for name in self.list_commands(ctx)])


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["--help", "-h"]})
@click.version_option(__version__, prog_name="lsp-search")
def cli() -> None:
    """One search server for every language of a workspace. `lsp-search COMMAND --help` says more."""


def main(args: Sequence[str] | None = None) -> None:
    """The entry point: runs a command and ends the process with its status."""
    sys.exit(run(args))


def run(args: Sequence[str] | None = None) -> int:
    """Runs a command; returns the exit status."""
    try:
        result = cli.main(args, prog_name="lsp-search", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
    except click.UsageError as error:
        return _failed(2, error.format_message())
    except click.ClickException as error:
        return _failed(1, error.format_message())
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        # The reader of our output had enough (`| head`): what is left in the buffer goes nowhere, in silence.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (LspSearchError, OSError) as error:
        return _failed(1, str(error))
    return result if isinstance(result, int) else 0


def _failed(status: int, message: str) -> int:
    click.echo(f"lsp-search: {' '.join(message.split())}", err=True)
    return status
