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
_TEST_NAME = re.compile(
    r"test_[^/]*\.py$|conftest\.py$|.*(?:[._-](?:test|tests|spec)\.[^/.]+|_test\.[^/.]+|Tests?\.(?:java|kt|cs|swift|scala))$"
)
_FOREIGN_NAME = re.compile(r".*(?:[._](?:generated|gen|pb|min)\.[^/.]+|_pb2(?:_grpc)?\.pyi?|\.g\.[^/.]+)$")


def standing_of(path: str) -> int:
    """``OWN``, ``TEST`` or ``FOREIGN`` for a relative path, by the customs of the common languages."""
    folder, slash, name = path.rpartition("/")
    standing = _folder_standing(folder + slash)
    if standing == FOREIGN or _FOREIGN_NAME.match(name):
        return FOREIGN
    return TEST if standing == TEST or _TEST_NAME.match(name) else OWN


@lru_cache(maxsize=1 << 14)
def _folder_standing(folder: str) -> int:
    if _FOREIGN_FOLDER.search(folder):
        return FOREIGN
    return TEST if _TEST_FOLDER.search(folder) else OWN
