"""Unsaved text wins over the disk, for symbols and text alike; and what happens to files on disk is seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from .conftest import Client, Connect, capabilities

pytestmark = pytest.mark.asyncio(loop_scope="module")


def opened(client: Client, path: Path | str, text: str) -> str:
    uri = path if isinstance(path, str) else path.as_uri()
    item = types.TextDocumentItem(uri=uri, language_id="python", version=1, text=text)
    client.text_document_did_open(types.DidOpenTextDocumentParams(item))
    return uri


def changed(client: Client, uri: str, *edits: tuple[tuple[int, int, int, int] | None, str]) -> None:
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(
            text_document=types.VersionedTextDocumentIdentifier(version=2, uri=uri),
            content_changes=[
                types.TextDocumentContentChangeWholeDocument(text)
                if span is None
                else types.TextDocumentContentChangePartial(
                    types.Range(types.Position(*span[:2]), types.Position(*span[2:])), text
                )
                for span, text in edits
            ],
        )
    )


def closed(client: Client, uri: str) -> None:
    client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))


async def test_an_opened_text_replaces_the_files(connect: Connect, workspace: Path) -> None:
    client = await connect()
    opened(client, workspace / "shop/store.py", "def unsaved_store():\n    return 'mellon'\n")
    await client.sync()
    assert await client.names("unsaved_store") == ["unsaved_store"]
    assert "open_store" not in await client.names("open_store")


async def test_closing_brings_the_file_back(connect: Connect, workspace: Path) -> None:
    client = await connect()
    uri = opened(client, workspace / "shop/store.py", "def unsaved_store(): pass\n")
    await client.sync()
    closed(client, uri)
    await client.sync()
    assert "unsaved_store" not in await client.names("unsaved_store")
    assert await client.names("open_store") == ["open_store"]


async def test_a_new_file_is_found_before_it_is_saved(connect: Connect, workspace: Path) -> None:
    client = await connect()
    uri = opened(client, workspace / "shop/brand_new.py", "def never_saved(): pass\n")
    await client.sync()
    assert await client.names("never_saved") == ["never_saved"]
    closed(client, uri)
    await client.sync()
    assert "never_saved" not in await client.names("never_saved")


@pytest.mark.parametrize(
    ("before", "edits", "name"),
    [
        ("def first(): pass\n", [((0, 4, 0, 9), "second_one")], "second_one"),
        ("x = 1\ndef first(): pass\n", [((1, 4, 1, 9), "a_b_c"), ((1, 4, 1, 5), "letter")], "letter_b_c"),
        ("a\fb\x85c = 1\ndef first(): pass\n", [((1, 4, 1, 9), "after_odd_breaks")], "after_odd_breaks"),
        ("x = 1\r\ndef first(): pass\r\n", [((1, 4, 1, 9), "after_crlf")], "after_crlf"),
        ("def first(): pass\n", [(None, "def whole_text(): pass\n")], "whole_text"),
        ("", [((0, 0, 0, 0), "def typed_in(): pass\n")], "typed_in"),
    ],
)
async def test_incremental_changes(
    connect: Connect, workspace: Path, before: str, edits: list[Any], name: str
) -> None:
    client = await connect()
    uri = opened(client, workspace / "shop/store.py", before)
    changed(client, uri, *edits)
    await client.sync()
    assert await client.names(name) == [name]
    assert "first" not in await client.names("first")


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 27), ("utf-16", 25), ("utf-32", 24)])
async def test_changes_behind_wide_characters(
    connect: Connect, workspace: Path, encoding: str, column: int
) -> None:
    client = await connect(said=capabilities(position_encodings=[encoding]))
    uri = opened(client, workspace / "web/wide.js", "/* \U0001f600 */ var a; function first() {}\n")
    changed(client, uri, ((0, column, 0, column + len("first")), "wide_name"))
    await client.sync()
    assert await client.names("wide_name") == ["wide_name"]


async def test_every_change_is_in_the_answer_that_follows_it(connect: Connect, workspace: Path) -> None:
    client = await connect()
    uri = opened(client, workspace / "shop/store.py", "def name_0(): pass\n")
    for number in range(1, 30):
        changed(client, uri, ((0, 4, 0, 4 + len(f"name_{number - 1}")), f"name_{number}"))
    await client.sync()
    assert await client.names("name_29") == ["name_29"]


@pytest.mark.parametrize("uri", ["untitled:Untitled-1", "git:/shop/store.py?HEAD", "not a uri"])
async def test_documents_that_are_no_files_are_ignored(connect: Connect, uri: str) -> None:
    client = await connect()
    opened(client, uri, "def of_no_file(): pass\n")
    changed(client, uri, (None, "def of_no_file(): pass\n"))
    closed(client, uri)
    await client.sync()
    assert "of_no_file" not in await client.names("of_no_file")
    assert client.heard(types.WINDOW_SHOW_MESSAGE) == []


async def test_an_outline_shows_unsaved_text(connect: Connect, workspace: Path) -> None:
    client = await connect()
    uri = opened(client, workspace / "web/greeting.js", "/* \U0001f600 */ function unsaved() {}\n")
    (found,) = await client.ask("textDocument/documentSymbol", {"textDocument": {"uri": uri}})
    assert found["name"] == "unsaved"
    assert found["selectionRange"]["start"] == {"line": 0, "character": 18}


async def test_a_saved_file_is_seen_without_a_word_from_the_client(connect: Connect, workspace: Path) -> None:
    client = await connect()
    await client.sync()
    (workspace / "shop/store.py").write_text("def written_outside(): pass\n")
    await client.sync()
    assert await client.names("written_outside") == ["written_outside"]
    assert "open_store" not in await client.names("open_store")


@pytest.mark.parametrize("told", ["watched", "renamed"])
async def test_a_rename_is_seen(connect: Connect, workspace: Path, told: str) -> None:
    client = await connect()
    await client.sync()
    old, new = workspace / "shop/store.py", workspace / "shop/market.py"
    old.rename(new)
    if told == "watched":
        changes = [
            types.FileEvent(old.as_uri(), types.FileChangeType.Deleted),
            types.FileEvent(new.as_uri(), types.FileChangeType.Created),
        ]
        client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(changes))
    else:
        client.workspace_did_rename_files(
            types.RenameFilesParams([types.FileRename(old.as_uri(), new.as_uri())])
        )
    await client.sync()
    found = await client.search("open_store", mode="symbol")
    assert [item["location"]["uri"] for item in found] == [new.as_uri()]


async def test_created_and_deleted_files_are_seen(connect: Connect, workspace: Path) -> None:
    client = await connect()
    await client.sync()
    new = workspace / "shop/new.py"
    new.write_text("def just_created(): pass\n")
    client.workspace_did_create_files(types.CreateFilesParams([types.FileCreate(new.as_uri())]))
    await client.sync()
    assert await client.names("just_created") == ["just_created"]
    new.unlink()
    client.workspace_did_delete_files(types.DeleteFilesParams([types.FileDelete(new.as_uri())]))
    await client.sync()
    assert "just_created" not in await client.names("just_created")


async def test_folders_come_and_go(connect: Connect, workspace: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "far.py").write_text("def far_away(): pass\n")
    client = await connect()
    await client.sync()

    def folders(added: list[Path | str], removed: list[Path]) -> None:
        event = types.WorkspaceFoldersChangeEvent(
            [types.WorkspaceFolder(one if isinstance(one, str) else one.as_uri(), "x") for one in added],
            [types.WorkspaceFolder(one.as_uri(), "x") for one in removed],
        )
        client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))

    assert "far_away" not in await client.names("far_away")
    folders([other, "vscode-vfs://x/y"], [])
    await client.sync()
    assert await client.names("far_away") == ["far_away"]
    assert await client.names("open_store") == ["open_store"]
    assert "vscode-vfs://x/y" in (await client.until(types.WINDOW_SHOW_MESSAGE)).message
    folders([], [workspace])
    await client.sync()
    assert await client.names("far_away") == ["far_away"]
    assert "open_store" not in await client.names("open_store")
