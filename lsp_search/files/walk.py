"""What lies under a root: every file that belongs, and what was left out and why.

A walk is one ``scandir`` a folder in the order of names, without recursion (depth is no limit), and enters no
folder that the rules skip; :func:`probe` gives one path the judgement that the walk would give it.

Symbolic links are never followed. A link to something inside the root is passed over in silence: what it leads to
is met under its own name, and nothing is indexed twice. A link that leads out of the root, or in a circle, is
reported as OUTSIDE; one that leads nowhere does not count as existing. Entries that vanish meanwhile are dropped.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from typing import NamedTuple

from lsp_search.files.rules import Folder, Rules
from lsp_search.model import SkipReason


class Found(NamedTuple):
    """A file that belongs to the index."""

    path: str
    """Relative."""
    size: int
    """Bytes."""
    mtime_ns: int
    inode: int


class Skipped(NamedTuple):
    """What does not, and why. A folder stands for all in it, and its path ends with ``/``."""

    path: str
    reason: SkipReason


def _never() -> bool:
    return False


def walk(
    root: str, rules: Rules, start: str = "", cancelled: Callable[[], bool] = _never
) -> Iterator[Found | Skipped]:
    """Everything at or below *start*: a folder, a file or nothing (relative; "": the whole root).

    In a fixed order: the files of a folder by name, then its folders by name. Ends early once *cancelled* returns
    True; it is asked once a folder.
    """
    top = _judgement(root, rules, start)
    if not isinstance(top, str):
        if top is not None:
            yield top
        return
    pending = [top]
    while pending and not cancelled():
        path = pending.pop()
        try:
            entries = _entries(root, path)
        except FileNotFoundError:
            continue
        except OSError:
            yield Skipped(_slashed(path), SkipReason.UNREADABLE)
            continue
        folder = rules.folder(path)
        prefix = _slashed(path)
        within = []
        for entry in entries:
            judged = _judge(root, rules, folder, prefix, entry)
            if isinstance(judged, str):
                within.append(judged)
            elif judged is not None:
                yield judged
        pending += reversed(within)


def probe(root: str, rules: Rules, relative_path: str) -> Found | Skipped | None:
    """What a walk says about one path: a file that belongs, or what is skipped (the path itself, or the uppermost
    skipped folder that it lies in); None where there is no such file (nothing, a folder, a link)."""
    judged = _judgement(root, rules, relative_path)
    return None if isinstance(judged, str) else judged


def folders(
    root: str, rules: Rules, start: str = "", cancelled: Callable[[], bool] = _never
) -> Iterator[str]:
    """The folders that :func:`walk` enters, *start* (where it is one) first.

    Each is yielded *before* it is listed: who watches it at once misses nothing that appears in it.
    """
    top = _judgement(root, rules, start)
    pending = [top] if isinstance(top, str) else []
    while pending and not cancelled():
        path = pending.pop()
        yield path
        prefix = _slashed(path)
        try:
            within = [
                prefix + entry.name for entry in _entries(root, path) if entry.is_dir(follow_symlinks=False)
            ]
        except OSError:
            continue
        pending += reversed([folder for folder in within if rules.folder(folder).skipped is None])


class _Path:
    """One path with the face of an ``os.DirEntry``."""

    def __init__(self, root: str, path: str) -> None:
        self.name = path.rpartition("/")[2]
        self._status = os.lstat(os.path.join(root, path))

    def is_symlink(self) -> bool:
        return stat.S_ISLNK(self._status.st_mode)

    def is_dir(self, *, follow_symlinks: bool) -> bool:  # noqa: ARG002
        return stat.S_ISDIR(self._status.st_mode)

    def stat(self, *, follow_symlinks: bool) -> os.stat_result:  # noqa: ARG002
        return self._status


def _judgement(root: str, rules: Rules, path: str) -> Found | Skipped | str | None:
    """As :func:`_judge`, coming down from the root."""
    at = ""
    for name in path.split("/") if path else ():
        prefix = _slashed(at)
        try:
            _check_readable(root, at)
            entry = _Path(root, prefix + name)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError:
            return Skipped(prefix, SkipReason.UNREADABLE)
        judged = _judge(root, rules, rules.folder(at), prefix, entry)
        if not isinstance(judged, str):
            # A file where a folder was asked for: what lies "below" it does not exist.
            return None if isinstance(judged, Found) and judged.path != path else judged
        at = judged
    return at


def _judge(
    root: str, rules: Rules, folder: Folder, prefix: str, entry: os.DirEntry[str] | _Path
) -> Found | Skipped | str | None:
    """A file that belongs, what is skipped, the path of a folder to enter, or None: nothing to index."""
    path = prefix + entry.name
    try:
        if entry.is_dir(follow_symlinks=False):
            reason = rules.folder(path).skipped
            return path if reason is None else Skipped(f"{path}/", reason)
        reason = folder.judge(entry.name, False)
        if reason is None:
            if entry.is_symlink():
                return _judge_link(root, path)
            status = entry.stat(follow_symlinks=False)
            reason = _judge_status(status, rules.settings.max_file_bytes)
    except FileNotFoundError:
        return None
    except OSError:
        reason = SkipReason.UNREADABLE
    if reason is not None:
        return Skipped(path, reason)
    return Found(path, status.st_size, status.st_mtime_ns, status.st_ino)


def _judge_status(status: os.stat_result, max_bytes: int) -> SkipReason | None:
    if not stat.S_ISREG(status.st_mode):
        return SkipReason.SPECIAL
    return SkipReason.TOO_LARGE if status.st_size > max_bytes else None


def _judge_link(root: str, path: str) -> Skipped | None:
    try:
        target = os.path.realpath(os.path.join(root, path), strict=True)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:  # a circle, or a folder on the way that may not be entered
        return Skipped(path, SkipReason.OUTSIDE)
    inside = os.path.join(os.path.realpath(root), "")
    return None if f"{target}{os.sep}".startswith(inside) else Skipped(path, SkipReason.OUTSIDE)


def _entries(root: str, path: str) -> list[os.DirEntry[str]]:
    _check_readable(root, path)
    with os.scandir(os.path.join(root, path)) as listing:
        return sorted(listing, key=_name)


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _check_readable(root: str, path: str) -> None:
    """A folder that can be listed but not entered (or the other way round) counts as unreadable, all of it."""
    folder = os.path.join(root, path)
    if not os.access(folder, os.R_OK | os.X_OK):
        os.lstat(folder)  # raises FileNotFoundError where there is none
        raise PermissionError(folder)


def _slashed(path: str) -> str:
    return f"{path}/" if path else ""
