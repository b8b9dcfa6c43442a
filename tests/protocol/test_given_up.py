"""What is given up before it is done: requests by the server itself, indexing by the user."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from .conftest import Connect, Listen, write

pytestmark = pytest.mark.asyncio(loop_scope="module")


@contextlib.contextmanager
def halted(processes: list[psutil.Process]) -> Iterator[None]:
    """They stand still, so that what waits for them is still waiting when the test goes on."""
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGCONT)


def workers() -> list[psutil.Process]:
    """The worker processes of all servers of this test."""
    return [
        process
        for process in psutil.Process().children(recursive=True)
        if "lsp_search.indexing.worker" in process.cmdline()
    ]


async def test_what_the_server_gives_up_is_no_cancelling_by_the_client(
    connect: Connect, listen: Listen, workspace: Path, tmp_path: Path
) -> None:
    """A barrier waits on a workspace that closes, because its last user joins the one of other folders."""
    address = listen("tcp")
    other = write(tmp_path / "other", {"far.py": "def far_away(): pass\n"})
    client = await connect(address=address)
    await client.sync()
    mine = workers()
    both = await connect(workspace, other, address=address)
    await both.sync()
    with halted(mine):
        (workspace / "shop/store.py").write_text("def close_store(): pass\n")
        waiting = asyncio.ensure_future(client.sync())
        while not (await client.ask("lspSearch/stats"))["queue"]["depth"]:
            pass
        event = types.WorkspaceFoldersChangeEvent([types.WorkspaceFolder(other.as_uri(), "other")], [])
        client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))
        with pytest.raises(JsonRpcException, match="ask again") as raised:
            await waiting
    assert raised.value.code == -32802
    await client.sync()
    assert await client.names("far_away") == ["far_away"]
    assert await client.names("close_store") == ["close_store"]


FILES = 2000


async def test_indexing_stops_where_the_user_cancels_it_and_can_be_completed(
    connect: Connect, tmp_path: Path
) -> None:
    many = write(tmp_path / "many", {f"file_{n}.py": f"def handler_{n}(): pass\n" for n in range(FILES)})
    client = await connect(many, options={"index": {"workers": 1}})
    token = (await client.until(types.WINDOW_WORK_DONE_PROGRESS_CREATE)).token
    await client.until(types.PROGRESS, lambda said: said.token == token)
    barrier = asyncio.ensure_future(client.sync())
    for given in ("somebody else's", token):
        client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(given))
    end = await client.until(types.PROGRESS, lambda said: said.value["kind"] == "end")
    assert "cancelled" in end.value["message"]
    await barrier
    status = await client.ask("lspSearch/status")
    assert (status["state"], status["message"]) == ("degraded", end.value["message"])
    held = (await client.ask("lspSearch/stats"))["index"]["files"]
    assert held < FILES
    assert len(await client.search("handler_", mode="symbol", limit=FILES)) == held
    (many / "file_0.py").write_text("def changed_later(): pass\n")
    await client.sync()
    assert await client.names("changed_later") == ["changed_later"]
    assert (await client.ask("lspSearch/status"))["state"] == "degraded"

    assert (await client.ask("lspSearch/reindex"))["files"] == FILES
    assert (await client.ask("lspSearch/status"))["state"] == "ready"
