"""Rank statistics: against values worked out by hand or by others' programs, and against noise."""

from __future__ import annotations

import numpy as np
import pytest

from lsp_search.insight.history import Row
from lsp_search.insight.trends import LEVEL_Z, hours, shift, trend


def test_the_shift_is_the_median_of_all_differences() -> None:
    found = shift([1.0, 2.0, 4.0, 7.0, 9.0], now=2, before=3)  # 7 and 9 less 1, 2 and 4: 3 5 5 6 7 8
    assert found is not None
    assert found.size == 5.5


def test_mann_and_whitneys_z_of_values_without_memory() -> None:
    """U and its normal approximation as R has it: wilcox.test(recent, earlier, correct = FALSE)."""
    rng = np.random.default_rng(3)
    earlier, recent = rng.normal(0, 1, 4000), rng.normal(0.2, 1, 1000)
    found = shift([*earlier, *recent], now=1000, before=48)
    assert found is not None
    wins = (recent[:, None] > earlier[None, :]).sum()
    plain = (wins - 2_000_000) / np.sqrt(4_000_000 * 5001 / 12)
    assert found.z == pytest.approx(plain, rel=0.03)


def test_a_series_that_drifts_proves_less() -> None:
    rng = np.random.default_rng(4)
    steps = rng.normal(0, 0.1, 96)
    drifting = list(steps)
    for n in range(1, 96):
        drifting[n] += 0.9 * drifting[n - 1]
    moved = [value + (0.5 if n >= 72 else 0.0) for n, value in enumerate(drifting)]
    still = [value + (0.5 if n >= 72 else 0.0) for n, value in enumerate(steps)]
    few, many = shift(moved), shift(still)
    assert few is not None
    assert many is not None
    assert few.z < LEVEL_Z < many.z


def test_equal_values_are_no_shift() -> None:
    found = shift([5.0] * 100)
    assert found is not None
    assert (found.size, found.z) == (0, 0)


def test_too_few_values_say_nothing() -> None:
    assert shift([1.0] * 71) is None


def test_theil_and_sens_slope_is_not_moved_by_an_outlier() -> None:
    values = [2.0 * n for n in range(20)]
    values[7] = 1e9
    found = trend(range(20), values)
    assert found.slope == 2.0
    assert found.z > 4


def test_mann_and_kendalls_z_by_hand() -> None:
    """S = 4 of 6 pairs of four points; its variance is 4 * 3 * 13 / 18."""
    assert trend([0, 1, 2, 3], [1, 3, 2, 4]).z == pytest.approx(3 / np.sqrt(156 / 18))


def minute(number: int, p50: float = 5.0, count: int = 10, files: int = 0) -> Row:
    return Row(number * 60, count, modes={"symbol": (count, p50, 3 * p50)}, hit_rate=0.5, files=files)


def test_hours_are_those_with_enough_quiet_minutes_of_use() -> None:
    rows = [
        *(minute(n) for n in range(5)),
        *(minute(60 + n) for n in range(4)),
        *(minute(120 + n, files=5000) for n in range(60)),
        *(minute(180 + n, count=2) for n in range(20)),
    ]
    found = hours(rows)
    assert [hour.at for hour in found] == [0, 3 * 3600]
    assert found[0].p50_ms == {"symbol": 5.0}
    assert found[0].hit_rate == 0.5
    assert found[1].p50_ms == {}
