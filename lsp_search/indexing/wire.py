"""What the indexer and its worker processes say to each other: length-prefixed MessagePack frames on pipes.

No pickle: a worker parses untrusted files, and its answers are decoded into these fixed shapes or refused.
"""

from __future__ import annotations

import contextlib
import os
import struct
from typing import Any, BinaryIO, TypeVar

import msgspec

_LENGTH = struct.Struct("<I")
_MESSAGE = TypeVar("_MESSAGE")

FILE_SECONDS = 2.0
"""What one file may take; a file that takes longer keeps its place in the index, without symbols."""


class Task(msgspec.Struct, array_like=True, frozen=True):
    """One file to look at."""

    key: int
    path: bytes
    """Absolute."""
    relative: bytes
    digest: bytes = b""
    """The content that is known; the same content is not extracted again."""
    text: bytes | None = None
    """UTF-8 text of an editor's buffer instead of the file."""
    chunks: bool = False
    """Whether it is cut into chunks too."""


class Job(msgspec.Struct, array_like=True, frozen=True):
    tasks: list[Task]
    max_bytes: int


class Outcome(msgspec.Struct, array_like=True, frozen=True):
    """What became of one task."""

    key: int
    status: str
    """``symbols`` (new content), ``same``, ``gone``, a ``SkipReason``, ``failed`` (the parser died of it) or
    ``unavailable`` (no worker can be started)."""
    size: int = 0
    mtime_ns: int = 0
    digest: bytes = b""
    language: str = ""
    encoding: str = ""
    symbols: int = 0
    packed: bytes = b""
    error: str | None = None
    """Why there are no symbols although the language is known."""
    read_seconds: float = 0.0
    extract_seconds: float = 0.0
    """What it took to read and decode it; and in processor time, to find and pack its symbols and chunks."""


class Answer(msgspec.Struct, array_like=True, frozen=True):
    outcomes: list[Outcome]
    last: bool
    """The job is done."""
    leaving: bool = False
    """And the worker ends: it has grown too large."""


class Build(msgspec.Struct, array_like=True, frozen=True):
    """Builds one segment from the store's blobs into a file."""

    folder: str
    number: int
    file_ids: list[int]
    target: str


class Sketch(msgspec.Struct, array_like=True, frozen=True):
    """Builds one gram segment from the texts of files, as many of them as fit, into a file."""

    folder: str
    root: str
    number: int
    file_ids: list[int]
    target: str
    max_bytes: int


class Built(msgspec.Struct, array_like=True, frozen=True):
    error: str | None = None
    files: int = 0
    """Of a ``Sketch``: how many of its files were looked at."""
    seconds: float = 0.0
    """What it took, the start of the process included."""


# Made while one thread is here: msgspec learns the fields of a type when it first reads one, and two threads that do so at
# once crash the process.
_DECODERS: dict[type[Any], msgspec.msgpack.Decoder[Any]] = {
    kind: msgspec.msgpack.Decoder(kind) for kind in (Job, Answer, Build, Sketch, Built)
}


def take_answers() -> BinaryIO:
    """Standard output, as a child process answers on it; stray prints go to standard error instead. The process is
    nicer to others from now on: queries come first."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(5)
    return answers


def send(pipe: BinaryIO, message: msgspec.Struct) -> None:
    """Writes one frame. Raises OSError when the other end is gone."""
    body = msgspec.msgpack.encode(message)
    pipe.write(_LENGTH.pack(len(body)) + body)
    pipe.flush()


def receive(pipe: BinaryIO, kind: type[_MESSAGE]) -> _MESSAGE | None:
    """Reads one frame; None at the end. Raises msgspec.DecodeError for anything else."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    body = pipe.read(length)
    if len(body) < length:
        return None
    message: _MESSAGE = _DECODERS[kind].decode(body)
    return message
