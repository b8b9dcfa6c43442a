"""Fetches the packages of a list by name and version, checks their licences, and unpacks their sources.

    python -m tools.train_embeddings.fetch FOLDER [--packages LIST]

Packages come by the ordinary clients of their registries (pip, npm, apt-get) as these are set up on the machine. Each is
unpacked into ``FOLDER/sources/<source>-<name>``: texts of known languages only, without tests and vendored copies. A package
whose metadata names no licence of the list is left out and reported; so are the files which Debian's copyright file puts
under another one. A folder that is there is kept, so an interrupted run goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from email.parser import Parser
from fnmatch import translate
from pathlib import Path, PurePosixPath

from lsp_search.languages.filenames import EXTENSIONS
from tools.train_embeddings import packages
from tools.train_embeddings.packages import Package, names

_LIST = Path(__file__).with_name("packages.toml")
_LANGUAGES = names(
    "python javascript javascriptreact typescript typescriptreact go java rust ruby php c cpp csharp lua kotlin scala swift"
    " elixir haskell objective-c"
)
_SKIPPED = re.compile(
    r"_?vendor(?:ed)?|third_?party|3rd_?party|node_modules|externals?|extern|bundled?|submodules|deps|contrib|godeps|tests?"
    r"|testdata|testing|testsuite|__tests__|specs?|unittests?|fixtures|locales?|l10n|i18n|generated|migrations|debian",
    re.IGNORECASE,
)
_LARGEST = 400_000
_INSTALLED = re.compile(
    r"usr/(share/gocode/src|share/cargo/registry|share/php|lib/ruby/vendor_ruby|share|lib)/"
)
"""Where Debian puts sources."""


class Refused(Exception):
    """The package may not be used, or could not be had; the message says why."""


def fetch(package: Package, folder: Path) -> str:
    """Unpacks *package* below *folder* unless it is there; its licence. Raises Refused."""
    target = folder / "sources" / package.folder
    note = target / "LICENCE.json"
    if note.is_file():
        return str(json.loads(note.read_text())["licence"])
    if package.name.lower() in packages.NEVER:
        raise Refused("kept for evaluation")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as scratch:
        made = Path(scratch) / "made"
        made.mkdir()
        try:
            licence = _SOURCES[package.source](package, Path(scratch), made)
        except (
            OSError,
            subprocess.CalledProcessError,
            tarfile.TarError,
            zipfile.BadZipFile,
            EOFError,
        ) as error:
            said = getattr(error, "stderr", None) or str(error)
            raise Refused(f"not to be had: {said.strip().splitlines()[-1:] or error}") from error
        (made / "LICENCE.json").write_text(json.dumps({"licence": licence}))
        made.rename(target)
    return licence


def _run(*command: str, cwd: Path) -> None:
    subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True, timeout=900)


def _wanted(name: str, size: int) -> bool:
    path = PurePosixPath(name)
    if EXTENSIONS.get(path.suffix[1:]) not in _LANGUAGES or not 0 < size <= _LARGEST:
        return False
    parts = [part.lower() for part in path.parts]
    if any(_SKIPPED.fullmatch(part) for part in parts[:-1]) or name.endswith(
        (".min.js", ".d.ts", "_test.go", ".pb.go")
    ):
        return False
    return not packages.NEVER.intersection((*parts[:-1], path.stem.lower()))


def _keep(made: Path, name: str, data: bytes) -> None:
    target = made / PurePosixPath(name).relative_to("/") if name.startswith("/") else made / name
    if not target.resolve().is_relative_to(made.resolve()):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)


def _allowed(licence: str) -> str:
    if not packages.permissive(licence):
        raise Refused(f"licence {licence!r}")
    return licence


def _pypi(package: Package, scratch: Path, made: Path) -> str:
    pip = (
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--dest",
        str(scratch),
    )
    _run(*pip, f"{package.name}=={package.version}" if package.version else package.name, cwd=scratch)
    with zipfile.ZipFile(next(scratch.glob("*.whl"))) as wheel:
        metadata = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        licence = _allowed(_wheel_licence(wheel.read(metadata).decode("utf-8", "replace")))
        for entry in wheel.infolist():
            if _wanted(entry.filename, entry.file_size):
                _keep(made, entry.filename, wheel.read(entry))
    return licence


def _wheel_licence(metadata: str) -> str:
    headers = Parser().parsestr(metadata, headersonly=True)
    classified = [
        line.rpartition("::")[2].strip()
        for line in headers.get_all("Classifier", [])
        if "OSI Approved ::" in line
    ]
    written = str(headers.get("License-Expression") or "")
    short = str(headers.get("License") or "").strip()
    return written or " and ".join(classified) or (short if len(short) < 60 else short.splitlines()[0])


def _npm(package: Package, scratch: Path, made: Path) -> str:
    named = f"{package.name}@{package.version}" if package.version else package.name
    _run("npm", "pack", "--silent", "--ignore-scripts", named, cwd=scratch)
    licence = ""
    with tarfile.open(next(scratch.glob("*.tgz"))) as packed:
        for member in packed:
            inner = member.name.partition("/")[2]
            if inner == "package.json" and (source := packed.extractfile(member)):
                found = json.loads(source.read())
                stated = found.get("license") or found.get("licenses") or ""
                stated = stated[0] if isinstance(stated, list) and stated else stated
                licence = str(stated.get("type", "") if isinstance(stated, dict) else stated)
            elif member.isfile() and _wanted(inner, member.size) and (source := packed.extractfile(member)):
                _keep(made, inner, source.read())
    return _allowed(licence)


def _debian(package: Package, scratch: Path, made: Path) -> str:
    named = f"{package.name}={package.version}" if package.version else package.name
    _run("apt-get", "source", "--quiet", "--download-only", *_apt_options(scratch.parent), named, cwd=scratch)
    archives = sorted(path for path in scratch.iterdir() if ".tar." in path.name and path.suffix != ".asc")
    stanzas: list[tuple[str, list[str]]] = []
    for path in archives:
        for name, data in _members(path, lambda name, _: name.endswith("debian/copyright")):
            if name.count("/") <= 2:
                stanzas = list(_stanzas(data.decode("utf-8", "replace"))) or stanzas
    licence = next((licence for licence, globs in stanzas if "*" in globs), stanzas[0][0] if stanzas else "")
    _allowed(licence)
    bad = _matcher(glob for found, globs in stanzas if not packages.permissive(found) for glob in globs)
    for path in archives:
        for name, data in _members(path, _wanted):
            inner = name.removeprefix("./").partition("/")[2]
            if inner and not bad.match(inner):
                _keep(made, inner, data)
    return licence


def _deb(package: Package, scratch: Path, made: Path) -> str:
    """A binary package of a language whose packages are sources (Go, Rust, Ruby, PHP, …)."""
    named = f"{package.name}={package.version}" if package.version else package.name
    _run("apt-get", "download", "--quiet", named, cwd=scratch)
    tree = scratch / "tree"
    _run("dpkg-deb", "--extract", str(next(scratch.glob("*.deb"))), str(tree), cwd=scratch)
    written = tree / "usr/share/doc" / package.name / "copyright"
    stanzas = list(_stanzas(written.read_text("utf-8", "replace")))
    licence = next((licence for licence, globs in stanzas if "*" in globs), stanzas[0][0] if stanzas else "")
    _allowed(licence)
    bad = _matcher(f"*{glob}" for found, globs in stanzas if not packages.permissive(found) for glob in globs)
    for path in sorted(tree.rglob("*")):
        inner = _INSTALLED.sub("", path.relative_to(tree).as_posix())
        if not path.is_file() or path.is_symlink() or bad.match(inner):
            continue  # the patterns are those of the source package, whose root lies deeper here
        if _wanted(inner, path.stat().st_size):
            _keep(made, inner, path.read_bytes())
    return licence


def _apt_options(folder: Path) -> Iterable[str]:
    """Options for a state of apt of our own in *folder*, with the sources that the machine has, as sources of sources."""
    state = folder.resolve() / "apt"
    if not (state / "lists").is_dir():
        (state / "lists" / "partial").mkdir(parents=True)
        written = Path("/etc/apt/sources.list.d/debian.sources").read_text()
        (state / "sources.sources").write_text(
            re.sub(r"^Types:.*", "Types: deb-src", written, flags=re.MULTILINE)
        )
        (state / "parts").mkdir()
        (state / "sources.sources").rename(state / "parts" / "sources.sources")
        _run("apt-get", "update", *_state(state), cwd=folder)
    return _state(state)


def _state(state: Path) -> list[str]:
    return [
        "-o",
        f"Dir::State::lists={state}/lists",
        "-o",
        f"Dir::Etc::sourceparts={state}/parts",
        "-o",
        "Dir::Etc::sourcelist=/dev/null",
    ]


def _members(path: Path, wanted: object) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path, "r|*") as packed:
        for member in packed:
            if member.isfile() and callable(wanted) and wanted(member.name, member.size):
                source = packed.extractfile(member)
                if source:
                    yield member.name, source.read()


def _matcher(globs: Iterable[str]) -> re.Pattern[str]:
    """Matches what one of *globs* matches; nothing if there are none."""
    return re.compile("|".join(map(translate, globs)) or r"(?!)")


def _stanzas(copyright_file: str) -> Iterator[tuple[str, list[str]]]:
    """(licence, file patterns) of each ``Files`` stanza of a machine-readable copyright file."""
    for text in re.split(r"\n\s*\n(?=Files:)", copyright_file):
        found = re.search(r"^Files:((?:.|\n[ \t])*)", text, re.MULTILINE)
        licence = re.search(r"^Licen[sc]e:[ \t]*\n?[ \t]*(.+)", text, re.MULTILINE)
        if found and licence:
            yield licence[1].strip(), found[1].replace(",", " ").split()


_SOURCES = {"pypi": _pypi, "npm": _npm, "debian": _debian, "deb": _deb}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tools.train_embeddings.fetch", description=__doc__.split("\n")[0]
    )
    parser.add_argument("folder", type=Path, help="where downloads are unpacked")
    parser.add_argument("--packages", type=Path, default=_LIST, metavar="LIST")
    options = parser.parse_args()
    for tool in ("npm", "apt-get"):
        if shutil.which(tool) is None:
            sys.exit(f"{tool} is not installed")
    options.folder.mkdir(parents=True, exist_ok=True)
    for package in packages.read(options.packages):
        try:
            print(package.folder, fetch(package, options.folder), sep="\t", flush=True)
        except Refused as refusal:
            print(f"{package.folder}: left out: {refusal}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
