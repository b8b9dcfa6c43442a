"""Search by meaning and all three together, over small real trees."""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lsp_search.index import embeddings, segment_file
from lsp_search.model import Filter, Hit, LspSearchError, Mode, SearchRequest, SymbolKind
from lsp_search.settings import IndexSettings, SearchSettings, Settings
from lsp_search.workspace import Workspace

from ..conftest import Opener

FILES = {
    "net/uploads.py": '''"""Sending files to the bucket."""


class UploadError(Exception):
    """The bucket refused a file."""


def send_again(client, file, attempts=3):
    """Retries a failed upload with exponential backoff."""
    for attempt in range(attempts):
        try:
            return client.put(file)
        except UploadError:
            pause(2 ** attempt)
''',
    "net/sessions.go": """package net

// Session keeps the cookies of one visitor.
type Session struct{ cookies map[string]string }

// Expire forgets visitors that were not seen for an hour.
func (s *Session) Expire(now int) { delete(s.cookies, "id") }
""",
    "ui/colors.ts": """// Picks a readable text colour for a background.
export function contrast(background: string): string { return luminance(background) > 0.5 ? "black" : "white" }
export const PALETTE = ["red", "green"]
""",
    "tests/test_uploads.py": "def test_retries_a_failed_upload_with_backoff():\n    assert send_again(None, None)\n",
    "docs/uploads.md": "# Uploads\n\nA failed upload is tried three times.\n\n# Limits\n\nFiles up to a gigabyte.\n",
    "notes.txt": "connection reset by peer while talking to the bucket\n",
}

ALL = Filter()


@pytest.fixture
def shop(tmp_path: Path, opened: Opener) -> Workspace:
    root = tmp_path / "shop"
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return opened(root)


def hits(
    workspace: Workspace, query: str, mode: Mode = "semantic", wanted: Filter = ALL, limit: int = 20
) -> list[Hit]:
    return workspace.search(SearchRequest(query, mode, limit, wanted)).hits


def names(workspace: Workspace, query: str, mode: Mode = "semantic", wanted: Filter = ALL) -> list[str]:
    return [hit.name for hit in hits(workspace, query, mode, wanted)]


@pytest.mark.parametrize("mode", ["semantic", "hybrid", "auto"])
@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("where do we retry failed uploads?", "send_again"),
        ("how are old visitors forgotten", "Expire"),
        ("readable colour on a background", "contrast"),
        ("cookies of a visitor", "Session"),
    ],
)
def test_questions_find_the_code(shop: Workspace, query: str, mode: Mode, first: str) -> None:
    assert names(shop, query, mode)[0] == first


def test_a_typo_still_lands(shop: Workspace) -> None:
    assert names(shop, "retry failed uplaod with backof")[0] == "send_again"


def test_what_is_near_comes_first_among_equals(shop: Workspace, tmp_path: Path) -> None:
    root = tmp_path / "shop"
    for folder in ("one", "two"):
        (root / folder).mkdir()
        (root / folder / "tax.py").write_text('def rate(country):\n    """Looks up the value added tax."""\n')
    shop.sync(60)
    for folder in ("one", "two"):
        near = str(root / folder / "other.py")
        first = shop.search(SearchRequest("value added tax", "semantic", near=near)).hits[0]
        assert first.relative_path == f"{folder}/tax.py"


def test_code_comes_before_tests_and_prose_about_it(shop: Workspace) -> None:
    paths = [hit.relative_path for hit in hits(shop, "retry failed upload")]
    assert paths.index("net/uploads.py") < paths.index("docs/uploads.md")
    assert paths.index("net/uploads.py") < paths.index("tests/test_uploads.py")


def test_a_definition_comes_first(shop: Workspace) -> None:
    for query in ("Session", "UploadError", "upload error", "contrast"):
        assert names(shop, query, "hybrid")[0].lower().startswith(query.split()[0].lower())


def test_an_answer_shows_the_line_that_fits_best(shop: Workspace) -> None:
    hit = hits(shop, "exponential backoff")[0]
    assert (hit.name, hit.sources) == ("send_again", ("semantic",))
    assert "exponential backoff" in hit.snippet
    assert hit.snippet_line == 8
    assert (hit.line, hit.column) == (7, 4)


def test_scores_fall_and_ids_are_distinct(shop: Workspace) -> None:
    for mode in ("semantic", "hybrid"):
        found = hits(shop, "upload files to the bucket", mode)
        scores = [hit.score for hit in found]
        assert scores == sorted(scores, reverse=True)
        assert all(0 < score <= 1 for score in scores)
        assert len({hit.id for hit in found}) == len(found)


def test_a_line_as_it_stands_is_found_too(shop: Workspace) -> None:
    first = hits(shop, "connection reset by peer", "hybrid")[0]
    assert first.relative_path == "notes.txt"
    assert {"text", "semantic"} <= set(first.sources)


def test_a_symbol_without_a_chunk_is_found_too(shop: Workspace) -> None:
    found = hits(shop, "PALETTE", "hybrid")
    assert (found[0].name, found[0].sources) == ("PALETTE", ("symbol",))


@pytest.mark.parametrize("mode", ["semantic", "hybrid"])
@pytest.mark.parametrize(
    ("query", "paths"),
    [
        ("upload lang:python", {"net/uploads.py", "tests/test_uploads.py"}),
        ("upload path:net/", {"net/uploads.py", "net/sessions.go"}),
        ("upload path:net/ -path:sess", {"net/uploads.py"}),
        ("upload kind:class", {"net/uploads.py"}),
        ("bucket -connection path:*.txt", set()),
        ('"gigabyte" upload', {"docs/uploads.md"}),
        ("upload /^send_/", {"net/uploads.py"}),
        ("forget in:Session", {"net/sessions.go"}),
    ],
)
def test_filters(shop: Workspace, query: str, paths: set[str], mode: Mode) -> None:
    found = {hit.relative_path for hit in hits(shop, query, mode)}
    assert found <= paths if paths else not found
    assert found or not paths


def test_a_filter_of_the_request(shop: Workspace) -> None:
    wanted = Filter(kinds=(int(SymbolKind.FUNCTION),), languages=("typescript",))
    assert names(shop, "colour of the background", wanted=wanted) == ["contrast"]


@pytest.mark.parametrize("mode", ["semantic", "hybrid"])
@pytest.mark.parametrize("query", ["", "the", "?", "lang:python", "zzzzqqqq", "-upload", '""', "日本"])
def test_odd_questions_are_answered(shop: Workspace, query: str, mode: Mode) -> None:
    assert isinstance(hits(shop, query, mode), list)


def test_an_explanation_adds_up(shop: Workspace) -> None:
    answer = shop.search(SearchRequest("retry failed uploads", "hybrid", 5, explain=True))
    why = answer.hits[0].explanation
    assert why is not None
    assert {"words", "vectors"} <= {name for name, _ in why.parts}


def test_definitions_are_handed_over_first_and_stay_there(shop: Workspace) -> None:
    whole = shop.search(SearchRequest("upload error", "hybrid", 10))
    parts: list[list[Hit]] = []
    shop.clear_cache()  # what is kept is handed over at once
    rest = shop.search(SearchRequest("upload error", "hybrid", 10), on_part=parts.append)
    assert [hit.name for hit in parts[0]] == ["UploadError"]
    streamed = [hit for part in parts for hit in part] + rest.hits
    assert [hit.id for hit in streamed] == [hit.id for hit in whole.hits]


def test_unsaved_text_counts(shop: Workspace, tmp_path: Path) -> None:
    path = str(tmp_path / "shop/net/uploads.py")
    shop.buffer_changed(path, "def compress(image):\n    '''Shrinks a photograph before it is stored.'''\n")
    shop.sync(60)
    assert names(shop, "shrink a photograph")[0] == "compress"
    assert "send_again" not in names(shop, "retry failed upload")
    shop.buffer_closed(path)
    shop.sync(60)
    assert names(shop, "retry failed upload")[0] == "send_again"


def test_similar_code(shop: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "shop/net/uploads.py"
    found = shop.similar(str(path), 9, 5)
    assert found.mode == "semantic"
    assert found.hits[0].relative_path in ("net/uploads.py", "tests/test_uploads.py")
    assert "test_retries_a_failed_upload_with_backoff" in [hit.name for hit in found.hits[:3]]
    assert "send_again" not in [hit.name for hit in found.hits]


def test_what_is_not_indexed_is_like_nothing(shop: Workspace, tmp_path: Path) -> None:
    with pytest.raises(LspSearchError, match="no indexed code"):
        shop.similar(str(tmp_path / "shop/absent.py"), 0, 5)


def test_it_can_be_turned_off_and_on(shop: Workspace, tmp_path: Path) -> None:
    shop.configure(Settings(index=IndexSettings(semantic=False)))
    shop.sync(60)
    for mode in ("semantic", "hybrid"):
        with pytest.raises(LspSearchError, match=r"index\.semantic"):
            hits(shop, "retry failed upload", mode)
    assert names(shop, "send_again", "symbol") == ["send_again"]
    answer = shop.search(SearchRequest("retry failed upload", "auto"))
    assert answer.mode == "symbol"
    shop.configure(Settings())
    shop.sync(60)
    assert names(shop, "retry failed upload")[0] == "send_again"


def test_a_model_that_is_not_there_is_told(shop: Workspace, tmp_path: Path) -> None:
    shop.configure(Settings(search=SearchSettings(model=str(tmp_path))))
    for mode in ("semantic", "hybrid"):
        with pytest.raises(LspSearchError, match=r"search\.model: .* has no model\.onnx"):
            hits(shop, "retry failed upload", mode)
    assert names(shop, "send_again", "symbol") == ["send_again"]


def test_a_restart_needs_no_file_read_again(tmp_path: Path, opened: Opener, shop: Workspace) -> None:
    before = [hit.id for hit in hits(shop, "retry failed upload")]
    shop.close()
    again = opened(tmp_path / "shop", refresh=False)
    assert [hit.id for hit in hits(again, "retry failed upload")] == before


def test_vectors_of_another_table_are_made_anew(tmp_path: Path, opened: Opener, shop: Workspace) -> None:
    shop.settle()
    segments = [segment for snapshot in shop.snapshots for segment in snapshot.segments]
    assert all(segment.chunks.table[0] == embeddings.shipped().identity for segment in segments)
    path = tmp_path / "other.seg"
    segment_file.save(segments[0], path)
    segment_file.load(path)
    other = replace(segments[0], chunks=replace(segments[0].chunks, table=np.array([1], np.uint32)))
    segment_file.save(other, path)
    with pytest.raises(segment_file.BadSegment, match="another table"):
        segment_file.load(path)


def test_a_long_run_of_letters_is_asked_about_at_once(shop: Workspace) -> None:
    for word in ("x" * 60_000, "A" * 60_000, "xY_" * 20_000):
        assert isinstance(hits(shop, f"error at {word}", "hybrid"), list)


def test_lines_that_end_at_carriage_returns_count(shop: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "shop/mac.py"
    path.write_bytes(b"def one():\r    giraffe = 1\r\rdef two():\r    backoff = zebra\r")
    shop.sync(60)
    hit = hits(shop, "zebra backoff")[0]
    assert (hit.name, hit.snippet, hit.snippet_line) == ("two", "    backoff = zebra", 4)


def test_what_is_left_of_a_file_shows_lines_of_its_own(shop: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "shop/left.py"
    path.write_text("import giraffe\n\n\ndef feed():\n    giraffe.zebra_food()\n\n\nzebra = None\n")
    shop.sync(60)
    found = {
        hit.name: hit.snippet_line
        for hit in hits(shop, "giraffe zebra food")
        if hit.relative_path == "left.py"
    }
    assert found == {"feed": 4, "left.py": 0}


def test_a_pick_counts_in_what_is_handed_over_first(shop: Workspace, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / "shop" / folder).mkdir()
        (tmp_path / "shop" / folder / "policy.py").write_text("class RetryPolicy:\n    def wait(self): ...\n")
    shop.sync(60)
    before = hits(shop, "retry policy", "hybrid")[:2]
    assert [hit.name for hit in before] == ["RetryPolicy", "RetryPolicy"]
    for _ in range(3):
        shop.picked("retry policy", before[1].id, 1)
    shop.sync(60)
    parts: list[list[Hit]] = []
    shop.search(SearchRequest("retry policy", "hybrid"), on_part=parts.append)
    assert parts[0][0].id == before[1].id == hits(shop, "retry policy", "hybrid")[0].id


def test_a_result_in_no_chunk_explains_itself(shop: Workspace) -> None:
    hit = shop.search(SearchRequest("PALETTE", "hybrid", 1, explain=True)).hits[0]
    assert hit.explanation is not None
    assert [name for name, _ in hit.explanation.parts] == ["name"]


@pytest.mark.parametrize("limit", [-1, 0])
def test_no_results_are_asked_for(shop: Workspace, limit: int) -> None:
    for mode in ("semantic", "hybrid", "symbol"):
        assert hits(shop, "retry failed upload", mode, limit=limit) == []


def test_packed_symbols_of_another_form_are_read_again(
    tmp_path: Path, opened: Opener, shop: Workspace
) -> None:
    shop.close()
    [database] = (tmp_path / "store").rglob("*.sqlite3")
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE packed SET symbols = x'789c0102030405060708'")
        connection.commit()
    again = opened(tmp_path / "shop")
    assert names(again, "retry failed upload")[0] == "send_again"
    assert again.status().state == "ready"


def test_an_index_of_an_older_version_is_made_anew_and_its_picks_stay(
    tmp_path: Path, opened: Opener, shop: Workspace
) -> None:
    shop.picked("send", hits(shop, "send_again", "symbol")[0].id, 0)
    shop.sync(60)
    shop.close()
    [database] = (tmp_path / "store").rglob("*.sqlite3")
    with contextlib.closing(sqlite3.connect(database)) as connection:
        [(version,)] = connection.execute("PRAGMA user_version")
        connection.execute("UPDATE packed SET symbols = x'789c0102030405060708'")
        connection.execute(f"PRAGMA user_version = {version - 1}")
        connection.commit()
    again = opened(tmp_path / "shop")
    assert names(again, "retry failed upload")[0] == "send_again"
    assert [hit.name for hit in hits(again, "", "symbol")] == ["send_again"]
