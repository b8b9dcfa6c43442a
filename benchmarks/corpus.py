"""Where the source trees to measure come from: a path, or a name that is fetched once into a cache folder.

    python -m benchmarks.corpus django

prints the folder of a corpus, fetching it if need be. Corpora come from the package registries that this machine is set up
to use, by their ordinary clients (apt, pip), and stay in ``--corpora DIR``, ``LSP_SEARCH_CORPORA`` or the user's cache.
A tree that is already unpacked somewhere is simply named by its path.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

import platformdirs

from lsp_search.model import LspSearchError

DJANGO = "Django==5.2.8"
LINUX = "linux-source-6.1"


class NoCorpus(LspSearchError):
    """The corpus is not there and could not be fetched; the message says what to do."""


def default_folder() -> Path:
    """Where fetched corpora are kept: ``LSP_SEARCH_CORPORA``, else below the user's cache folder."""
    given = os.environ.get("LSP_SEARCH_CORPORA")
    return Path(given).expanduser() if given else platformdirs.user_cache_path("lsp-search") / "corpora"


def locate(name: str, folder: Path | None = None) -> Path:
    """The real path of the corpus *name*: a folder, or one of ``NAMES``, fetched into *folder* if it is not there.

    Raises NoCorpus.
    """
    path = Path(name).expanduser()
    if path.is_dir():
        return path.resolve()
    if name not in NAMES:
        raise NoCorpus(f"{name} is neither a folder nor a corpus; corpora are {', '.join(NAMES)}")
    target = (folder or default_folder()).resolve() / name
    if not target.is_dir():
        _fetch(name, target)
    return target


def is_linux(root: Path) -> bool:
    """Whether *root* is a tree of the Linux kernel, whose generated headers exceed the usual limit of a file's size."""
    return all((root / name).is_file() for name in ("MAINTAINERS", "Kbuild", "Kconfig"))


def _fetch(name: str, target: Path) -> None:
    """Fetches and unpacks beside *target*, then renames: the folder is either whole or absent."""
    target.parent.mkdir(parents=True, exist_ok=True)
    print(f"fetching {name} into {target.parent}", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=target.parent) as scratch:
        try:
            NAMES[name](Path(scratch)).rename(target)
        except (OSError, subprocess.CalledProcessError, tarfile.TarError, IndexError) as error:
            said = (
                error.stderr.decode(errors="replace").strip()
                if isinstance(error, subprocess.CalledProcessError)
                else ""
            )
            raise NoCorpus(
                f"{name} cannot be fetched ({said.splitlines()[-1] if said else error});"
                f" unpack it yourself and give its path, or put it at {target}"
            ) from error


def _linux(scratch: Path) -> Path:
    """Debian's package of the kernel's sources: an archive inside a package."""
    _command("apt-get", "download", LINUX, cwd=scratch)
    _command(
        "dpkg-deb",
        "-x",
        next(iter(scratch.glob("*.deb")), scratch / f"{LINUX}.deb"),
        scratch / "package",
        cwd=scratch,
    )
    return _unpacked(next((scratch / "package").rglob("linux-source-*.tar.*"), scratch), scratch)


def _django(scratch: Path) -> Path:
    """The source distribution: with tests and documentation, which the wheel lacks."""
    pip = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:")
    _command(*pip, "--dest", scratch, DJANGO, cwd=scratch)
    return _unpacked(next(scratch.glob("*.tar.gz"), scratch), scratch)


def _command(*command: str | Path, cwd: Path) -> None:
    if shutil.which(command[0]) is None:
        raise OSError(f"{command[0]} is not installed")
    subprocess.run(command, cwd=cwd, check=True, capture_output=True)


def _unpacked(archive: Path, scratch: Path) -> Path:
    """The one folder that *archive* holds."""
    target = scratch / "unpacked"
    with tarfile.open(archive) as packed:
        packed.extractall(target, filter="data")
    return next(path for path in target.iterdir() if path.is_dir())


NAMES: dict[str, Callable[[Path], Path]] = {"linux": _linux, "django": _django}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.corpus", description="Fetch a corpus; print its folder."
    )
    parser.add_argument("name", help=f"one of {', '.join(NAMES)}")
    parser.add_argument("--corpora", type=Path, metavar="DIR", help="where corpora are kept")
    options = parser.parse_args()
    try:
        print(locate(options.name, options.corpora))
    except NoCorpus as error:
        sys.exit(f"{parser.prog}: {error}")


if __name__ == "__main__":
    main()
