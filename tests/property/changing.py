"""What may happen to a workspace, in any order: the rules that property tests over changes share."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from lsp_search.indexing import gramming
from lsp_search.workspace import Workspace

FILES = ("a.py", "b.py", "pkg/a.py", "pkg/c.go", "pkg/sub/d.ts", "other/e.c", "other/f.py")
CONTENTS = (
    b"",
    b"def alpha():\n    pass\n",
    b"class Gamma:\n    def alphabet(self): ...\n    def beta(self): ...\n",
    b"# no symbols\n",
    b"def b\xc3\xa9ta(): ...\ndef tail(): ...\n",
    b"\x00\x01binary",
    b"package main\n\nfunc Alpha() {}\n\ntype Gamma struct{ beta int }\n",
    b"int alpha_start(void) { return 0; }\nstruct gamma { int beta; };\n",
    b"export class Gamma { alpha() {} }\nexport function beta() {}\n",
    b"def latin\xe9(): ...\ndef alpha(): ...\n",
)

files = st.sampled_from(FILES)
contents = st.sampled_from(CONTENTS)
texts = st.sampled_from(
    [content.decode() for content in CONTENTS if content.isascii() and b"\0" not in content]
)


def examples(steps: int) -> settings:
    """As many runs as ``LSP_SEARCH_EXAMPLES`` says, of at most *steps* rules each."""
    return settings(
        max_examples=int(os.environ.get("LSP_SEARCH_EXAMPLES", "15")),
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


class Changing(RuleBasedStateMachine):
    """One workspace on real files, which are written, deleted, renamed and edited, and which is closed and opened again."""

    @initialize()
    def begin(self) -> None:
        gramming._FEW = 2  # a text index even of so few files
        self.folder = Path(tempfile.mkdtemp(prefix="lsp-search-"))
        self.root = self.folder / "root"
        self.root.mkdir()
        self.buffers: dict[str, str] = {}
        self.prepare()
        self.workspace = self.open(self.folder / "store")
        self.workspace.sync(60)

    def prepare(self) -> None:
        """Writes the files that are there from the start."""

    def made(self, store: Path) -> Workspace:
        """A workspace of the root that is not started yet."""
        raise NotImplementedError

    def open(self, store: Path) -> Workspace:
        workspace = self.made(store)
        workspace.start()
        for name, text in self.buffers.items():
            workspace.buffer_changed(str(self.root / name), text)
        return workspace

    def teardown(self) -> None:
        if hasattr(self, "workspace"):
            self.workspace.close()
            shutil.rmtree(self.folder)

    def path(self, name: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    @rule(name=files, content=contents)
    def write(self, name: str, content: bytes) -> None:
        if not self.path(name).is_dir():
            self.path(name).write_bytes(content)

    @rule(name=files)
    def delete(self, name: str) -> None:
        self.path(name).unlink(missing_ok=True)

    @rule(old=files, new=files)
    def rename(self, old: str, new: str) -> None:
        if self.path(old).is_file() and old != new:
            os.replace(self.path(old), self.path(new))

    @rule(name=files, text=texts)
    def edit_buffer(self, name: str, text: str) -> None:
        self.buffers[name] = text
        self.workspace.buffer_changed(str(self.path(name)), text)

    @precondition(lambda self: bool(getattr(self, "buffers", None)))
    @rule(data=st.data())
    def close_buffer(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.buffers)))
        del self.buffers[name]
        self.workspace.buffer_closed(str(self.root / name))

    @rule()
    def restart(self) -> None:
        self.workspace.close()
        self.workspace = self.open(self.folder / "store")
