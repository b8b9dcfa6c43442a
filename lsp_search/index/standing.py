"""How a file's place in the tree bears on its rank: own code before tests before generated and vendored."""

from __future__ import annotations

import re

OWN = 0
TEST = 1
FOREIGN = 2
"""Vendored or generated."""

_TEST = re.compile(
    r"(?:^|/)(?:tests?|testing|testdata|specs?|__tests__|fixtures?|mocks?|e2e|examples?|samples?|benchmarks?)/"
    r"|(?:^|/)(?:test_[^/]*|conftest)\.py$|[._-](?:test|tests|spec)\.[^/]+$|_test\.[^/]+$|Tests?\.(?:java|kt|cs|swift|scala)$",
    re.ASCII,
)
_FOREIGN = re.compile(
    r"(?:^|/)(?:vendor(?:ed)?|_vendor|third[_-]?party|3rdparty|external|externals|node_modules|site-packages|deps"
    r"|generated|gen|asic_reg|dist|build)/|[._](?:generated|gen|pb|min)\.[^/]+$|_pb2(?:_grpc)?\.pyi?$|\.g\.[^/]+$",
    re.ASCII,
)


def standing_of(path: str) -> int:
    """``OWN``, ``TEST`` or ``FOREIGN`` for a relative path, by the customs of the common languages."""
    if _FOREIGN.search(path):
        return FOREIGN
    return TEST if _TEST.search(path) else OWN
