"""Where the machine gives no more: file events, watches, room on the disk. Each is met for real, in namespaces of the
test's own where it is a limit of the whole machine; nothing may be lost, hidden or brought down by it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from lsprotocol import types

from .conftest import Client, Connect, session, write

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="inotify and namespaces are Linux's")
pytestmark = [pytest.mark.asyncio(loop_scope="module"), on_linux]

Inside = tuple[str, ...]
Namespace = Callable[[str], Inside]


@pytest.fixture
def namespace() -> Iterator[Namespace]:
    """Makes namespaces (users and mounts) set up by a shell command; gives the command that runs others in one."""
    holders: list[subprocess.Popen[str]] = []

    def make(setup: str) -> Inside:
        with contextlib.suppress(FileNotFoundError):
            holder = subprocess.Popen(
                [
                    "unshare",
                    "--user",
                    "--map-root-user",
                    "--mount",
                    "sh",
                    "-c",
                    f"{setup} && echo ready && read _",
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            holders.append(holder)
            assert holder.stdout is not None
            if holder.stdout.readline() == "ready\n":
                enter = (
                    "--preserve-credentials",
                    "--user",
                    "--mount",
                    f"--target={holder.pid}",
                    f"--wd={Path.cwd()}",
                )
                return "nsenter", *enter
        pytest.skip("this machine gives its users no namespaces of their own")

    yield make
    for holder in holders:
        holder.communicate()


async def everything(client: Client) -> list[tuple[str, str, Any]]:
    """All symbols that a client finds, in an order of their own."""
    await client.sync()
    items = await client.search("", mode="symbol", filter={"languages": ["python"]}, limit=10_000)
    return sorted((item["name"], item["location"]["uri"], str(item["location"]["range"])) for item in items)


async def held(client: Client) -> dict[str, Any]:
    figures = (await client.ask("lspSearch/stats"))["index"]
    assert isinstance(figures, dict)
    return figures


async def watcher(client: Client) -> dict[str, Any]:
    figures = (await client.ask("lspSearch/stats"))["watcher"]
    assert isinstance(figures, dict)
    return figures


# -- more events than the kernel keeps ---------------------------------------------------------------


async def test_changes_beyond_the_kernels_queue_are_found(
    connect: Connect, workspace: Path, tmp_path: Path
) -> None:
    write(workspace, {f"old/file_{n}.py": f"def old_{n}(): pass\n" for n in range(100)})
    client = await connect(options={"metrics": {"intervalMs": 50}})
    await client.sync()
    with halted_server():
        flood(workspace / "shop/cart.py", workspace / "shop/store.py")
        write(workspace, {f"new/{n % 7}/file_{n}.py": f"def new_{n}(): pass\n" for n in range(100)})
        for n in range(50):
            (workspace / f"old/file_{n}.py").write_text(f"def rewritten_{n}(): pass\n")
            (workspace / f"old/file_{n + 50}.py").unlink()
        (workspace / "web").rename(workspace / "internet")
    # By itself: nobody has asked for a barrier yet.
    await client.until(
        "lspSearch/metrics",
        lambda stats: stats["watcher"]["overflows"] and stats["index"]["files"] == 3 + 50 + 100,
    )
    found = await everything(client)
    assert len(found) == 5 + 50 + 100
    async with session([workspace], tmp_path / "fresh") as fresh:
        assert found == await everything(fresh)
    (workspace / "new/3/file_3.py").write_text("def in_a_folder_nobody_told_of(): pass\n")
    await client.sync()
    assert await client.names("in_a_folder_nobody_told_of") == ["in_a_folder_nobody_told_of"]


@contextlib.contextmanager
def halted_server() -> Iterator[None]:
    """The only server stands still; its events pile up."""
    server = next(child for child in psutil.Process().children() if "serve" in child.cmdline())
    server.send_signal(signal.SIGSTOP)
    try:
        os.waitid(os.P_PID, server.pid, os.WSTOPPED)  # the last thread of it empties the queue no more
        yield
    finally:
        server.send_signal(signal.SIGCONT)


def flood(*paths: Path) -> None:
    """Fills the kernel's queue: it keeps events that differ from the last."""
    most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    for n in range(most + 100):
        os.utime(paths[n % len(paths)])


# -- fewer watches than folders ----------------------------------------------------------------------


def allowing(watches: int, instances: int = 100) -> str:
    return (
        f"echo {watches} >/proc/sys/user/max_inotify_watches"
        f" && echo {instances} >/proc/sys/user/max_inotify_instances"
    )


@pytest.mark.parametrize(
    ("watches", "instances", "limit"),
    [(2, 100, "max_user_watches"), (100, 0, "max_user_instances")],
)
async def test_too_few_watches_are_said_and_changes_found(
    connect: Connect, namespace: Namespace, workspace: Path, watches: int, instances: int, limit: str
) -> None:
    client = await connect(inside=namespace(allowing(watches, instances)))
    await client.sync()
    status = await client.ask("lspSearch/status")
    assert status["state"] == "degraded"
    assert f"fs.inotify.{limit}" in status["message"]
    said = await client.until(types.WINDOW_SHOW_MESSAGE)
    assert (said.type, said.message) == (types.MessageType.Warning, status["message"])
    assert (await watcher(client))["mode"] == "polling"
    (workspace / "web/deep").mkdir()
    (workspace / "web/deep/down.py").write_text("def polled_later(): pass\n")
    before = status["generation"]
    await client.until(
        "lspSearch/statusChanged", lambda status: status["generation"] > before
    )  # nobody asked to look
    assert await client.names("polled_later") == ["polled_later"]


async def test_watches_that_run_out_later_are_said_and_changes_found(
    connect: Connect, namespace: Namespace, workspace: Path
) -> None:
    client = await connect(inside=namespace(allowing(watches=6)))
    await client.sync()
    assert (await watcher(client))["mode"] == "native"
    write(workspace, {f"new_{n}/file.py": f"def new_{n}(): pass\n" for n in range(20)})
    await client.until(types.WINDOW_SHOW_MESSAGE, lambda said: "max_user_watches" in said.message)
    assert (await watcher(client))["mode"] == "polling"
    await client.sync()
    assert len(await client.search("^new_", mode="symbol")) == 20
    assert (await client.ask("lspSearch/status"))["state"] == "degraded"


async def test_the_doctor_names_a_limit_of_the_users_own(namespace: Namespace) -> None:
    check = "from lsp_search.health import watcher; print(watcher(3).message)"
    inside = namespace(allowing(watches=2))
    seen = subprocess.run([*inside, sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert "3 folders, but only 2 can be watched" in seen.stdout


# -- no room on the disk -----------------------------------------------------------------------------


class SmallDisk:
    """A disk for the index with room for some *kilobytes*, to be seen *inside* only."""

    def __init__(self, namespace: Namespace, store: Path, kilobytes: int) -> None:
        store.mkdir()
        self.store = store
        self._ballast = store / "ballast"
        mount = f"mount -t tmpfs -o size=10240k,mode=700 none {shlex.quote(str(store))}"
        fill = f"head -c {10240 - kilobytes}K /dev/zero >{shlex.quote(str(self._ballast))}"
        self.inside = namespace(f"{mount} && {fill}")

    def make_room(self) -> None:
        subprocess.run([*self.inside, "rm", str(self._ballast)], check=True)


@pytest.fixture
def small_disk(namespace: Namespace, tmp_path: Path) -> Callable[[int], SmallDisk]:
    return lambda kilobytes: SmallDisk(namespace, tmp_path / "store", kilobytes)


PLENTY = {
    f"many/file_{n}.py": "".join(f"def handler_{n}_{m}(): pass\n" for m in range(600)) for n in range(40)
}
"""So many symbols that they are moved out of memory into a segment."""


@pytest.mark.parametrize(
    ("kilobytes", "said"),
    [
        (4, "the index cannot be kept on disk (database or disk is full)"),
        (250, "the index cannot be written (database or disk is full)"),
        (2000, "the index cannot be written (a segment could not be built"),
    ],
)
async def test_on_a_full_disk_all_goes_on_in_memory_until_a_restart(
    small_disk: Callable[[int], SmallDisk], workspace: Path, kilobytes: int, said: str
) -> None:
    disk = small_disk(kilobytes)
    write(workspace, PLENTY)
    async with session([workspace], disk.store, inside=disk.inside) as client:
        barrier = asyncio.ensure_future(client.sync())
        warning = await client.until(types.WINDOW_SHOW_MESSAGE, lambda message: said in message.message)
        assert warning.type == types.MessageType.Warning
        assert "in memory" in warning.message
        await barrier
        assert (await held(client))["files"] == 43
        assert await client.names("handler_39_599") == ["handler_39_599"]
        (workspace / "many/file_39.py").write_text("def written_later(): pass\n")
        await client.sync()
        assert await client.names("written_later") == ["written_later"]
        assert "handler_39_599" not in await client.names("handler_39_599")
        status = await client.ask("lspSearch/status")
        assert status["state"] == "degraded"
        assert said in status["message"]
        before = await held(client)
    disk.make_room()
    async with session([workspace], disk.store, inside=disk.inside) as client:
        await client.sync()
        after = await held(client)
        assert (after["files"], after["symbols"]) == (before["files"], before["symbols"])
        assert after["storeBytes"] > 256_000
        status = await client.ask("lspSearch/status")
        assert (status["state"], status["message"]) == ("ready", "")
        assert client.heard(types.WINDOW_SHOW_MESSAGE) == []
