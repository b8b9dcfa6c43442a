"""What a definition's comment says: finds the comment above a line, strips its markers and mark-up, takes its first sentence."""

from __future__ import annotations

import re

_LINE_MARKERS = {
    "ruby": "#",
    "python": "#",
    "elixir": "#",
    "lua": "--",
    "haskell": "--",
}
"""How a comment to the end of the line starts; ``//`` elsewhere."""
_ANNOTATION = re.compile(r"\s*(?:@\w|#\[|\[\w.*\]\s*$|template\s*<|pub\(|#pragma|\w+_EXPORT$|extern \"C\")")
_MARKER = re.compile(
    r"^\s*(?:/\*[*!]?<?|\*+/|\*+(?!\*)|//[/!]?<?|#+!?|---?\s*[|^]?|\{-\s*[|^]?|-\}|\"\"\")\s?"
)
_ENDING = re.compile(r"\s*(?:\*+/|-\})\s*$")
_TAG = re.compile(r"</?\w[^<>]{0,80}>")
_SUMMARY = re.compile(r"<summary>(.*?)</summary>", re.DOTALL)
_LINK = re.compile(
    r"\{@\w+\s+([^{}|]*)[^{}]*\}|\[\[?`?([^\[\]`]*)`?\]\]?(?:\([^()]*\))?|[@\\](?:c|p|a|ref|em|b)\s+"
)
_OPENING = re.compile(
    r"^\s*[@\\](?:brief|short|description|desc|summary|fileoverview|internal)\b\s*|^\s*@(?:public|private|internal|static|ignore|api private|alpha|beta)\s*$"
)
_SECTION = re.compile(
    r"^\s*(?:[@\\]\w+|:\w+.*:|#+\s|={3,}|-{3,}|\*{3,}|~{3,}|>>>|```|Args:|Parameters|Returns?:|Raises?:|Examples?:?$)"
)
_SENTENCE = re.compile(r"(.{12,}?[.!?])(?=\s+[A-Z(`\"']|\s*$)")
_UNWANTED = re.compile(
    r"copyright|licen[sc]e|deprecat|inherit-?doc|see also|auto-?generated|do not edit|\btodo\b|\bfixme\b|eslint|nolint|noqa"
    r"|pylint|istanbul|http://|https://",
    re.IGNORECASE,
)


def above(lines: list[str], start: int, language: str) -> tuple[str, int]:
    """The comment that ends right above line *start* (annotations between are passed over), markers and all, and the
    number of its first line; ``("", start)`` where there is none."""
    at = start - 1
    while at >= 0 and start - at < 8 and _ANNOTATION.match(lines[at]) and '"""' not in lines[at]:
        at -= 1
    if at < 0:
        return "", start
    end, first = at, _first(lines, at, language)
    return ("\n".join(lines[first : end + 1]), first) if first <= end else ("", start)


def _first(lines: list[str], end: int, language: str) -> int:
    """The first line of the comment whose last one is *end*; one more than *end* if that is no comment."""
    last = lines[end].strip()
    lowest = max(-1, end - 120)
    for opening, closing in (("/*", "*/"), ("{-", "-}")):
        if last.endswith(closing):
            return next(
                (at for at in range(end, lowest, -1) if lines[at].lstrip().startswith(opening)), end + 1
            )
    if language == "elixir" and last == '"""':
        return next(
            (at for at in range(end - 1, lowest, -1) if lines[at].lstrip().startswith("@doc")), end + 1
        )
    marker = _LINE_MARKERS.get(language, "//")
    at = end
    while at > lowest and lines[at].lstrip().startswith(marker):
        at -= 1
    return at + 1


def prose(comment: str) -> str:
    """The text of a comment: without markers and mark-up, paragraphs apart, up to its first section of tags."""
    text: list[str] = []
    for raw in comment.splitlines():
        line = _OPENING.sub("", _ENDING.sub("", _MARKER.sub("", raw)))
        if _SECTION.match(line):
            break
        text.append(line.strip())
    joined = "\n".join(text)
    summary = _SUMMARY.search(joined)
    if summary:
        joined = summary[1]
    return _LINK.sub(lambda found: found[1] or found[2] or "", _TAG.sub("", joined)).strip()


def first_sentence(text: str) -> tuple[str, str]:
    """The first sentence of prose and what comes after it, each on one line; empty where it says nothing."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    opening = " ".join(paragraphs[0].split())
    found = _SENTENCE.match(opening)
    sentence = found[1] if found else opening
    rest = " ".join([opening[len(sentence) :], *(" ".join(part.split()) for part in paragraphs[1:])]).strip()
    if (
        len(sentence) > 300
        or len(sentence.split()) < 3
        or not sentence.isascii()
        or _UNWANTED.search(sentence)
    ):
        return "", ""
    return sentence, rest[:600]


def without_name(sentence: str, name: str) -> str:
    """*sentence* without the name of what it describes at its start ("Foo returns …", as Go has it)."""
    head, _, tail = sentence.partition(" ")
    return tail if head.strip("`*'\"()").lower() == name.lower() and len(tail.split()) >= 3 else sentence
