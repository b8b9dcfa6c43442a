"""How a file's place in the tree bears on its rank: own code before tests before generated and vendored."""

from __future__ import annotations

import re
from functools import lru_cache

OWN = 0
TEST = 1
FOREIGN = 2
"""Vendored or generated."""

_TEST_FOLDER = re.compile(
    r"(?:^|/)(?:tests?|testing|testdata|specs?|__tests__|fixtures?|mocks?|e2e|examples?|samples?|benchmarks?)/"
)
_FOREIGN_FOLDER = re.compile(
    r"(?:^|/)(?:vendor(?:ed)?|_vendor|third[_-]?party|3rdparty|external|externals|node_modules|site-packages|deps"
    r"|generated|gen|asic_reg|dist|build)/"
)
_GENERATED = (".g", *(f"{mark}{word}" for mark in "._" for word in ("generated", "gen", "pb", "min")))
_TESTS = tuple(f"{mark}{word}" for mark in "._-" for word in ("test", "tests", "spec"))
_TEST_CLASSES = frozenset({"java", "kt", "cs", "swift", "scala"})
"""Languages whose test files are named after their classes: ``ParserTest.java``."""


def standing_of(path: str) -> int:
    """``OWN``, ``TEST`` or ``FOREIGN`` for a relative path, by the customs of the common languages."""
    folder, slash, name = path.rpartition("/")
    standing = _folder_standing(folder + slash)
    return standing if standing == FOREIGN else max(standing, _name_standing(name))


def _name_standing(name: str) -> int:
    stem, _, extension = name.rpartition(".")
    if stem.endswith(_GENERATED) or (extension in ("py", "pyi") and stem.endswith(("_pb2", "_pb2_grpc"))):
        return FOREIGN
    if stem.endswith(_TESTS) or (extension == "py" and (stem.startswith("test_") or stem == "conftest")):
        return TEST
    return TEST if extension in _TEST_CLASSES and stem.endswith(("Test", "Tests")) else OWN


@lru_cache(maxsize=1 << 14)
def _folder_standing(folder: str) -> int:
    if _FOREIGN_FOLDER.search(folder):
        return FOREIGN
    return TEST if _TEST_FOLDER.search(folder) else OWN
