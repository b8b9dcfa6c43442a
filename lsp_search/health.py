"""What may be wrong with this machine, a store or a folder, and what to do about each: the checks of ``doctor``.

Every check gives its verdict as a value and none raises. Grammars are tried in a process of their own, which says
each one's name before it loads it: the one that crashes it is known by that, and the others are tried again without.
What is left out: speed (that is for benchmarks), and everything about editors.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from lsp_search.files.rules import Rules
from lsp_search.files.walk import folders
from lsp_search.index import schema, segment_file
from lsp_search.index.place import DATABASE, default_store, make_private
from lsp_search.languages.registry import LANGUAGES
from lsp_search.settings import Settings
from lsp_search.stores import StoredIndex, find, listed

State = Literal["ok", "warning", "fault"]


class Check(NamedTuple):
    name: str
    state: State
    message: str
    advice: str = ""
    """What to do; empty when all is well."""


_PYTHON = (3, 11)
_SQLITE = (3, 35, 0)
"""The first with ``RETURNING``."""
_LITTLE_SPACE = 1 << 30
_NO_SPACE = 100 << 20
_GRAMMAR_SECONDS = 60.0
_WATCHES = (Path("/proc/sys/fs/inotify/max_user_watches"), Path("/proc/sys/user/max_inotify_watches"))
"""The machine's limit, and that of the user's namespace, as in a container: the smaller one counts."""
_UNDECODED = re.compile("[\udc80-\udcff]")


def checks(
    root: Path, store: Path | None, settings: Settings, settings_problems: list[str]
) -> Iterator[Check]:
    """All checks, one after the other: of the machine, of the place of indexes, of *root* and its index."""
    base = store or default_store()
    yield python()
    yield from sqlite()
    yield from grammars()
    yield from store_folder(base)
    yield index(base, root)
    yield project_settings(settings_problems)
    yield from tree(root, settings)


# -- the machine -----------------------------------------------------------------------------------


def python() -> Check:
    version = sys.version.split()[0]
    if sys.version_info < _PYTHON:
        return Check("python", "fault", f"Python {version} is too old", "install Python 3.11 or newer")
    return Check("python", "ok", f"Python {version} ({sys.executable})")


def sqlite() -> Iterator[Check]:
    version = sqlite3.sqlite_version
    advice = "use a Python that is built with a newer SQLite, such as those of uv or python.org"
    if sqlite3.sqlite_version_info < _SQLITE:
        yield Check(
            "sqlite", "fault", f"SQLite {version} is older than {'.'.join(map(str, _SQLITE))}", advice
        )
    else:
        yield Check("sqlite", "ok", f"SQLite {version}")
    try:
        with contextlib.closing(sqlite3.connect(":memory:")) as connection:
            connection.execute("CREATE VIRTUAL TABLE probe USING fts5(text, tokenize = 'trigram')")
    except sqlite3.Error as error:
        yield Check("fts5", "fault", f"SQLite {version} lacks full-text search ({error})", advice)
    else:
        yield Check("fts5", "ok", "full-text search (FTS5, trigrams) works")


def grammars() -> Iterator[Check]:
    """One check for all that is well, one for each language whose grammar is not."""
    waiting = [name for name, row in LANGUAGES.items() if row.module]
    tried = len(waiting)
    faults: dict[str, str] = {}
    while waiting:
        done, faulty, reason = _try_grammars(waiting)
        faults |= faulty
        if reason:
            if len(done) == len(waiting):
                break
            faults[waiting[len(done)]] = reason
        waiting = waiting[len(done) + 1 :] if reason else []
    yield Check(
        "grammars",
        "ok" if not faults else "warning",
        f"{tried - len(faults)} of {tried} grammars load and parse",
    )
    for name, problem in faults.items():
        advice = f"install its package again: pip install --force-reinstall {LANGUAGES[name].module.replace('_', '-')}"
        yield Check(f"grammar {name}", "fault", f"{name} files give no symbols: {problem}", advice)


def _try_grammars(names: list[str]) -> tuple[list[str], dict[str, str], str]:
    """(the languages that were tried, what is wrong with some of them, why the process ended before the last)"""
    command = [sys.executable, "-m", "lsp_search.health", *names]
    try:
        ended = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_GRAMMAR_SECONDS,
            check=False,
        )
        output, reason = (
            ended.stdout,
            f"its parser crashed (status {ended.returncode})" if ended.returncode else "",
        )
    except subprocess.TimeoutExpired as error:
        output = error.stdout.decode() if isinstance(error.stdout, bytes) else error.stdout or ""
        reason = f"its parser did not end within {_GRAMMAR_SECONDS:g} s"
    rows = [line.partition("\t") for line in output.splitlines()]
    return [name for name, _, _ in rows], {name: problem for name, _, problem in rows if problem}, reason


def _child(names: list[str]) -> None:
    """In the process of its own: prints a line for each language, its name and what is wrong with it."""
    from lsp_search.languages.extract import extract  # noqa: PLC0415 - loads grammars, which may crash

    for name in names:
        problem = ""
        try:
            extract(name, b"x = 1\n")
        except Exception as error:  # whatever it is, the others are to be tried too
            problem = f"{type(error).__name__}: {' '.join(str(error).split())}"
        sys.stdout.write(f"{name}\t{problem}\n")
        sys.stdout.flush()


# -- where indexes live ----------------------------------------------------------------------------


def store_folder(base: Path) -> Iterator[Check]:
    choose = "choose another place with --store DIR or LSP_SEARCH_STORE"
    try:
        if not base.is_dir():
            make_private(base)
        with tempfile.TemporaryDirectory(prefix=".doctor-", dir=base) as probe:
            yield Check("store", "ok", f"{base} can be written")
            yield _wal(Path(probe), choose)
    except OSError as error:
        yield Check(
            "store", "fault", f"{base} cannot be written ({error}): indexes live in memory only", choose
        )
        return
    yield _permissions(base)
    free = shutil.disk_usage(base).free
    state: State = "ok" if free >= _LITTLE_SPACE else "warning" if free >= _NO_SPACE else "fault"
    advice = (
        ""
        if state == "ok"
        else f"free space there ('lsp-search clean --all' removes all indexes), or {choose}"
    )
    yield Check("space", state, f"{free / (1 << 30):.1f} GiB free in {base}", advice)


def _permissions(base: Path) -> Check:
    """Whether others can read an index, or put one there."""
    if os.name == "posix":
        shared = 0o077 if any(_mode(stored.folder) & 0o077 for stored in listed(base)) else 0o022
        if _mode(base) & shared:
            who = "read the indexes" if shared == 0o077 else "write"
            return Check("permissions", "warning", f"others may {who} in {base}", f"chmod -R go= {base}")
    return Check("permissions", "ok", f"the indexes in {base} are yours alone")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _wal(folder: Path, advice: str) -> Check:
    try:
        with contextlib.closing(sqlite3.connect(folder / DATABASE)) as connection:
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            connection.execute("CREATE TABLE probe (value)")
    except sqlite3.Error as error:
        mode = str(error)
    if mode == "wal":
        return Check("wal", "ok", "SQLite can write ahead there (WAL)")
    return Check(
        "wal", "fault", f"SQLite cannot write ahead there ({mode}); is it a network file system?", advice
    )


# -- the index of the folder -----------------------------------------------------------------------


def index(base: Path, root: Path) -> Check:
    """The health of *root*'s store: it opens, every page is sound, every segment has its checksum."""
    stored = find(base, root)
    if stored is None:
        return Check(
            "index", "ok", "not indexed yet", "'lsp-search index' does that; so does the first search"
        )
    try:
        problem = _problem(stored)
    except (OSError, sqlite3.Error) as error:
        problem = str(error)
    if problem:
        advice = f"'lsp-search index --rebuild {root}' builds it anew (the server does so by itself at its next start)"
        return Check("index", "fault", f"the index in {stored.folder} is damaged: {problem}", advice)
    used = ", in use by a process" if stored.in_use else ""
    return Check("index", "ok", f"sound, {stored.bytes / (1 << 20):.1f} MiB in {stored.folder}{used}")


def _problem(stored: StoredIndex) -> str:
    """What is wrong with a store; empty when it is sound. Raises OSError and sqlite3.Error."""
    location = (stored.folder / DATABASE).absolute().as_uri()
    with contextlib.closing(sqlite3.connect(f"{location}?mode=ro", uri=True)) as connection:
        if connection.execute("PRAGMA application_id").fetchone()[0] != schema.APPLICATION_ID:
            return "its database is none of lsp-search"
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > schema.VERSION:
            return f"it was written by a newer lsp-search (schema {version}, known is {schema.VERSION})"
        sound = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if sound != "ok":
            return f"its database has bad pages ({sound})"
        numbers = [number for (number,) in connection.execute("SELECT number FROM segments ORDER BY number")]
        bad = [
            number for number in numbers if not _is_whole(stored.folder / "segments" / f"{number:08d}.seg")
        ]
        # A process that is indexing may have replaced a segment since the list was read.
        still = {number for (number,) in connection.execute("SELECT number FROM segments")}
        bad = [number for number in bad if number in still]
    return f"{'segment' if len(bad) == 1 else 'segments'} {', '.join(map(str, bad))}" if bad else ""


def _is_whole(path: Path) -> bool:
    try:
        segment_file.load(path)
    except (OSError, segment_file.BadSegment):
        return False
    return segment_file.verify(path)


# -- the folder ------------------------------------------------------------------------------------


def project_settings(problems: list[str]) -> Check:
    if problems:
        return Check("settings", "warning", "; ".join(problems), "mend .lsp-search.toml")
    return Check("settings", "ok", "the settings are valid")


def tree(root: Path, settings: Settings) -> Iterator[Check]:
    """Whether the folders can be watched, and whether names can be shown; one walk for both."""
    count, odd, example = 0, 0, ""
    real = os.path.realpath(root)
    for folder in folders(real, Rules(real, settings.index)):
        count += 1
        with contextlib.suppress(OSError):
            for name in os.listdir(os.path.join(real, folder)):
                if _UNDECODED.search(name):
                    odd += 1
                    example = example or os.path.join(folder, name)
    yield watcher(count)
    encoding = sys.getfilesystemencoding()
    if encoding != "utf-8":
        yield Check(
            "names",
            "warning",
            f"file names are read as {encoding}",
            "use a UTF-8 locale, such as LANG=C.UTF-8",
        )
    elif odd:
        yield Check(
            "names",
            "warning",
            f"{odd} names are not UTF-8, such as {os.fsencode(example)!r}",
            "they are indexed, but some editors cannot open them: rename them, e.g. with convmv",
        )
    else:
        yield Check("names", "ok", "all file names are UTF-8")


def _watch_limit() -> str:
    return min((path.read_text() for path in _WATCHES if path.exists()), key=int)


def watcher(count: int, read_limit: Callable[[], str] = _watch_limit) -> Check:
    """Whether *count* folders can be watched."""
    try:
        limit = int(read_limit())
    except (OSError, ValueError):
        return Check("watcher", "ok", f"{count:,} folders; the system sets no limit on watching them")
    advice = f"sysctl fs.inotify.max_user_watches={max(1 << 20, 4 * count)} (in /etc/sysctl.d to keep it)"
    if count > limit:
        message = (
            f"{count:,} folders, but only {limit:,} can be watched: changes will be found by polling, late"
        )
        return Check("watcher", "warning", message, advice)
    if count > limit * 0.8:
        message = f"{count:,} folders of {limit:,} that all your programs together can watch"
        return Check("watcher", "warning", message, advice)
    return Check("watcher", "ok", f"{count:,} folders of {limit:,} that can be watched")


if __name__ == "__main__":
    _child(sys.argv[1:])
