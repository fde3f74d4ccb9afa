"""Plain terminals get plain letters, a reader that goes away no traceback, an OSError one line."""

import errno
import os
import subprocess
import sys

import pytest

from workbench.cli import app as cli
from workbench.cli.output import plain


def test_every_sign_has_a_plain_form():
    text = "1,000 items … → 5–6 % × 2 ≤ 3 − 1 µs Zürich ╭─╮│☃"
    assert plain(text) == "1,000 items ... -> 5-6 % x 2 <= 3 - 1 us Zurich +-+|?"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437"])
def test_a_stream_of_any_encoding_takes_every_sign(encoding):
    code = (
        "from workbench.cli.output import take_every_sign; take_every_sign();"
        "print('a … b → c'); import sys; print('│ −', file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": encoding},
        check=True,
    )
    plain_or_kept = done.stdout.decode(encoding).strip(), done.stderr.decode(encoding).strip()
    kept = {"ascii": "| -", "latin-1": "| -", "cp437": "│ -"}
    assert plain_or_kept == ("a ... b -> c", kept[encoding])


@pytest.mark.parametrize("words", [["prices", "show"], ["--help"], ["doctor"]])
def test_a_reader_that_goes_away_is_told_nothing(words):
    command = subprocess.Popen(
        [sys.executable, "-m", "workbench", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    command.stdout.close()
    assert command.stderr.read() == b""
    command.stderr.close()
    assert command.wait() == 1


@pytest.mark.parametrize(
    ("number", "line"),
    [
        (errno.ENOSPC, "No space left on device. Make room, then run the same command again."),
        (errno.EROFS, "Read-only file system. Name a folder that can be written."),
        (
            errno.EIO,
            "Input/output error. Look at the disk and the folder, then run the same command again.",
        ),
    ],
)
def test_what_the_system_refuses_is_one_line(monkeypatch, capsys, number, line):
    def refuse(**_):
        raise OSError(number, os.strerror(number), "results/runs/r")

    monkeypatch.setattr(cli, "app", refuse)
    with pytest.raises(SystemExit) as end:
        cli.main()
    captured = capsys.readouterr()
    assert (end.value.code, captured.out) == (1, "")
    assert captured.err == f"error: results/runs/r: {line}\n"
