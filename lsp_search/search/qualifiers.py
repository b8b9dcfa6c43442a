"""What stands before a name: the separators that are typed, and those that containers are written with."""

from __future__ import annotations

import re

SCOPE = re.compile(r"::|->|[./#\\]")
"""Between the parts of a qualified name, as it is typed."""
_CONTAINER = re.compile(r"::| > |[./#\\:]")
_QUALIFIED = re.compile(rf"(\S*)({SCOPE.pattern})[^\s:./#\\]*")


def enclosing(container: str) -> list[str]:
    """The parts of a container, outermost first."""
    return [part for part in _CONTAINER.split(container) if part]


def qualified(typed: str, container: str, name: str) -> str:
    """*name* as the first word of a query asks for it: ``Cart::total`` for ``Cart::tot``, with the separator as typed.
    Without a qualifier there: *name*."""
    asked = _QUALIFIED.match(typed)
    if asked is None:
        return name
    separator = asked[2]
    ways = (
        separator.join([*enclosing(container), name]),
        f"{asked[1]}{separator}{name}",  # it stands in the right file or folder
        f"{asked[0]}/{name}",  # all of a file was asked for
    )
    return next((way for way in ways if _holds(way, asked[0])), name)


def _holds(name: str, letters: str) -> bool:
    """Whether *letters* stand in *name* in order, as clients that filter by name ask."""
    remaining = iter(name.lower())
    return all(letter in remaining for letter in letters.lower())
