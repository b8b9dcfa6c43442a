"""A program in a real terminal (tmux), what a person sees of it, and pictures of that."""

from __future__ import annotations

import contextlib
import io
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from tests.conftest import wait_until
from tests.dashboard.browser import chromium

TMUX = shutil.which("tmux")

DARK = TerminalTheme(
    (20, 22, 27),
    (224, 226, 234),
    [
        (7, 8, 13),
        (255, 192, 185),
        (179, 246, 192),
        (252, 224, 148),
        (166, 219, 255),
        (255, 202, 255),
        (140, 248, 247),
        (238, 241, 248),
    ],
)
PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; background: {background}; color: {foreground}; }}
pre {{ font: 14px/19px "DejaVu Sans Mono", monospace; margin: 0; padding: 10px; display: inline-block; }}
</style><pre>{code}</pre>"""


class Terminal:
    def __init__(self, socket: str, columns: int, lines: int) -> None:
        self._socket, self.columns, self.lines = socket, columns, lines

    def tmux(self, *words: str) -> str:
        done = subprocess.run(
            [str(TMUX), "-L", self._socket, "-f", "/dev/null", *words],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        return done.stdout

    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        given = [word for name, value in environment.items() for word in ("-e", f"{name}={value}")]
        size = ("-x", str(self.columns), "-y", str(self.lines))
        self.tmux("-u", "new-session", "-d", *size, *given, *command)
        self.tmux("set-option", "-g", "default-terminal", "tmux-256color")

    def keys(self, *keys: str) -> None:
        self.tmux("send-keys", *keys)

    def screen(self) -> str:
        return self.tmux("capture-pane", "-p")

    def until(self, text: str, seconds: float = 60) -> None:
        try:
            wait_until(lambda: text in self.screen(), seconds)
        except AssertionError:
            raise AssertionError(f"never seen: {text}\n{self.screen()}") from None

    def picture(self, file: Path) -> None:
        """The screen as a PNG."""
        console = Console(
            record=True, width=self.columns, file=io.StringIO(), force_terminal=True, color_system="truecolor"
        )
        for line in self.tmux("capture-pane", "-p", "-e", "-N").splitlines():
            console.print(Text.from_ansi(line), soft_wrap=True)
        html = console.export_html(theme=DARK, inline_styles=True, code_format=PAGE)
        with chromium() as browser:
            page = browser.new_page(device_scale_factor=1)
            page.set_content(html)
            page.locator("pre").screenshot(path=file)


@contextlib.contextmanager
def terminal(name: str, columns: int = 140, lines: int = 38) -> Iterator[Terminal]:
    made = Terminal(name, columns, lines)
    try:
        yield made
    finally:
        made.tmux("kill-server")
