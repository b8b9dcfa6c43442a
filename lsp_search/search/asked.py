"""What a question in words asks for: its terms, its vector, and the names it may mean.

Words that only make a question a question ("how does … work", "where is … handled") are left out unless nothing else stands
there; so are filters. What is written like a name (``RetryPolicy``, ``retry_policy``, ``Session.send``) inside a sentence, or
a query that is nothing but a name, asks for its definition.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lsp_search.index import embeddings
from lsp_search.index.chunks import last_part, name_key, term_key
from lsp_search.languages.terms import LONGEST_WORD, shared
from lsp_search.search.grammar import Clause

_PUNCTUATION = "?!.,;:()"
_QUESTION = frozenset(
    shared().of_text(
        b"use uses used using work works working implement implements implemented implementation handle handles handled"
        b" handling get find show tell explain code happens happen happening defined make makes made logic place where"
    )
)
"""Terms that say that something is asked, not what."""
_IDENTIFIER = re.compile(r"[^\W\d]\w*(?:(?:\.|::?|->|#|\\)[^\W\d]\w*)*")
_HUMP = re.compile("[a-z][A-Z]|[A-Z][A-Z][a-z]")


@dataclass(frozen=True, slots=True)
class Name:
    key: int
    """See ``chunks.name_key``."""
    typed: str
    terms: frozenset[str]
    alone: bool
    """It is all that is asked."""


@dataclass(frozen=True, eq=False)
class Asked:
    terms: tuple[str, ...]
    """Distinct, in order."""
    keys: npt.NDArray[np.uint32]
    """Of the terms, see ``chunks.term_key``."""
    vector: npt.NDArray[np.float32]
    """(DIMENSIONS), of length 1, or zeros where there are no terms."""
    names: tuple[Name, ...]
    """What may be the name of a definition: the whole query, or parts of a sentence."""
    is_name: bool
    """The whole query is one name."""
    required: tuple[int, ...]
    """Keys of terms that must be there: those of phrases."""
    excluded: tuple[int, ...]
    """Keys of terms that must not."""


def telling(clause: Clause) -> str:
    """The clause's text without the punctuation of a sentence; empty where it tells nothing by itself."""
    text = clause.text.strip(_PUNCTUATION)
    if clause.kind == "word" and all(
        term in _QUESTION for term in shared().of_text(text.encode("utf-8", "ignore"))
    ):
        return ""
    return text


def asked(clauses: Iterable[Clause]) -> Asked:
    """What the words and phrases among *clauses* ask for."""
    clauses = [clause for clause in clauses if clause.kind in ("word", "phrase")]
    wanted = [clause for clause in clauses if not clause.excludes]
    text = " ".join(clause.text for clause in wanted)
    every = shared().of_text(text.encode("utf-8", "ignore"))
    terms = tuple(dict.fromkeys(term for term in every if term not in _QUESTION)) or tuple(
        dict.fromkeys(every)
    )
    is_name = _IDENTIFIER.fullmatch(text.strip()) is not None
    return Asked(
        terms=terms,
        keys=np.array([term_key(term) for term in terms], np.uint32),
        vector=_vector(terms),
        names=_names(wanted, text, terms, is_name=is_name),
        is_name=is_name,
        required=_keys(clause for clause in wanted if clause.kind == "phrase"),
        excluded=_keys(clause for clause in clauses if clause.excludes),
    )


def _vector(terms: tuple[str, ...]) -> npt.NDArray[np.float32]:
    if not terms:
        return np.zeros(embeddings.DIMENSIONS, np.float32)
    summed = embeddings.shipped().of_terms([term.encode() for term in terms]).sum(axis=0)
    vector: npt.NDArray[np.float32] = summed / max(float(np.linalg.norm(summed)), 1e-9)
    return vector


def _names(
    clauses: Iterable[Clause], text: str, terms: tuple[str, ...], *, is_name: bool
) -> tuple[Name, ...]:
    if is_name:
        typed = [(last_part(text.strip()), True)]
    else:
        typed = [
            (last_part(word), False) for word in _IDENTIFIER.findall(text) if _is_written_like_a_name(word)
        ]
    found = [
        _name(name, shared().of_text(name.encode("utf-8", "ignore")), alone=alone) for name, alone in typed
    ]
    if not is_name and terms:  # "retry policy" may be RetryPolicy
        words = " ".join(filter(None, map(telling, clauses)))
        found.append(_name(words, terms, alone=True))
    return tuple({name.key: name for name in reversed(found) if name.terms}.values())


def _is_written_like_a_name(word: str) -> bool:
    """Wherever it stands: it has humps, underscores between letters, or a scope."""
    if len(word) > LONGEST_WORD or (word.islower() and word.isalnum()):
        return False
    return _HUMP.search(word) is not None or "_" in word.strip("_") or last_part(word) != word


def _name(typed: str, terms: Iterable[str], *, alone: bool) -> Name:
    return Name(name_key(terms), typed, frozenset(terms), alone)


def _keys(clauses: Iterable[Clause]) -> tuple[int, ...]:
    terms = [term for clause in clauses for term in shared().of_text(clause.text.encode("utf-8", "ignore"))]
    return tuple(dict.fromkeys(term_key(term) for term in terms))
