"""Gitignore-style patterns, matched one path at a time.

The idea is git's own: most patterns are plain names (``node_modules``) or endings (``*.o``), so those
are found in a dictionary, and only true globs meet a regular expression (all of a list in one). A match
costs about a microsecond however long the list is.

The syntax is that of git's ``wildmatch``, translated here and checked against git itself in the tests.
(``pathspec`` was tried first: it lets ``[!a]`` match a slash, does not know ``[[:alpha:]]``, takes a
folder's match for one of everything below it, and a pattern with many stars can hold it up for ever. Here
a star never backtracks past the next literal.)

Left out: ``core.ignoreCase`` (matching is case-sensitive), and ``?`` or ``[…]`` matching one *byte* of a
name that is not ASCII, as git would (here: one character).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_GLOB = re.compile(r"[*?\[\\]")
_ENDING = re.compile(r"\*[^*?\[\\/]*\.[^*?\[\\/.]*")
"""``*`` and a literal that holds a dot: found by what follows the last dot."""


class _Pattern(NamedTuple):
    place: int
    """Its place in the list; the last one that matches decides."""
    only_folders: bool
    is_path: bool
    """Whether the whole path is compared, or the name alone."""
    ending: str = ""
    literal: str = ""
    regex: re.Pattern[str] | None = None
    """One of the three is set."""

    def fits(self, folder: str, name: str, is_dir: bool) -> bool:
        if self.only_folders and not is_dir:
            return False
        if self.ending:
            return name.endswith(self.ending)
        subject = folder + name if self.is_path else name
        return subject == self.literal if self.regex is None else self.regex.fullmatch(subject) is not None


class Patterns:
    """The patterns of one ignore file; the last one that matches a path decides about it."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.positive: list[str] = []
        """The patterns without ``!``, as paths; for :func:`may_hold`."""
        self._ignores: list[bool] = []
        self._by_name: dict[str, list[_Pattern]] = {}
        """Those whose last segment is plain."""
        self._by_ending: dict[str, list[_Pattern]] = {}
        self._globs: list[_Pattern] = []
        for line in lines:
            self._add(_trimmed(line))
        self._any_name = _any_of(pattern for pattern in self._globs if not pattern.is_path)
        self._any_path = _any_of(pattern for pattern in self._globs if pattern.is_path)

    def __bool__(self) -> bool:
        return bool(self._ignores)

    def match(self, folder: str, name: str, is_dir: bool) -> bool | None:
        """True: matched; False: matched by a ``!`` pattern; None: no pattern matches.

        *folder* is relative to the patterns' own folder and ends with ``/`` unless it is that folder ("").
        Only the path itself is judged, not the folders it lies in.
        """
        best = -1
        named = self._by_name.get(name)
        if named is not None:
            best = _last(named, folder, name, is_dir)
        if self._by_ending:
            ending = self._by_ending.get(name[name.rfind(".") + 1 :])
            if ending is not None:
                best = max(best, _last(ending, folder, name, is_dir))
        if (self._any_name is not None and self._any_name.fullmatch(name)) or (
            self._any_path is not None and self._any_path.fullmatch(folder + name)
        ):
            best = max(best, _last(self._globs, folder, name, is_dir))
        return None if best < 0 else self._ignores[best]

    def _add(self, line: str) -> None:
        if not line or line.startswith("#"):
            return
        negated = line.startswith("!")
        text = line.removeprefix("!")
        only_folders = text.endswith("/")
        text = text.removesuffix("/")
        if not text:
            return
        is_path = "/" in text
        text = text.removeprefix("/")
        pattern = _Pattern(len(self._ignores), only_folders, is_path)
        last = text.rpartition("/")[2]
        if not _GLOB.search(text):
            self._by_name.setdefault(last, []).append(pattern._replace(literal=text))
        elif not is_path and _ENDING.fullmatch(text):
            extension = text[text.rfind(".") + 1 :]
            self._by_ending.setdefault(extension, []).append(pattern._replace(ending=text[1:]))
        else:
            regex = translate(text)
            if regex is None:
                return
            pattern = pattern._replace(regex=re.compile(regex, re.DOTALL))
            # A "/" may be part of a set, and "last" be cut out of it.
            plain = "[" not in text and not _GLOB.search(last)
            bucket = self._by_name.setdefault(last, []) if plain else self._globs
            bucket.append(pattern)
        self._ignores.append(not negated)
        if not negated:
            self.positive.append(text if is_path else f"**/{text}")


def may_hold(pattern: str, folder: str) -> bool:
    """Whether something below *folder* could match *pattern* (one of ``Patterns.positive``)."""
    for wanted, given in zip(pattern.split("/"), folder.split("/"), strict=False):
        if _GLOB.search(wanted):
            return True
        if wanted != given:
            return False
    return True


def translate(glob: str) -> str | None:
    """A regular expression (for ``fullmatch`` with DOTALL) that matches what git's wildmatch matches.

    None for what matches nothing: a set that is never closed, an escape at the end.
    """
    regex = ""
    pieces = [""]  # of the present path segment, between its stars
    at = 0
    while at < len(glob):
        char = glob[at]
        if char == "*":
            end = at + len(glob[at:]) - len(glob[at:].lstrip("*"))
            if end - at > 1 and glob[at - 1 : at] in ("", "/") and glob[end : end + 1] in ("", "/"):
                regex += _segment(pieces) + (".*" if end == len(glob) else "(?:.*/)?")
                pieces = [""]
                at = end + 1
                continue
            pieces.append("")
            at = end
        elif char == "/":
            regex += _segment(pieces) + "/"
            pieces = [""]
            at += 1
        elif char == "[":
            found = _set(glob, at + 1)
            if found is None:
                return None
            text, at = found
            pieces[-1] += text
        else:
            if char == "\\":
                at += 1
                if at == len(glob):
                    return None
            pieces[-1] += "[^/]" if char == "?" else re.escape(glob[at])
            at += 1
    return regex + _segment(pieces)


def _segment(pieces: list[str]) -> str:
    """One path segment. All stars but the last take as little as they can, for good (atomic groups)."""
    first, *others = pieces
    if not others:
        return first
    *inner, last = others
    return first + "".join(f"(?>[^/]*?{piece})" for piece in inner) + "[^/]*" + last


_CLASSES = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": " \\t",
    "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": "!-/:-@\\[-`{-~",
    "space": " \\t-\\r",
    "upper": "A-Z",
    "xdigit": "0-9a-fA-F",
}


def _set(glob: str, at: int) -> tuple[str, int] | None:
    """The set that opens before *at*, as a regular expression, and where the rest goes on; None: not closed."""
    negated = glob[at : at + 1] in ("!", "^")
    at += negated
    members = ""
    previous = ""  # a single character that a range may start from
    first = True
    while first or glob[at : at + 1] != "]":
        first = False
        char = glob[at : at + 1]
        if not char:
            return None
        if char == "[" and glob[at + 1 : at + 2] == ":" and ":]" in glob[at + 2 :]:
            name, _, _ = glob[at + 2 :].partition(":]")
            if "]" not in name:
                if name not in _CLASSES:
                    return None
                members += _CLASSES[name]
                previous = ""
                at += len(name) + 4
                continue
        is_range = char == "-" and previous and glob[at + 1 : at + 2] not in ("", "]")
        if is_range:
            at += 1
            char = glob[at]
        if char == "\\":
            at += 1
            char = glob[at : at + 1]
            if not char:
                return None
        if not is_range:
            members += re.escape(char)
        elif previous <= char:
            members += f"{re.escape(previous)}-{re.escape(char)}"
        previous = "" if is_range else char
        at += 1
    sign = "^" if negated else ""
    return (f"(?!/)[{sign}{members}]" if members else "(?!)"), at + 1


def _trimmed(line: str) -> str:
    """*line* without its line end and the trailing spaces that are not escaped."""
    line = line.removesuffix("\n").removesuffix("\r")
    bare = line.rstrip(" ")
    escapes = len(bare) - len(bare.rstrip("\\"))
    return bare + " " if escapes % 2 and bare != line else bare


def _any_of(patterns: Iterable[_Pattern]) -> re.Pattern[str] | None:
    regexes = [f"(?:{pattern.regex.pattern})" for pattern in patterns if pattern.regex is not None]
    return re.compile("|".join(regexes), re.DOTALL) if regexes else None


def _last(patterns: list[_Pattern], folder: str, name: str, is_dir: bool) -> int:
    """The place of the last pattern that fits, -1 where none does."""
    for pattern in reversed(patterns):
        if pattern.fits(folder, name, is_dir):
            return pattern.place
    return -1
