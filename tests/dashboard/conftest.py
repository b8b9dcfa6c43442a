"""A site a test, and one Chromium for all of them; without one (the tests' machine has none) they are skipped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.dashboard.browser import CHROMIUM, Served, chromium, served


@pytest.fixture
def site() -> Iterator[Served]:
    with served() as made:
        yield made


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("needs chromium (apt-get install chromium)")
    with chromium() as made:
        yield made
