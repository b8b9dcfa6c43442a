"""Where git keeps ignore rules outside the tree: the repository's folder and the user's configuration.

Files are read, git is never run. Left out: conditional ``[include]``s and ``git -c``.
"""

from __future__ import annotations

import os
import re

from lsp_search.files.read import contents

_LIMIT = 1 << 20
"""No rule file is larger, in bytes."""


def lines(path: str, *, follow: bool = True) -> list[str]:
    """The lines of a rule file, none where there is no such file. *follow*: git obeys an ignore file in the tree
    only if it is not a symbolic link."""
    if not os.access(path, os.R_OK):  # the usual case, at a third of the price of a failed open
        return []
    raw = contents(path, _LIMIT, follow=follow)
    return [] if raw is None else os.fsdecode(raw.removeprefix(b"\xef\xbb\xbf")).split("\n")


def top(folder: str) -> str | None:
    """The top of the repository that *folder* lies in (absolute), None outside of one."""
    while not os.path.lexists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent
    return folder


def common_dir(folder: str) -> str:
    """The folder that holds ``info/exclude`` and ``config`` of the repository whose top is *folder*.

    ``.git`` is that folder, or (worktrees, submodules) a file that names another.
    """
    git = os.path.join(folder, ".git")
    first = lines(git)[:1]
    if first and first[0].startswith("gitdir:"):
        git = os.path.join(folder, first[0].removeprefix("gitdir:").strip())
        common = lines(os.path.join(git, "commondir"))[:1]
        if common and common[0]:
            git = os.path.join(git, common[0])
    return os.path.normpath(git)


def user_excludes(repository: str | None) -> str:
    """The path of the user's own ignore file: ``core.excludesFile``, or git's default for it."""
    home = os.path.expanduser("~")
    config_home = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    configs = [os.path.join(config_home, "git", "config"), os.path.join(home, ".gitconfig")]
    if "GIT_CONFIG_GLOBAL" in os.environ:
        configs = [os.environ["GIT_CONFIG_GLOBAL"]]
    if not os.environ.get("GIT_CONFIG_NOSYSTEM"):
        configs.insert(0, os.environ.get("GIT_CONFIG_SYSTEM", "/etc/gitconfig"))
    if repository is not None:
        configs.append(os.path.join(common_dir(repository), "config"))
    for config in reversed(configs):
        path = _excludes_file(lines(config))
        if path is not None:
            return os.path.expanduser(path)
    return os.path.join(config_home, "git", "ignore")


_SECTION = re.compile(r"\s*\[\s*([^\]]*?)\s*\]")
_EXCLUDES_FILE = re.compile(r'\s*excludesfile\s*=\s*(?:"(?P<quoted>[^"]*)"|(?P<plain>[^#;]*))', re.IGNORECASE)


def _excludes_file(config: list[str]) -> str | None:
    section = ""
    found: str | None = None
    for line in config:
        header = _SECTION.match(line)
        if header:
            section = header[1].lower()
        value = _EXCLUDES_FILE.match(line, header.end() if header else 0)
        if section == "core" and value:
            found = value["quoted"] if value["quoted"] is not None else value["plain"].strip()
    return found
