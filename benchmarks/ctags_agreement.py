"""How much of what universal-ctags finds in a tree is found, by (name, line) and kind; and how fast.

    python benchmarks/ctags_agreement.py c path/to/linux --sample 2500 --seed 2 --misses 5

Prints recall by ctags' kinds, a few misses of each, and the speed of extraction alone (files already
read, one process). What ctags calls anonymous, and mentions it counts as tags, are left out.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

from lsp_search.languages.extract import ExtractionTimeout, extract
from lsp_search.languages.registry import language_of

CTAGS_NAMES = {
    "c": "C",
    "cpp": "C++",
    "go": "Go",
    "java": "Java",
    "javascript": "JavaScript",
    "python": "Python",
    "rust": "Rust",
    "typescript": "TypeScript",
}
MENTIONS = {"implementation", "unknown", "packageName"}
"""Kinds of ctags that name something defined elsewhere."""


def sample(root: Path, language: str, size: int, seed: int) -> list[tuple[str, bytes]]:
    files = []
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            if language_of(name) not in (language, "c") or os.path.islink(path):
                continue
            if os.path.getsize(path) <= 1 << 20:
                files.append(path)
    files.sort()
    random.Random(seed).shuffle(files)
    chosen: list[tuple[str, bytes]] = []
    for path in files:
        source = Path(path).read_bytes()
        if language_of(path, source[:8192]) == language:
            chosen.append((path, source))
            if len(chosen) == size:
                break
    return chosen


def ctags(language: str, paths: list[str]) -> dict[str, list[tuple[str, int, str]]]:
    with tempfile.NamedTemporaryFile("w", suffix=".list") as listing:
        listing.write("\n".join(paths))
        listing.flush()
        command = ["ctags", "--options=NONE", f"--language-force={CTAGS_NAMES[language]}"]
        command += ["--output-format=json", "--fields=+nK", "-L", listing.name, "-f", "-"]
        output = subprocess.run(command, capture_output=True, text=True, errors="replace", check=True).stdout
    tags = defaultdict(list)
    for line in output.splitlines():
        tag = json.loads(line)
        if not tag["name"].startswith("__anon") and tag["kind"] not in MENTIONS:
            tags[tag["path"]].append((tag["name"].replace(" ", ""), tag["line"], tag["kind"]))
    return tags


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("language", choices=sorted(CTAGS_NAMES))
    parser.add_argument("root", type=Path)
    parser.add_argument("--sample", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--misses", type=int, default=5)
    options = parser.parse_args()

    files = sample(options.root, options.language, options.sample, options.seed)
    extract(options.language, b"\n ")
    found: dict[str, set[tuple[str, int]]] = {}
    late = symbols = 0
    start = time.process_time()
    for path, source in files:
        try:
            result = extract(options.language, source)
        except ExtractionTimeout:
            late, result = late + 1, []
        symbols += len(result)
        found[path] = {(symbol.name.replace(" ", ""), symbol.line + 1) for symbol in result}
    seconds = time.process_time() - start
    megabytes = sum(len(source) for _, source in files) / 1e6
    print(f"{len(files)} files, {megabytes:.1f} MB, {symbols} symbols, {late} over the deadline")
    print(f"{len(files) / seconds * 60:.0f} files/min, {megabytes / seconds:.1f} MB/s of one process")

    total: Counter[str] = Counter()
    missed = defaultdict(list)
    for path, tags in ctags(options.language, [path for path, _ in files]).items():
        for name, line, kind in tags:
            total[kind] += 1
            if (name, line) not in found[path]:
                missed[kind].append(f"{path}:{line}: {name}")
    for kind, count in total.most_common():
        print(
            f"{kind:14} {count - len(missed[kind]):8} of {count:8}  {100 - 100 * len(missed[kind]) / count:6.2f}%"
        )
    choose = random.Random(options.seed)
    for kind, places in missed.items():
        for place in choose.sample(places, min(options.misses, len(places))):
            print(f"missed {kind}: {place}")


if __name__ == "__main__":
    main()
