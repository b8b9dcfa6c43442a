"""Which paths belong: git's semantics (checked against git itself in test_walk_like_git), built-ins, settings."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lsp_search.files.rules import Rules
from lsp_search.model import SkipReason
from lsp_search.settings import IndexSettings


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without git configuration."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in ("XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL"):
        monkeypatch.delenv(name, raising=False)
    return folder


def rules(root: Path, **settings: object) -> Rules:
    return Rules(str(root), IndexSettings(**settings))  # type: ignore[arg-type]


def lay(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize(
    ("path", "is_dir", "expected"),
    [
        (".git", True, SkipReason.EXCLUDED),
        (".git", False, SkipReason.EXCLUDED),
        ("a/.hg", True, SkipReason.EXCLUDED),
        ("web/node_modules", True, SkipReason.EXCLUDED),
        ("web/node_modules/x/index.js", False, SkipReason.EXCLUDED),
        ("node_modules", False, None),
        ("a/__pycache__/b.pyc", False, SkipReason.EXCLUDED),
        (".venv/lib/x.py", False, SkipReason.EXCLUDED),
        ("jquery.min.js", False, SkipReason.EXCLUDED),
        ("app.js.map", False, SkipReason.EXCLUDED),
        ("lib/libbpf.map", False, None),
        (".env", False, SkipReason.EXCLUDED),
        (".env.local", False, SkipReason.EXCLUDED),
        (".env.example", False, None),
        ("keys/server.pem", False, SkipReason.EXCLUDED),
        ("id_rsa", False, SkipReason.EXCLUDED),
        ("id_ed25519.pub", False, SkipReason.EXCLUDED),
        ("id_utils.py", False, None),
        ("id_rsa_test.go", False, None),
        ("home/.aws/credentials", False, SkipReason.EXCLUDED),
        ("src/credentials", False, None),
        ("#main.c#", False, SkipReason.EXCLUDED),
        ("main.c~", False, SkipReason.EXCLUDED),
        (".DS_Store", False, SkipReason.EXCLUDED),
        (".github/workflows/ci.yml", False, None),
        (".clang-format", False, None),
        ("tools/build", True, None),
        ("drivers/target", True, None),
        ("dist", True, None),
        ("vendor/x.go", False, None),
        ("package-lock.json", False, None),
        ("", True, None),
    ],
)
def test_built_in_excludes(tmp_path: Path, path: str, is_dir: bool, expected: SkipReason | None) -> None:
    assert rules(tmp_path).verdict(path, is_dir) is expected


@pytest.mark.parametrize(
    ("folder", "sign", "text"),
    [
        ("target", "Cargo.toml", ""),
        ("target", "pom.xml", ""),
        ("build", "build.gradle.kts", ""),
        ("env3", "env3/pyvenv.cfg", ""),
        ("conda", "conda/conda-meta/history", ""),
        ("made", "made/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n# ..."),
    ],
)
def test_generated_folders_are_told_by_what_lies_beside_or_in_them(
    tmp_path: Path, folder: str, sign: str, text: str
) -> None:
    assert rules(tmp_path).verdict(folder, True) is None
    lay(tmp_path, **{sign: text})
    (tmp_path / folder).mkdir(exist_ok=True)
    assert rules(tmp_path).verdict(folder, True) is SkipReason.EXCLUDED
    assert rules(tmp_path).is_rule_file(sign) or sign.endswith("history")


@pytest.mark.parametrize(
    ("exclude", "path", "expected"),
    [
        (("generated/",), "a/generated/x.c", SkipReason.EXCLUDED),
        (("*.gen.ts",), "a/x.gen.ts", SkipReason.EXCLUDED),
        (("!node_modules",), "node_modules/a/b.js", None),
        (("!.env",), ".env", None),
        (("!*.log",), "x.log", None),
        (("docs/*", "!docs/keep.md"), "docs/keep.md", None),
        (("docs/*", "!docs/keep.md"), "docs/other.md", SkipReason.EXCLUDED),
        ((), "x.log", SkipReason.IGNORED),
    ],
)
def test_index_exclude_has_the_first_word(
    tmp_path: Path, exclude: tuple[str, ...], path: str, expected: SkipReason | None
) -> None:
    lay(tmp_path, **{".gitignore": "*.log\n"})
    assert rules(tmp_path, exclude=exclude).verdict(path, False) is expected


@pytest.mark.parametrize(
    ("include", "path", "is_dir", "expected"),
    [
        (("*.py",), "a/b.py", False, None),
        (("*.py",), "a/b.c", False, SkipReason.NOT_INCLUDED),
        (("*.py",), "a", True, None),
        (("src/",), "src/a/b.c", False, None),
        (("src/", "!src/old"), "src/old/b.c", False, SkipReason.NOT_INCLUDED),
        (("/services/one",), "services", True, None),
        (("/services/one",), "services/one/deep/x.go", False, None),
        (("/services/one",), "services/two", True, SkipReason.NOT_INCLUDED),
        (("/services/one",), "README.md", False, SkipReason.NOT_INCLUDED),
        (("src",), "src/node_modules/x.js", False, SkipReason.EXCLUDED),
    ],
)
def test_index_include(
    tmp_path: Path, include: tuple[str, ...], path: str, is_dir: bool, expected: SkipReason | None
) -> None:
    assert rules(tmp_path, include=include).verdict(path, is_dir) is expected


def test_ignore_files_below_one_another(tmp_path: Path) -> None:
    lay(
        tmp_path,
        **{
            ".gitignore": "*.log\n/top\nonly/\n",
            "sub/.gitignore": "!keep.log\n",
            "sub/.ignore": "!all.log\nnot.txt\n",
        },
    )
    judged = rules(tmp_path)
    for path, expected in {
        "a.log": SkipReason.IGNORED,
        "sub/a.log": SkipReason.IGNORED,
        "sub/keep.log": None,
        "sub/deep/keep.log": None,
        "sub/all.log": None,
        "sub/not.txt": SkipReason.IGNORED,
        "not.txt": None,
        "top": SkipReason.IGNORED,
        "sub/top": None,
        "only/sub/keep.log": SkipReason.IGNORED,
        "only": None,
    }.items():
        assert judged.verdict(path, False) is expected, path


def test_without_gitignore_the_ignore_file_and_built_ins_stay(tmp_path: Path) -> None:
    lay(tmp_path, **{".gitignore": "*.log\n", ".ignore": "*.tmp\n"})
    judged = rules(tmp_path, respect_gitignore=False)
    assert judged.verdict("a.log", False) is None
    assert judged.verdict("a.tmp", False) is SkipReason.IGNORED
    assert judged.verdict("node_modules", True) is SkipReason.EXCLUDED


def test_the_excludes_of_repository_and_user(tmp_path: Path, home: Path) -> None:
    lay(
        tmp_path,
        **{".git/info/exclude": "mine\n", ".git/config": "[core]\n\texcludesFile = ~/ignored # mine\n"},
    )
    lay(home, ignored="*.orig\n", **{".config/git/ignore": "*.unused\n"})
    judged = rules(tmp_path)
    assert judged.verdict("mine", False) is SkipReason.IGNORED
    assert judged.verdict("a.orig", False) is SkipReason.IGNORED
    assert judged.verdict("a.unused", False) is None
    (tmp_path / ".git/config").write_text("")
    assert rules(tmp_path).verdict("a.unused", False) is SkipReason.IGNORED


def test_a_root_inside_a_repository_obeys_the_ignore_files_above(tmp_path: Path) -> None:
    lay(
        tmp_path,
        **{".gitignore": "*.log\n/a/b/here\nb\n", ".git/info/exclude": "mine\n", "a/.gitignore": "!x.log\n"},
    )
    (tmp_path / "a/b").mkdir()
    judged = rules(tmp_path / "a/b")
    assert judged.verdict("y.log", False) is SkipReason.IGNORED
    assert judged.verdict("x.log", False) is None
    assert judged.verdict("here", False) is SkipReason.IGNORED
    assert judged.verdict("mine", False) is SkipReason.IGNORED
    assert judged.verdict("main.c", False) is None, "the user opened an ignored folder"


def test_a_repository_in_a_repository_begins_anew(tmp_path: Path) -> None:
    lay(tmp_path, **{".gitignore": "*.log\n", "sub/.git": "gitdir: ../real\n", "real/info/exclude": "mine\n"})
    judged = rules(tmp_path)
    assert judged.verdict("sub/a.log", False) is None
    assert judged.verdict("sub/mine", False) is SkipReason.IGNORED
    assert judged.verdict("mine", False) is None


def test_a_changed_rule_file_is_obeyed_after_invalidation(tmp_path: Path) -> None:
    lay(tmp_path, **{"sub/.gitignore": "a\n"})
    judged = rules(tmp_path)
    assert judged.verdict("sub/deep/a", False) is SkipReason.IGNORED
    lay(tmp_path, **{"sub/.gitignore": "b\n"})
    assert judged.is_rule_file("sub/.gitignore")
    judged.invalidate(judged.scope("sub/.gitignore"))
    assert judged.verdict("sub/deep/a", False) is None
    assert judged.verdict("sub/deep/b", False) is SkipReason.IGNORED


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        (".gitignore", ""),
        ("a/b/.ignore", "a/b"),
        (".git/info/exclude", ""),
        ("sub/.git/info/exclude", "sub"),
        ("x/pyvenv.cfg", "x"),
        ("a/main.c", None),
        ("info/exclude", None),
    ],
)
def test_what_a_rule_file_speaks_about(tmp_path: Path, path: str, scope: str | None) -> None:
    judged = rules(tmp_path)
    assert judged.is_rule_file(path) == (scope is not None)
    if scope is not None:
        assert judged.scope(path) == scope


def test_odd_ignore_files_are_survived(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_bytes(
        b"\xef\xbb\xbfbom\r\n[z-\n\\\n/\n!\n*\xff*\n*a*a*a*a*a*a*a*a*a*a*a*b\nspace\\ \n\0\n"
    )
    (tmp_path / "folder/.gitignore").mkdir(parents=True)
    judged = rules(tmp_path)
    assert judged.verdict("bom", False) is SkipReason.IGNORED
    assert judged.verdict("x\udcffy", False) is SkipReason.IGNORED
    assert judged.verdict("a" * 250, False) is None, "and at once"
    assert judged.verdict("space ", False) is SkipReason.IGNORED
    assert judged.verdict("folder/x", False) is None


def test_an_ignore_file_that_is_a_pipe_does_not_block(tmp_path: Path) -> None:
    subprocess.run(["mkfifo", str(tmp_path / ".gitignore")], check=True)
    assert rules(tmp_path).verdict("a", False) is None
