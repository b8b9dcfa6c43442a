"""Where search meets whoever keeps answers: what is kept under which key, and what could change it.

Kept is what anyone would be answered who asks the same: the order that a user's picks taught is made anew for each answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from lsp_search.index.snapshot import Snapshot
from lsp_search.model import Hit, SearchRequest
from lsp_search.search.listing import Listing

OnPart = Callable[[list[Hit]], None]

Depends = Literal["symbols", "texts", "all", "all and user"]
"""What of a file an answer depends on: its names and path; its text; through statistics of all words the content of every
file, and where symbols are among the hits, on what the user picked and changed as well."""


@dataclass(frozen=True, slots=True)
class Key:
    """All that an answer depends on besides files and picks."""

    request: SearchRequest
    learns: bool
    chunks: bool
    model: str
    max_bytes: int
    in_parts: bool = False
    """Whether some hits were handed over before."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A question, without what it is asked of."""

    key: Key | None
    """None: not to be kept."""
    depends: Depends
    finds: Callable[[Sequence[Snapshot]], bool]
    """Whether anything in these (small) snapshots matches."""


class Keeper(Protocol):
    def listing(
        self,
        subject: Subject,
        snapshots: Sequence[Snapshot],
        find: Callable[[OnPart | None], Listing],
        on_part: OnPart | None,
    ) -> Listing:
        """What *find* gives, perhaps from an earlier time; ``cache`` says which. *on_part* gets all parts either way."""
        ...


class NothingKept:
    """A :class:`Keeper` that has none."""

    def listing(
        self,
        subject: Subject,  # noqa: ARG002
        snapshots: Sequence[Snapshot],  # noqa: ARG002
        find: Callable[[OnPart | None], Listing],
        on_part: OnPart | None,
    ) -> Listing:
        return find(on_part)
