"""Types that several threads read: what msgspec knows of them is there before the first message."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

# Two threads that make msgspec learn the same type at once crash the process; here one does, and whatever runs of it in
# Python is seen.
READ = """
import io, sys
from pathlib import Path
from lsp_search.indexing import wire
from lsp_search.insight.history import History, Row

def watch(frame, event, _):
    if event == "call" and Path(frame.f_code.co_filename).parent.name == "msgspec":
        print("learned late:", frame.f_code.co_name)

pipe = io.BytesIO()
messages = [
    wire.Job([wire.Task(1, b"/a", b"a")], 9),
    wire.Answer([wire.Outcome(1, "gone")], True),
    wire.Build("a", 1, [2], "b"),
    wire.Sketch("a", "b", 1, [2], "c", 9),
    wire.Built(),
]
for message in messages:
    wire.send(pipe, message)
pipe.seek(0)
history = History(Path(sys.argv[1]))
history.add(Row(60, queries=1))
sys.setprofile(watch)
read = [wire.receive(pipe, type(message)) for message in messages]
rows = history.rows()
sys.setprofile(None)
assert read == messages and len(rows) == 1
"""


def test_nothing_is_learned_of_a_type_while_it_is_read(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", READ, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
