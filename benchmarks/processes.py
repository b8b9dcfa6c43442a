"""Memory and CPU time of a server with all the processes below it.

*rss* counts what lies in memory, so pages that several processes share count several times; *private* is rss without
pages that belong to files (``rss - shared``), which is close to what would be free if the process ended. On Linux the
kernel tells more (:func:`mapped`): its share of shared pages (Pss), and what is mapped from the index's files.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

_RESCAN = 4
"""Processes are listed anew at every so many samples: listing costs more than looking at those that are known."""


def tree(server: psutil.Process) -> Iterator[psutil.Process]:
    """*server* and every process below it that is alive."""
    yield server
    with contextlib.suppress(psutil.Error):
        yield from server.children(recursive=True)


def role(process: psutil.Process) -> str:
    """server, worker or builder, by the last word of the command line."""
    last = (process.cmdline() or [""])[-1]
    return last.rpartition(".")[2] if last.startswith("lsp_search.indexing.") else "server"


def cpu_seconds(server: psutil.Process) -> float:
    """CPU time of *server*, of its children that have ended, and of those alive."""
    total = 0.0
    for process in tree(server):
        with contextlib.suppress(psutil.Error):
            used = process.cpu_times()
            total += used.user + used.system + used.children_user + used.children_system
    return total


def snapshot(server: psutil.Process) -> dict[str, Any]:
    """rss and private bytes: of all, and by process."""
    return _weighed(list(tree(server)))


def _weighed(processes: list[psutil.Process]) -> dict[str, Any]:
    each: list[dict[str, Any]] = []
    for process in processes:
        with contextlib.suppress(psutil.Error):
            memory = process.memory_info()
            private = memory.rss - getattr(memory, "shared", 0)
            each.append({"pid": process.pid, "role": role(process), "rss": memory.rss, "private": private})
    return {
        "rss": sum(entry["rss"] for entry in each),
        "private": sum(entry["private"] for entry in each),
        "processes": each,
    }


class Peak:
    """Samples a server's processes from a thread until it is left: the moments of most rss and of most private memory."""

    def __init__(self, server: psutil.Process, seconds: float = 0.05) -> None:
        self._server = server
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="memory", daemon=True)
        self.samples = 0
        self.rss: dict[str, Any] = {"rss": 0, "private": 0, "processes": []}
        self.private = self.rss
        self.by_role: dict[str, int] = {}
        """The most rss that a single process of a role had at any time."""

    def _run(self) -> None:
        known: list[psutil.Process] = []
        while not self._stop.wait(self._seconds):
            if self.samples % _RESCAN == 0:
                known = list(tree(self._server))
            self.samples += 1
            self._take(_weighed(known))

    def _take(self, now: dict[str, Any]) -> None:
        if now["rss"] > self.rss["rss"]:
            self.rss = now
        if now["private"] > self.private["private"]:
            self.private = now
        for entry in now["processes"]:
            self.by_role[entry["role"]] = max(self.by_role.get(entry["role"], 0), entry["rss"])

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


_ROLLUP = ("Rss", "Pss", "Private_Dirty", "Private_Clean", "Shared_Clean", "Shared_Dirty", "Anonymous")


def mapped(server: psutil.Process) -> dict[str, Any]:
    """By process and in all, in bytes, from the kernel's own accounts (Linux alone; elsewhere as :func:`snapshot`).

    ``Anonymous`` is memory that belongs to no file; ``File`` = Rss - Anonymous is mapped from files (programs, libraries,
    the index); ``Segments`` is what of it belongs to the index's segments. Pages from files need no swap and go when
    memory is short.
    """
    each: list[dict[str, Any]] = []
    for process in tree(server):
        with contextlib.suppress(psutil.Error, OSError):
            each.append(
                {"pid": process.pid, "role": role(process), **_rollup(process.pid), **_segments(process)}
            )
    if not each or "Rss" not in each[0]:
        return snapshot(server)
    keys = [key for key in each[0] if key not in ("pid", "role")]
    return {**{key: sum(entry[key] for entry in each) for key in keys}, "processes": each}


def _rollup(pid: int) -> dict[str, int]:
    source = Path(f"/proc/{pid}/smaps_rollup")
    if not source.exists():
        return {}
    fields = dict(row.split(":", 1) for row in source.read_text("ascii").splitlines()[1:])
    found = {name: int(fields[name].split()[0]) << 10 for name in _ROLLUP}
    return {**found, "File": found["Rss"] - found["Anonymous"]}


def _segments(process: psutil.Process) -> dict[str, int]:
    return {
        "Segments": sum(
            entry.rss for entry in process.memory_maps(grouped=True) if entry.path.endswith(".seg")
        )
    }
