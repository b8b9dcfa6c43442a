"""What tells an indexer that files may have changed, and the rules by which it judges them.

The two go together: the watcher watches what the rules let in, and rule files and settings are files that change.
Without a watcher, clients may still say what changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import msgspec

from lsp_search.files.rules import Rules
from lsp_search.files.watch import Watcher
from lsp_search.index.place import make_private
from lsp_search.indexing.desk import Desk
from lsp_search.indexing.intake import Intake
from lsp_search.settings import PROJECT_FILE, IndexSettings


class Watching:
    """*store_dir*: where cookies go while the store is in memory. *post* runs its argument on the indexer's thread,
    to which all methods belong but :meth:`changed` and :meth:`stop`."""

    def __init__(
        self,
        desk: Desk,
        intake: Intake,
        store_dir: Path,
        post: Callable[[Callable[[], None]], None],
        project_file: Callable[[], None],
    ) -> None:
        self.watcher: Watcher | None = None
        self._desk = desk
        self._intake = intake
        self._store_dir = store_dir
        self._post = post
        self._project_file = project_file

    def start(self, *, watch: bool) -> None:
        """Chooses the rules; with *watch*, takes notice of what changes from here on."""
        self._desk.rules = self._chosen_rules()
        if watch:
            self._watch()

    def stop(self) -> None:
        if self.watcher is not None:
            self.watcher.stop()

    def changed(self, paths: Iterable[str]) -> None:
        """Relative paths that may have changed in whatever way. Any thread."""
        self._post(partial(self._look, list(paths)))

    def configure(self, settings: IndexSettings) -> None:
        if settings != self._desk.settings:
            self._desk.settings = settings
            self._use(self._chosen_rules())

    def _watch(self) -> None:
        cookies = (self._desk.store.folder or self._store_dir) / "cookies"
        make_private(cookies)
        self.watcher = Watcher(self._desk.root, self._desk.rules, str(cookies), self.changed, self._lost)
        self.watcher.start()

    def _lost(self, reason: str) -> None:
        """The watcher may have missed something: compare everything."""
        self._post(partial(self._intake.audit, ""))
        if self.watcher is not None and self.watcher.mode != "native":
            self._desk.progress.message = reason
            self._desk.say("warning", reason)

    def _look(self, paths: list[str]) -> None:
        if PROJECT_FILE in paths:
            self._project_file()
        if any("/" not in path for path in paths):  # among them perhaps what the ignore files must leave
            rules = self._chosen_rules()
            if rules.settings != self._desk.rules.settings:
                self._use(rules)
        self._intake.look_all(paths)

    def _use(self, rules: Rules) -> None:
        self._desk.rules = rules
        if self.watcher is not None:
            self.watcher.stop()
            self._watch()
        self._intake.rules_changed("")

    def _chosen_rules(self) -> Rules:
        """The rules as set; without ``.gitignore`` where that would leave nothing at all.

        Packagers' trees and repositories of dotfiles ignore ``/*`` and track what they want by force. Whoever
        opens such a folder wants to search it.
        """
        root, settings = self._desk.root, self._desk.settings
        rules = Rules(root, settings)
        if settings.respect_gitignore and rules.hide_everything():
            self._desk.say(
                "info", f"the ignore files of {root} leave nothing to index; .gitignore is not obeyed there"
            )
            return Rules(root, msgspec.structs.replace(settings, respect_gitignore=False))
        return rules
