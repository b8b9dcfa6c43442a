"""The packages of a list (``packages.toml``), and what may be trained on: licences, and projects kept for evaluation."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

_PERMISSIVE = re.compile(
    r"(?:the )?(?:expat|mit(?!-0)|go|bsd|0bsd|apache|asl|isc|psf|python(?: software foundation)?|zlib|unlicen[sc]e|bsl-1|boost|cc0)\b",
    re.IGNORECASE,
)
_COPYLEFT = re.compile(r"gpl|mpl|mozilla|cddl|epl|eupl|artistic|sspl|busl|commons.clause", re.IGNORECASE)


def names(text: str) -> frozenset[str]:
    """The words of *text*."""
    return frozenset(text.split())


NEVER = names(
    # the repositories of the retrieval benchmark, by the names their packages and vendored copies go by
    "alamofire bash-it dapper jackson jackson-databind zig-clap newtonsoft newtonsoft.json exposed kotlinx-coroutines"
    " kotlinx.coroutines messagepack-csharp messagepack.csharp model2vec monolog absl abseil abseil-cpp aiohttp"
    " commons-lang commons-lang3 axios bats bats-core circe zod curl libcurl mini.nvim ecto plug httpx starlette express"
    " fastapi fmt fmtlib lazy.nvim gin gin-gonic chi go-chi gson guzzle guzzlehttp aeson http4s nlohmann nlohmann_json ktor"
    " illuminate laravel libuv uv telescope.nvim nvm pandoc click flask phoenix requests pydantic pydantic_core rack"
    " rails activerecord activesupport actionpack actionview activemodel activejob actionmailer railties redis-server"
    " redux serde serde_derive sinatra cobra axum tokio trpc cats vapor vitest xmonad ziglang zls semble"
)
"""Parts of paths and names of packages: evaluated on, so never trained on, copies inside other packages included."""


@dataclass(frozen=True, slots=True)
class Package:
    """One line of the list."""

    name: str
    version: str
    source: str
    """``pypi`` (the wheel), ``npm``, ``debian`` (the source package) or ``deb`` (the binary package)."""
    licence: str
    """As the package's own metadata has it."""
    language: str
    """What it was chosen for; files of other languages in it count as well."""

    @property
    def folder(self) -> str:
        """Its folder among the fetched ones."""
        return f"{self.source}-{self.name.replace('/', '+')}"


def read(path: Path) -> list[Package]:
    """The packages of the list at *path*, in the order of their folders."""
    with open(path, "rb") as source:
        rows = tomllib.load(source)["package"]
    return sorted((Package(**row) for row in rows), key=lambda package: package.folder)


def permissive(licence: str) -> bool:
    """Whether one of the alternatives of *licence* (SPDX, Debian's short names, classifiers) is on the list."""
    return any(
        _all_permissive(choice) for choice in re.split(r"\s+or\s+|\s*[/|]\s*", licence, flags=re.IGNORECASE)
    )


def _all_permissive(licence: str) -> bool:
    parts = [part.strip(" ()") for part in re.split(r"\s+and\s+|,|;", licence, flags=re.IGNORECASE)]
    parts = [part for part in parts if part]
    return bool(parts) and all(_PERMISSIVE.match(part) and not _COPYLEFT.search(part) for part in parts)
