"""The settings of section ``lspSearch``: their types, defaults, and how a raw mapping becomes them.

One mapping of key paths serves every source (``initializationOptions``, ``workspace/configuration``,
``.lsp-search.toml``). Each key is checked alone: a wrong value is named in a message and replaced by
its default, so that one slip never loses the rest.
"""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any, Literal

import msgspec

PROJECT_FILE = ".lsp-search.toml"


class IndexSettings(msgspec.Struct, frozen=True, rename="camel"):
    """What is indexed, and with how much effort."""

    include: tuple[str, ...] = ()
    """Gitignore-style patterns; when set, only files they name are indexed."""
    exclude: tuple[str, ...] = ()
    """Gitignore-style patterns on top of the ignore files; ``!`` takes a built-in exclude back."""
    respect_gitignore: bool = True
    max_file_bytes: int = 1 << 20
    workers: int | Literal["auto"] = "auto"
    text: bool = True
    semantic: bool = True


class SearchSettings(msgspec.Struct, frozen=True, rename="camel"):
    limit: int = 200
    """The most results ``workspace/symbol`` returns."""
    learn: bool = True
    cache: bool = True
    """Whether answers are kept."""
    model: str = ""
    """A folder with a sentence model of the user's own, see ``search/rerank.py``."""


class WorkspaceSymbolSettings(msgspec.Struct, frozen=True, rename="camel"):
    enabled: bool = True


class MetricsSettings(msgspec.Struct, frozen=True, rename="camel"):
    enabled: bool = True
    interval_ms: int = 1000


class Settings(msgspec.Struct, frozen=True, rename="camel"):
    index: IndexSettings = IndexSettings()
    search: SearchSettings = SearchSettings()
    workspace_symbol: WorkspaceSymbolSettings = WorkspaceSymbolSettings()
    metrics: MetricsSettings = MetricsSettings()
    alerts: dict[str, float] = {}
    """Those thresholds of ``ALERTS`` that were set."""


ALERTS: dict[str, float] = {
    "p95Ms": 100.0,
    "textP95Ms": 1000.0,
    "semanticP95Ms": 1000.0,
    "slowdown": 0.05,
    "memoryBytes": float(2 << 30),
    "memoryHours": 8.0,
    "hitRate": 0.0,
    "hitRateFall": 0.15,
    "queueDepth": 1000.0,
    "overflows": 3.0,
    "failedFiles": 10.0,
}
"""Beyond what there is an alert: names, and thresholds where nothing is set; docs/alerts.md says what they mean."""

_LEAST = {
    "index.maxFileBytes": 1,
    "index.workers": 1,
    "search.limit": 1,
    "metrics.intervalMs": 50,
}
"""The smallest values that make sense, by key."""


def parse(*sources: dict[str, Any]) -> tuple[Settings, list[str]]:
    """Settings from raw mappings, later sources over earlier ones.

    Keys may be nested (``{"index": {"workers": 2}}``) or dotted (``{"index.workers": 2}``).
    Returns the settings and one message for each key that is unknown or has a wrong value.
    """
    raw: dict[str, Any] = {}
    problems: list[str] = []
    for source in sources:
        raw.update(_flatten(source))
    groups: dict[str, Any] = {}
    for group in msgspec.structs.fields(Settings):
        name = group.encode_name
        if name == "alerts":
            groups[group.name] = _alerts(raw, problems)
            continue
        kind = type(group.default)
        values: dict[str, Any] = {}
        for field in msgspec.structs.fields(kind):
            key = f"{name}.{field.encode_name}"
            if key in raw:
                value = _checked(key, raw.pop(key), field, problems)
                if value is not msgspec.UNSET:
                    values[field.name] = value
        groups[group.name] = kind(**values)
    problems += [f"lspSearch.{key} is not a setting of lsp-search; it is ignored" for key in raw]
    return Settings(**groups), problems


def _checked(key: str, value: Any, field: msgspec.structs.FieldInfo, problems: list[str]) -> Any:
    try:
        checked = msgspec.convert(value, field.type, strict=True)
    except msgspec.ValidationError as error:
        problems.append(f"lspSearch.{key}: {error}; the default {_shown(field.default)} is used")
        return msgspec.UNSET
    least = _LEAST.get(key)
    if least is not None and not isinstance(checked, str) and checked < least:
        problems.append(
            f"lspSearch.{key}: {checked} is below {least}; the default {_shown(field.default)} is used"
        )
        return msgspec.UNSET
    return checked


def _alerts(raw: dict[str, Any], problems: list[str]) -> dict[str, float]:
    alerts: dict[str, float] = {}
    for key in [key for key in raw if key.startswith("alerts.")]:
        value, name = raw.pop(key), key.removeprefix("alerts.")
        if name not in ALERTS:
            problems.append(f"lspSearch.{key} is not an alert (those are {', '.join(ALERTS)}); it is ignored")
        elif not isinstance(value, (int, float)) or isinstance(value, bool) or not value >= 0:
            problems.append(
                f"lspSearch.{key}: expected a number of 0 or more, got {value!r};"
                f" the default {ALERTS[name]:g} is used"
            )
        else:
            alerts[name] = _number(value)
    return alerts


def _number(value: float) -> float:
    """Large integers included."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _shown(value: Any) -> str:
    return msgspec.json.encode(value).decode()


_GROUPS = frozenset(field.encode_name for field in msgspec.structs.fields(Settings))


def _flatten(source: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in source.items():
        if key in _GROUPS and isinstance(value, dict):
            flat.update({f"{key}.{inner}": leaf for inner, leaf in value.items() if leaf is not None})
        elif value is not None and not (key in _GROUPS and value == []):
            flat[key] = value
    return flat


def project_file(root: Path) -> tuple[dict[str, Any], list[str]]:
    """The raw settings of ``.lsp-search.toml`` at *root*, and what is wrong with the file."""
    path = root / PROJECT_FILE
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return {}, []
    except (OSError, UnicodeDecodeError) as error:
        return {}, [f"{path} cannot be read ({error}); its settings are ignored"]
    try:
        return tomllib.loads(text), []
    except tomllib.TOMLDecodeError as error:
        return {}, [f"{path} is not valid TOML ({error}); its settings are ignored"]
