"""``lsp-search doctor``: checks this machine and the index of a folder, and says what to do about each fault."""

from __future__ import annotations

from pathlib import Path

import click

from lsp_search.cli import opening, output

_COLOURS = {"ok": "green", "warning": "yellow", "fault": "red"}


@click.command(short_help="Check this machine and say what to do about each fault.")
@opening.root_argument
@opening.store_option
@opening.json_option
def command(root: Path, store: Path | None, as_json: bool) -> int:
    """Check Python, SQLite, the grammars, the place of indexes, and ROOT (default: the current folder) with its index.

    Every check is ok, a warning or a fault. Exit status 1 when there is a fault. Nothing is changed.
    """
    from lsp_search import health  # noqa: PLC0415 - --help need not wait for it

    found: list[health.Check] = []
    for check in health.checks(root, store, *opening.project_settings(root)):
        found.append(check)
        if not as_json:
            output.say(_lines(check))
    ok = all(check.state != "fault" for check in found)
    if as_json:
        output.emit_json({"checks": [check._asdict() for check in found], "ok": ok})
    return 0 if ok else 1


def _lines(check: tuple[str, str, str, str]) -> list[str]:
    name, state, message, advice = check
    lines = [f"{click.style(state.ljust(8), fg=_COLOURS[state])} {name}: {output.readable(message)}"]
    if advice:
        lines.append(f"{'':8} → {output.readable(advice)}")
    return lines
