"""Text and regex search through the façade: what stands in the files now, best first."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lsp_search.model import Filter, Hit, InvalidQuery, Mode, SearchAnswer, SearchRequest
from lsp_search.search import lines
from lsp_search.settings import parse
from lsp_search.workspace import Workspace
from tests.conftest import SOURCES, Opener, wait_until


def ask(
    workspace: Workspace, query: str, mode: Mode = "text", limit: int = 100, **options: object
) -> SearchAnswer:
    near = options.pop("near", None)
    wanted = Filter(**options)  # type: ignore[arg-type]
    return workspace.search(
        SearchRequest(query, mode, limit, wanted, near=str(near) if near else None, explain=True)
    )


def places(answer: SearchAnswer) -> list[tuple[str, int]]:
    return [(hit.relative_path, hit.line) for hit in answer.hits]


def test_a_line_says_where_it_is_and_what_matches(tree: Path, opened: Opener) -> None:
    (hit,) = ask(opened(tree), "rpm; }").hits
    assert (hit.relative_path, hit.line, hit.column, hit.end_column) == ("core/engine.c", 0, 20, 26)
    assert (hit.name, hit.kind, hit.sources, hit.language) == ("rpm; }", None, ("text",), "c")
    assert (hit.snippet, hit.snippet_line) == ("struct engine { int rpm; };", 0)
    assert hit.matches == ((20, 26),)
    answer = ask(opened(tree), "user", "regex")
    assert answer.mode == "regex"
    assert not answer.is_incomplete


def test_matches_are_counted_in_characters(tree: Path, opened: Opener) -> None:
    (tree / "n.txt").write_text("Ünïcödé naïve naïve\r\n", newline="")
    (hit,) = ask(opened(tree), "naïve").hits
    assert hit.snippet == "Ünïcödé naïve naïve"
    assert hit.matches == ((8, 13), (14, 19))
    assert hit.column == len("Ünïcödé ".encode())
    assert not hit.ascii_line


def test_of_a_long_line_the_part_that_matches_is_shown(tree: Path, opened: Opener) -> None:
    (tree / "min.js").write_text("x" * 5000 + "needle" + "y" * 5000)
    (hit,) = ask(opened(tree), "needle").hits
    ((start, end),) = hit.matches
    assert len(hit.snippet) < 300
    assert hit.snippet[start:end] == "needle"
    assert hit.column == 5000


def test_the_order(tree: Path, opened: Opener) -> None:
    (tree / "app" / "ranking.py").write_text("unrank = 1\n\ndef rank(x):\n    return x.ranked, rank\n")
    (tree / "tests").mkdir()
    (tree / "tests" / "t.py").write_text("rank(2)\n")
    answer = ask(opened(tree), "rank")
    assert places(answer) == [
        ("app/ranking.py", 2),
        ("app/ranking.py", 3),
        ("tests/t.py", 0),
        ("app/ranking.py", 0),
    ]
    scores = [hit.score for hit in answer.hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)
    first = answer.hits[0].explanation
    assert first is not None
    assert ("a definition", 16) in first.parts
    assert first.points == sum(points for _, points in first.parts)


def test_what_is_near_comes_first(tree: Path, opened: Opener) -> None:
    for name in ("a/x.txt", "b/y.txt", "b/z.txt"):
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_text("the same\n")
    workspace = opened(tree)
    assert [path for path, _ in places(ask(workspace, "the same"))] == ["a/x.txt", "b/y.txt", "b/z.txt"]
    near = ask(workspace, "the same", near=tree / "b" / "z.txt")
    assert [path for path, _ in places(near)] == ["b/z.txt", "b/y.txt", "a/x.txt"]


def test_filters_case_and_whole_words(tree: Path, opened: Opener) -> None:
    workspace = opened(tree)
    paths = {path for path, _ in places(ask(workspace, "user"))}
    assert paths == {"app/models.py", "app/views.py", "web/client.ts", "README.md"}
    assert {path for path, _ in places(ask(workspace, "user", languages=("python",)))} == {
        "app/models.py",
        "app/views.py",
    }
    assert {path for path, _ in places(ask(workspace, "user", paths=("web/",)))} == {"web/client.ts"}
    assert "README.md" not in {path for path, _ in places(ask(workspace, "user", exclude_paths=("*.md",)))}
    assert places(ask(workspace, "user", case_sensitive=True)) == [("app/views.py", 3)]
    assert ("app/models.py", 5) not in [
        place
        for place in places(ask(workspace, "UserGroup", whole_words=True, case_sensitive=True))
        if place[1] != 5
    ]
    assert places(ask(workspace, "Client", whole_words=True)) == []


@pytest.mark.parametrize("typed", ["e", "id", "rpm"])
def test_short_queries_are_answered_in_full(tree: Path, opened: Opener, typed: str) -> None:
    wanted = {
        (path.relative_to(tree).as_posix(), number)
        for path in tree.rglob("*")
        if path.is_file()
        for number, line in enumerate(path.read_text().splitlines())
        if typed in line.lower()
    }
    assert set(places(ask(opened(tree), typed))) == wanted


def test_lines_and_files_are_counted(tree: Path, opened: Opener) -> None:
    workspace = opened(tree)
    answer = ask(workspace, "user", limit=2)
    everything = ask(workspace, "user")
    assert (answer.lines, answer.files) == (everything.lines, everything.files)
    assert everything.lines == len(everything.hits)
    assert everything.files == len({hit.relative_path for hit in everything.hits})
    assert workspace.search(SearchRequest("user", "symbol")).lines is None


def test_the_limit_cuts_after_ranking(tree: Path, opened: Opener) -> None:
    (tree / "many.txt").write_text("".join(f"line {number} with words\n" for number in range(3000)))
    workspace = opened(tree)
    answer = ask(workspace, "with words", limit=5)
    assert (len(answer.hits), answer.is_incomplete) == (5, True)
    assert len(ask(workspace, "with words", limit=5000).hits) == 3000
    assert not ask(workspace, "with words", limit=5000).is_incomplete


def test_unsaved_text_wins_and_the_disk_is_never_stale(tree: Path, opened: Opener) -> None:
    workspace = opened(tree)
    path = tree / "app" / "views.py"
    workspace.buffer_changed(str(path), "unsaved_text = 1\n")
    workspace.sync(60)
    assert places(ask(workspace, "unsaved_text")) == [("app/views.py", 0)]
    assert places(ask(workspace, "def list_users")) == []
    workspace.buffer_closed(str(path))
    workspace.sync(60)
    assert places(ask(workspace, "unsaved_text")) == []
    assert places(ask(workspace, "def list_users")) == [("app/views.py", 3)]
    path.write_text(
        "\n\n\n# moved\ndef list_users(): pass\n"
    )  # and no sync: the index knows nothing of it yet
    assert places(ask(workspace, "def list_users")) == [("app/views.py", 4)]
    path.unlink()
    assert places(ask(workspace, "def list_users")) == []


def test_several_texts_must_all_stand_in_a_file(tree: Path, opened: Opener) -> None:
    (tree / "near.txt").write_text("alpha one\n\nbeta two\n" + "\n" * 40 + "alpha\n")
    (tree / "one.txt").write_text("alpha Beta gamma\n")
    (tree / "only.txt").write_text("alpha\nalpha\n")
    workspace = opened(tree)
    answer = ask(workspace, '"alpha" beta', "auto")
    assert answer.mode == "text"
    assert places(answer) == [("one.txt", 0), ("near.txt", 0), ("near.txt", 2), ("near.txt", 43)]
    assert answer.hits[0].matches == ((0, 5), (6, 10))
    parts = [part for hit in answer.hits[:2] for part in (hit.explanation.parts if hit.explanation else ())]
    assert ("2 of the texts", 6) in parts
    assert ("1 more within 3 lines", 3) in parts
    assert places(ask(workspace, '"alpha" Beta', "auto")) == [("one.txt", 0)]
    assert places(ask(workspace, '"alpha" "beta" -gamma', "auto")) == places(answer)[1:]
    assert places(ask(workspace, '"alpha" -"one" path:near', "auto")) == [("near.txt", 43)]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("x*", [0, 1, 2, 3]),
        ("^", [0, 1, 2, 3]),
        ("^$", [1]),
        (r"\A", [0]),
        (r"two\z", [3]),
        (r"(?:\z|$)", [0, 1, 2, 3]),
        (r"(?-m)^\w", [0]),
    ],
)
def test_expressions_that_match_nothing_much(
    tmp_path: Path, opened: Opener, typed: str, found: list[int]
) -> None:
    root = tmp_path / "lines"
    root.mkdir()
    (root / "ascii.txt").write_text("one\n\nno two\ntwo")
    (root / "wide.txt").write_text("öne\n\nnö two\ntwo")
    (root / "zero.txt").write_text("")
    wanted = {(name, line) for name in ("ascii.txt", "wide.txt") for line in found}
    answer = ask(opened(root), typed, "regex")
    assert len(answer.hits) == len(wanted)
    assert set(places(answer)) == wanted


def test_a_large_file_full_of_matches_is_found(tmp_path: Path, opened: Opener) -> None:
    root = tmp_path / "large"
    root.mkdir()
    block = "needle " + "x" * 93 + "\n"
    for number in range(150):
        (root / f"small{number:03}.txt").write_text(f"{number}\n")
    for name, count in (("big.txt", (1 << 20) // len(block)), ("middle.txt", 3000)):
        (root / name).write_text(block * count)
    (root / "sparse.txt").write_text("hay\n" * 100_000 + block + "hay\n" * 100_000)
    workspace = opened(root)
    workspace.settle()
    assert workspace.stats()["index"]["textFiles"] == 153  # type: ignore[index]
    for typed, mode in (("needle", "text"), (r"needle \w", "regex")):
        answer = ask(workspace, typed, mode, 20_000)  # type: ignore[arg-type]
        assert answer.lines == (1 << 20) // len(block) + 3000 + 1


def test_lines_that_are_left_out_do_not_count(tree: Path, opened: Opener) -> None:
    (tree / "many.txt").write_text("alpha bad\n" * 1500 + "alpha good\n")
    answer = ask(opened(tree), '"alpha" -"bad"', "auto")
    assert places(answer) == [("many.txt", 1500)]
    assert not answer.is_incomplete


@pytest.mark.parametrize(
    ("typed", "mode", "found"),
    [
        ("x-x", "text", [2]),
        ("foo bar|foo", "regex", [0]),
        ("foo|foobar", "regex", [0, 1]),
        ("é|éa", "regex", [3]),
        ("FOO", "text", []),
        ("oo", "text", []),
        ("-", "text", [2]),
    ],
)
def test_whole_words_are_looked_for_everywhere(
    tree: Path, opened: Opener, typed: str, mode: Mode, found: list[int]
) -> None:
    (tree / "words.txt").write_text("foo bars\nfoobar\nax-x-x -\néa éb\n")
    answer = ask(opened(tree), typed, mode, whole_words=True, paths=("words",))
    assert [line for _, line in places(answer)] == found


def test_brackets_in_brackets(tree: Path, opened: Opener) -> None:
    (tree / "n.txt").write_text("é (x [1\n")
    (hit,) = ask(opened(tree), r"[({[]\w", "regex", paths=("n.txt",)).hits
    assert hit.matches == ((2, 4), (5, 7))


def test_a_search_that_reads_every_file_says_so(tree: Path, opened: Opener) -> None:
    for number in range(150):
        (tree / f"file{number:03}.txt").write_text(f"this is number {number:03}\n")
    workspace = opened(tree)
    wait_until(lambda: workspace.stats()["index"]["textFiles"] == 155)  # type: ignore[index]
    assert not ask(workspace, "number 077").scanned
    assert not ask(workspace, r"is number \d+7", "regex").scanned
    assert not ask(workspace, r"(number|nummer) \d+7", "regex").scanned
    assert ask(workspace, r"(number|nr) \d+7", "regex").scanned
    assert ask(workspace, r"\w{5}7", "regex").scanned
    assert ask(workspace, "077").scanned


def test_a_search_ends_when_its_time_is_over(tree: Path, opened: Opener) -> None:
    for number in range(400):
        (tree / f"file{number:03}.txt").write_text(f"this is number {number:03}\n")
    workspace = opened(tree)
    answer = workspace.search(SearchRequest(r"\w \w", "regex", 1000, seconds=0.0))
    assert answer.is_incomplete
    assert 0 < len(answer.hits) < 400
    assert not workspace.search(SearchRequest(r"\w \d", "regex", 1000, seconds=60.0)).is_incomplete


def test_a_wrong_expression_is_told(tree: Path, opened: Opener) -> None:
    with pytest.raises(InvalidQuery, match="missing") as caught:
        ask(opened(tree), "user(", "regex")
    assert caught.value.position == 4
    assert places(ask(opened(tree), "user(", "text")) == [("web/client.ts", 1)]


def tall(tree: Path, count: int = 150) -> None:
    """Enough files for the text index to be worth its while."""
    for number in range(count):
        (tree / f"file{number:03}.txt").write_text(f"some words and number {number:03}\n")


def text_files(workspace: Workspace) -> int:
    return int(workspace.stats()["index"]["textFiles"])  # type: ignore[index]


def test_the_text_index_answers_like_a_scan(tree: Path, opened: Opener) -> None:
    tall(tree)
    workspace = opened(tree)
    workspace.settle()
    assert text_files(workspace) == 155
    assert places(ask(workspace, "number 077")) == [("file077.txt", 0)]
    (tree / "file077.txt").write_text("changed\n")
    (tree / "file078.txt").write_text("also number 077\n")
    (tree / "new.txt").write_text("new number 077\n")
    (tree / "file079.txt").unlink()
    workspace.files_changed(
        [str(tree / name) for name in ("file077.txt", "file078.txt", "file079.txt", "new.txt")]
    )
    workspace.sync(60)
    assert set(places(ask(workspace, "number 077"))) == {("file078.txt", 0), ("new.txt", 0)}
    assert places(ask(workspace, "number 079")) == []


def test_what_stands_where_survives_a_merge(
    tree: Path, opened: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lsp_search.indexing.gramming._FEW", 2)
    monkeypatch.setattr("lsp_search.indexing.gramming._SEGMENTS", 1)
    tall(tree, 6)
    workspace = opened(tree)
    workspace.settle()
    # A segment of later files that is smaller than that of earlier ones comes first when the two are merged; an earlier
    # file that no segment knows any more comes after both.
    for number in (6, 7, 8):
        (tree / f"file{number:03}.txt").write_text(f"some words and number {number:03}\n")
    (tree / "file001.txt").write_text("changed, with number 001\n")
    workspace.files_changed([str(tree / f"file{number:03}.txt") for number in (1, 6, 7, 8)])
    workspace.sync(60)
    workspace.settle()
    assert len(list((tmp_path / "store").rglob("*.grams"))) == 1
    assert text_files(workspace) == len(SOURCES) + 9
    for number in range(9):
        assert places(ask(workspace, f"number {number:03}")) == [(f"file{number:03}.txt", 0)]
    for source in SOURCES:
        assert source in {path for path, _ in places(ask(workspace, SOURCES[source].splitlines()[0]))}


def test_a_few_files_are_worth_an_index_when_they_are_large(
    tree: Path, opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = opened(tree)
    monkeypatch.setattr("lsp_search.indexing.gramming._FEW_BYTES", 100_000)
    (tree / "small.txt").write_text("text " * 1000)
    workspace.sync(60)
    workspace.settle()
    assert workspace.stats()["index"]["textFiles"] == 0  # type: ignore[index]
    (tree / "large.txt").write_text("text " * 100_000)
    wait_until(lambda: workspace.stats()["index"]["textFiles"] == 7)  # type: ignore[index]


def test_the_text_index_comes_back_warm_and_is_mended(tree: Path, opened: Opener, tmp_path: Path) -> None:
    tall(tree)
    first = opened(tree)
    first.settle()
    first.close()
    (file,) = (tmp_path / "store").rglob("*.grams")
    again = opened(tree)
    assert text_files(again) == 155
    again.close()
    file.write_bytes(file.read_bytes()[:5000])
    mended = opened(tree)
    assert places(ask(mended, "number 077")) == [("file077.txt", 0)]
    mended.settle()
    assert text_files(mended) == 155
    assert places(ask(mended, "number 077")) == [("file077.txt", 0)]


def test_without_a_text_index_the_files_are_read(tree: Path, opened: Opener, tmp_path: Path) -> None:
    tall(tree)
    settings, problems = parse({"index.text": False})
    assert problems == []
    workspace = opened(tree, settings=settings)
    workspace.settle()
    assert text_files(workspace) == 0
    assert not list((tmp_path / "store").rglob("*.grams"))
    assert places(ask(workspace, "number 077")) == [("file077.txt", 0)]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs a file that cannot be read")
def test_a_file_that_cannot_be_read_any_more_is_left_out(tree: Path, opened: Opener) -> None:
    workspace = opened(tree)
    (tree / "app" / "views.py").chmod(0)
    assert places(ask(workspace, "list_users")) == []


def test_other_encodings_are_searched_as_text(tree: Path, opened: Opener) -> None:
    (tree / "wide.txt").write_bytes("\ufeffwide naïve text\n".encode("utf-16-le"))
    (tree / "latin.txt").write_bytes("caf\xe9 au lait, d\xe9j\xe0 vu\n".encode("latin-1"))
    (tree / "mark.txt").write_bytes(b"\xef\xbb\xbffirst word\n")
    workspace = opened(tree)
    assert places(ask(workspace, "naïve text")) == [("wide.txt", 0)]
    assert places(ask(workspace, "café au")) == [("latin.txt", 0)]
    assert ask(workspace, "^first", "regex").hits[0].column == 0


@pytest.mark.parametrize("limit", [3, 7, 100])
def test_lines_are_handed_over_as_they_are_found(
    tree: Path, opened: Opener, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(10):
        (tree / f"part{number}.txt").write_text("a needle\n" + ("needles\n" if number % 2 else ""))
    workspace = opened(tree)
    whole = places(ask(workspace, "needle"))
    assert len(whole) == 15
    monkeypatch.setattr(lines, "_PART_SECONDS", -1.0)  # every time there is something
    parts: list[list[Hit]] = []
    answer = workspace.search(SearchRequest("needle", "text", limit), on_part=parts.append)
    assert len(parts) > 1
    handed = [hit for part in [*parts, answer.hits] for hit in part]
    assert len(handed) == min(limit, 15)
    assert {(hit.relative_path, hit.line) for hit in handed} <= set(whole)
    assert answer.is_incomplete == (limit < 15)
    scores = [hit.score for hit in handed]
    assert scores == sorted(scores, reverse=True)
    assert len({hit.id for hit in handed}) == len(handed)


def test_a_damaged_text_index_is_found_out(tree: Path, opened: Opener, tmp_path: Path) -> None:
    tall(tree)
    first = opened(tree)
    first.settle()
    first.close()
    (file,) = (tmp_path / "store").rglob("*.grams")
    raw = file.read_bytes()
    file.write_bytes(raw[:8192] + bytes(len(raw) - 8192))  # nothing can be anywhere
    said: list[str] = []
    mended = opened(tree, on_message=lambda _level, text: said.append(text))
    wait_until(lambda: places(ask(mended, "number 077")) == [("file077.txt", 0)])
    assert any("is damaged and is being rebuilt" in text for text in said)
    mended.settle()
    assert text_files(mended) == 155
    assert places(ask(mended, "number 077")) == [("file077.txt", 0)]
