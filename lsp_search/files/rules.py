"""Which paths under a root belong to the index.

In order, the first that has something to say decides about a path (and an excluded folder is never entered, so
nothing below it can come back):

1. ``index.exclude``: excluded, or with ``!`` taken in whatever the rest says;
2. the built-in excludes (:mod:`lsp_search.files.builtin`);
3. ignore files, as git and ripgrep read them: ``.ignore`` before ``.gitignore``, each from the path's own folder
   upwards, then ``.git/info/exclude``, then the user's ``core.excludesFile``. Outside a repository too; inside one
   up to its top, also where the root is a folder within; a repository inside another begins anew;
4. ``index.include``, where set: other files are not indexed.

One :class:`Folder` per folder holds what applies in it, is built when first asked for and kept until invalidated;
a judgement then costs a few microseconds. What git *tracks* plays no part: a tracked file that an ignore file
names is left out, as ripgrep does.
"""

from __future__ import annotations

import os
import threading
from typing import NamedTuple

from lsp_search.files import builtin, repository
from lsp_search.files.patterns import Patterns, may_hold
from lsp_search.files.read import contents
from lsp_search.model import SkipReason
from lsp_search.settings import IndexSettings

_BUILTIN = Patterns(builtin.PATTERNS)
_RULE_FILES = frozenset(
    (".ignore", ".gitignore", ".git", builtin.CACHE_MARK, *builtin.ENVIRONMENT_MARKS)
).union(*builtin.BUILD_FILES.values())
_GIT_EXCLUDES = ".git/info/exclude"

_Scoped = tuple[Patterns, str]
"""Patterns, and where a folder lies as seen from the patterns' own folder: "" or "a/b/"."""


class _Ignores(NamedTuple):
    """The ignore files that speak in one folder, those with the last word first."""

    plain: tuple[_Scoped, ...] = ()
    """``.ignore``"""
    git: tuple[_Scoped, ...] = ()
    """``.gitignore``, the repository's excludes, the user's"""

    def below(self, name: str) -> _Ignores:
        """The same, as seen from the folder *name* within."""
        plain, git = (tuple((patterns, f"{prefix}{name}/") for patterns, prefix in scoped) for scoped in self)
        return _Ignores(plain, git)


class Rules:
    """What belongs to the index of the folder *root* (absolute). All methods may be called from any thread."""

    def __init__(self, root: str, settings: IndexSettings) -> None:
        self.root = root
        self.settings = settings
        self.excludes = Patterns(settings.exclude)
        self.includes = Patterns(settings.include)
        self._lock = threading.RLock()
        self._folders: dict[str, Folder] = {}

    def verdict(self, relative_path: str, is_dir: bool) -> SkipReason | None:
        """Why *relative_path* does not belong, by itself or by a folder it lies in; None: it belongs.

        The path need not exist. The root ("") always belongs.
        """
        if not relative_path:
            return None
        parent, _, name = relative_path.rpartition("/")
        folder = self.folder(parent)
        return folder.skipped or folder.judge(name, is_dir)

    def hide_everything(self) -> bool:
        """Whether ignore files leave nothing of what lies right under the root."""
        try:
            with os.scandir(self.root) as entries:
                ignored = False
                for entry in entries:
                    reason = self.verdict(entry.name, entry.is_dir(follow_symlinks=False))
                    if reason is None:
                        return False
                    ignored |= reason is SkipReason.IGNORED
        except OSError:
            return False
        return ignored

    def folder(self, relative_path: str) -> Folder:
        """What applies in the folder *relative_path* ("": the root)."""
        found = self._folders.get(relative_path)
        if found is not None:
            return found
        with self._lock:
            found = self._folders.get("")
            if found is None:
                found = self._folders[""] = Folder(self, "", self._root_ignores(), None, False)
            end = -1
            while relative_path and end < len(relative_path):  # from above, without recursion
                begin, end = end + 1, relative_path.find("/", end + 1)
                end = len(relative_path) if end < 0 else end
                path = relative_path[:end]
                child = self._folders.get(path)
                if child is None:
                    child = self._folders[path] = self._child(found, path, relative_path[begin:end])
                found = child
        return found

    def is_rule_file(self, relative_path: str) -> bool:
        """Whether a change of *relative_path* can change a verdict; then call ``invalidate(scope(relative_path))``."""
        return relative_path.rpartition("/")[2] in _RULE_FILES or f"/{relative_path}".endswith(
            f"/{_GIT_EXCLUDES}"
        )

    def scope(self, relative_path: str) -> str:
        """The folder that the rule file *relative_path* speaks about: verdicts may change for it and all below it."""
        if f"/{relative_path}".endswith(f"/{_GIT_EXCLUDES}"):
            return relative_path.removesuffix(_GIT_EXCLUDES).removesuffix("/")
        return relative_path.rpartition("/")[0]

    def invalidate(self, relative_dir: str) -> None:
        """Forgets what was read from *relative_dir* and below: a rule file there changed."""
        with self._lock:
            if not relative_dir:
                self._folders = {}
                return
            below = f"{relative_dir}/"
            self._folders = {
                path: folder
                for path, folder in self._folders.items()
                if path != relative_dir and not path.startswith(below)
            }

    def _child(self, parent: Folder, path: str, name: str) -> Folder:
        skipped = parent.skipped or parent.judge(name, True)
        if skipped is not None:
            return Folder(self, path, _Ignores(), skipped, False)
        ignores = self._entered(parent.ignores.below(name), os.path.join(self.root, path))
        return Folder(self, path, ignores, None, parent.includes(name, True))

    def _root_ignores(self) -> _Ignores:
        top = repository.top(self.root)
        if top is None:
            return self._entered(_Ignores(git=self._user_ignores(None)), self.root)
        ignores = self._entered(_Ignores(), top)
        folder = top
        between = os.path.relpath(self.root, top)
        for name in () if between == os.curdir else between.split(os.sep):
            folder = os.path.join(folder, name)
            ignores = self._entered(ignores.below(name), folder)
        return ignores

    def _entered(self, ignores: _Ignores, folder: str) -> _Ignores:
        """*ignores*, with what the absolute *folder* itself brings on top."""
        plain, git = ignores
        if self.settings.respect_gitignore:
            if os.path.lexists(os.path.join(folder, ".git")):
                excludes = os.path.join(repository.common_dir(folder), "info", "exclude")
                git = (*_scoped(excludes), *self._user_ignores(folder))
            git = _scoped(os.path.join(folder, ".gitignore"), follow=False) + git
        return _Ignores(_scoped(os.path.join(folder, ".ignore"), follow=False) + plain, git)

    def _user_ignores(self, top: str | None) -> tuple[_Scoped, ...]:
        return _scoped(repository.user_excludes(top)) if self.settings.respect_gitignore else ()


def _scoped(path: str, *, follow: bool = True) -> tuple[_Scoped, ...]:
    patterns = Patterns(repository.lines(path, follow=follow))
    return ((patterns, ""),) if patterns else ()


class Folder:
    """What applies to the entries of one folder."""

    def __init__(
        self, rules: Rules, path: str, ignores: _Ignores, skipped: SkipReason | None, included: bool
    ) -> None:
        self.ignores = ignores
        self.skipped = skipped
        """Why nothing in this folder belongs; None: see :meth:`judge`."""
        self._rules = rules
        self._prefix = f"{path}/" if path else ""
        self._lists = ignores.plain + ignores.git
        self._included = included

    def judge(self, name: str, is_dir: bool) -> SkipReason | None:
        """Why the entry *name* does not belong; None: it does."""
        excludes = self._rules.excludes
        if excludes:
            excluded = excludes.match(self._prefix, name, is_dir)
            if excluded is not None:
                return SkipReason.EXCLUDED if excluded else self._unless_included(name, is_dir)
        if _BUILTIN.match(self._prefix, name, is_dir) or (is_dir and self._is_generated(name)):
            return SkipReason.EXCLUDED
        for patterns, prefix in self._lists:
            ignored = patterns.match(prefix, name, is_dir)
            if ignored is not None:
                if ignored:
                    return SkipReason.IGNORED
                break
        return self._unless_included(name, is_dir) if self._rules.includes else None

    def includes(self, name: str, is_dir: bool) -> bool:
        """Whether ``index.include`` names the entry or a folder it lies in."""
        found = self._rules.includes.match(self._prefix, name, is_dir)
        return self._included if found is None else found

    def _unless_included(self, name: str, is_dir: bool) -> SkipReason | None:
        wanted = self._rules.includes
        if not wanted or self.includes(name, is_dir):
            return None
        if is_dir and any(may_hold(pattern, self._prefix + name) for pattern in wanted.positive):
            return None
        return SkipReason.NOT_INCLUDED

    def _is_generated(self, name: str) -> bool:
        """By what lies beside the folder *name*, or in it."""
        here = os.path.join(self._rules.root, self._prefix)
        if any(os.path.lexists(here + sibling) for sibling in builtin.BUILD_FILES.get(name, ())):
            return True
        if any(os.path.lexists(f"{here}{name}/{mark}") for mark in builtin.ENVIRONMENT_MARKS):
            return True
        tag = contents(f"{here}{name}/{builtin.CACHE_MARK}", 1 << 16)
        return tag is not None and tag.startswith(builtin.CACHE_SIGNATURE)
