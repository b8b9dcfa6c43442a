"""Random trees under random ignore files: the walk agrees with git, and one path's judgement with the walk."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lsp_search.files.rules import Rules
from lsp_search.files.walk import Found, Skipped, probe, walk
from lsp_search.settings import IndexSettings

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

SEGMENTS = st.sampled_from(["a", "b", "ab", "ba", "a.b", "b.a", ".a", "a b", "aab"])
PATHS = st.lists(SEGMENTS, min_size=1, max_size=4).map("/".join)
GLOBS = st.text(st.sampled_from("ab.*?[]!-/\\ ^:"), min_size=1, max_size=7)
SHAPES = st.sampled_from(
    ["*", "**", "/*", "*/", "**/", "a/**", "**/a", "a/**/b", "/a/**/", "*.b", "[!a]", "[^a]b", "[[:alpha:]]", "a[!x]b",
     "a?b", "\\a", "!a", "!/a", "!a/", "!*.b", "!**/b", "***", "a**b", "[]a]", "[a-]", "[b-a]", "a/*/b", "[^/]", "a[/]b", "#a", "a\\ "]
)  # fmt: skip
PATTERNS = st.lists(PATHS | GLOBS | SHAPES | PATHS.map("/{}".format) | PATHS.map("!{}/".format), max_size=6)
TREES = st.tuples(
    st.lists(PATHS, min_size=1, max_size=12, unique=True),
    st.dictionaries(st.sampled_from(["", "a/", "b/", "a/b/", "ab/"]), PATTERNS, max_size=3),
    PATTERNS,
)


@given(TREES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_like_git(tree: tuple[list[str], dict[str, list[str]], list[str]]) -> None:
    files, ignores, excludes = tree
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        environment = {**os.environ, "HOME": folder, "XDG_CONFIG_HOME": folder, "GIT_CONFIG_NOSYSTEM": "1"}
        subprocess.run(["git", "init", "-q", folder], check=True, env=environment)
        for path in files:
            if (
                not any((root / parent).is_file() for parent in Path(path).parents)
                and not (root / path).exists()
            ):
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text("")
        for where, patterns in ignores.items():
            if (root / where).is_dir():
                (root / where / ".gitignore").write_text("\n".join(patterns))
        (root / ".git/info/exclude").write_text("\n".join(excludes))
        listed = subprocess.run(
            ["git", "ls-files", "-z", "-co", "--exclude-standard"],
            cwd=folder, check=True, capture_output=True, env=environment,
        ).stdout  # fmt: skip
        rules = Rules(folder, IndexSettings(exclude=("/.git",)))
        judged = {item.path: item for item in walk(folder, rules)}

        found = {path for path, item in judged.items() if isinstance(item, Found)}
        assert found == {os.fsdecode(path) for path in listed.split(b"\0") if path}

        fresh = Rules(folder, IndexSettings(exclude=("/.git",)))
        for below in sorted(root.rglob("*"), reverse=True):
            name = below.relative_to(root).as_posix()
            if below.is_file():
                item = probe(folder, fresh, name)
                assert item is not None
                assert item == judged[item.path]
                assert item.path == name or isinstance(item, Skipped)
