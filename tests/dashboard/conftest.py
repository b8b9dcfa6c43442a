"""A site a test, and one Chromium a module; where the machine has none, tests that need it are skipped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.dashboard.browser import CHROMIUM, Served, chromium, served


@pytest.fixture
def site() -> Iterator[Served]:
    with served() as made:
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Playwright runs an event loop in this thread as long as it lives: no longer than the module, or other tests have none."""
    if CHROMIUM is None:
        pytest.skip("needs chromium (apt-get install chromium)")
    with chromium() as made:
        yield made
