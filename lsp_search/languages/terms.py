"""What a text is about, as *terms*: the stems of the words in its prose and of the parts of its identifiers.

``RetryPolicy``, ``retry_policy`` and "retries of a policy" give the same terms, ``retri`` and ``polici``. Identifiers
are taken apart at underscores, humps and digits; English stems are Snowball's (Porter 2); words of scripts without
blanks between words give pairs of neighbouring characters. Documents, queries and the words that vectors were trained
on all come through here, so that they always meet.

Left out are words that nearly every chunk of code or sentence holds (:data:`STOP`): they tell nothing apart.
"""

from __future__ import annotations

import re
from functools import cache

import Stemmer

LONGEST_WORD = 64
"""Longer runs of letters and digits are data (hashes, base64), not words."""

_RUN = re.compile(r"[^\W\d_]+|[0-9]+")
_HUMP = re.compile("[A-Z]{2,}(?=s(?![a-z]))|[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
"""Plurals of acronyms, acronyms before a word, words, acronyms, numbers; beyond ASCII a run of letters is one word."""
_DENSE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
"""Kana and Han: scripts that leave no blanks between words."""
_KNOWN = 100_000
"""Words whose terms are remembered; a process that meets more starts again."""

_ENGLISH = """an the of to and or for in on is be by with from as at this that it its are was if not into which when will can
may has have no do does did how what where why who we you they there their our your so such than then these those been being
were would should could about use uses used using given but one them because only just any need needs here since some"""
_CODE = """return returns returned returning else elif self cls def var let const static void public int none null nil true false new end func fn function"""
ENGLISH = frozenset(_ENGLISH.split())
STOP = ENGLISH | frozenset(_CODE.split())

_BLANK = bytes(byte if byte >= 0x80 or chr(byte).isalnum() or byte == 0x5F else 0x20 for byte in range(256))


def words(source: bytes) -> list[bytes]:
    """The runs of letters, digits, underscores and non-ASCII bytes of UTF-8 *source*, in order."""
    return source.translate(_BLANK).split()


class Terms(dict[bytes, tuple[str, ...]]):
    """Takes words apart and remembers what they gave, as a workspace's words recur thousands of times: ``terms[word]`` are
    the terms of one word or identifier (UTF-8), in order; none for what tells nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._stem = Stemmer.Stemmer("english").stemWord

    def __missing__(self, word: bytes) -> tuple[str, ...]:
        if len(self) >= _KNOWN:
            self.clear()
        found = self[word] = self._taken_apart(word)
        return found

    def of_text(self, text: bytes) -> list[str]:
        """The terms of all words of UTF-8 *text*, in order, each as often as it occurs."""
        return [term for word in words(text) for term in self[word]]

    def _taken_apart(self, word: bytes) -> tuple[str, ...]:
        if len(word) > LONGEST_WORD:
            return ()
        parts: list[str] = []
        for run in _RUN.findall(word.decode("utf-8", "ignore")):
            if run.isascii():
                parts += _HUMP.findall(run)
            elif len(run) > 1 and _DENSE.search(run):
                parts += [run[at : at + 2] for at in range(len(run) - 1)]
            else:
                parts.append(run)
        lowered = [part.lower() for part in parts]
        return tuple(
            self._stem(part) for part in lowered if part not in STOP and (len(part) > 1 or _DENSE.match(part))
        )


@cache
def shared() -> Terms:
    """The one of this process."""
    return Terms()
