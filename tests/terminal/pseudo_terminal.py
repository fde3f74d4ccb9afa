"""A pseudo-terminal of a given width: what a command shows on it, line by line."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.cells import cell_len

ROWS = 24
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")  # colours and movements of the cursor
REDRAWN = "\x1b[2K"  # erases the line: rich draws its progress so
# No credentials, and nobody on the network to ask for some.
NO_CREDENTIALS = {
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
LIGHT, DARK = {"COLORFGBG": "0;15"}, {"COLORFGBG": "15;0"}
ASCII = {"NO_COLOR": "1", "PYTHONIOENCODING": "ascii"}
DUMB = {"TERM": "dumb", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
MAY_SAY_OTHERWISE = (
    "NO_COLOR FORCE_COLOR COLUMNS LINES COLORFGBG TERM LC_ALL LANG PYTHONIOENCODING PYTHONUTF8"
).split()


@dataclass(frozen=True)
class Screen:
    """A terminal's width and what the environment says of it."""

    columns: int
    theme: Mapping[str, str]

    @property
    def is_ascii(self) -> bool:
        """Whether it takes nothing but ASCII."""
        return self.theme in (ASCII, DUMB)

    def __str__(self) -> str:
        return f"{self.columns}-" + "-".join(f"{k}={v}" for k, v in self.theme.items())


SCREENS = [Screen(80, DARK), Screen(120, LIGHT), Screen(80, ASCII), Screen(120, DUMB)]


@dataclass(frozen=True)
class Shown:
    """What a command wrote to its terminals."""

    code: int
    out: str
    err: str

    @property
    def last_line(self) -> str:
        """The last line of standard output, without colours."""
        return lines_of(self.out)[-1] if lines_of(self.out) else ""

    @property
    def last_error(self) -> str:
        """The last line of standard error that stays on the screen."""
        kept = [line.rpartition(REDRAWN)[2] for line in self.err.split("\n")]
        return (lines_of("\n".join(kept)) or [""])[-1]

    @property
    def widths(self) -> list[int]:
        """Columns of every line that was drawn over and over."""
        drawn = [one for one in re.split(r"[\r\n]", self.err) if REDRAWN in one]
        return [cell_len(CONTROL.sub("", one)) for one in drawn]

    @property
    def out_widths(self) -> list[int]:
        """Columns of every line of standard output."""
        return [cell_len(line) for line in lines_of(self.out)]


def lines_of(text: str) -> list[str]:
    """The lines of a text that are not empty, without colours."""
    lines = (CONTROL.sub("", line).strip("\r") for line in text.split("\n"))
    return [line for line in lines if line.strip()]


def show(words: list[str], screen: Screen, folder: Path) -> Shown:
    """Run `workbench` with its input, output and errors on terminals, in a folder."""
    return run_on([str(Path(sys.executable).parent / "workbench"), *words], screen, folder)


def run_on(command: list[str], screen: Screen, folder: Path) -> Shown:
    """Run a command with its input, output and errors on terminals, in a folder."""
    plain = {k: v for k, v in os.environ.items() if k not in MAY_SAY_OTHERWISE}
    plain = {k: v for k, v in plain.items() if not k.startswith("AWS_")}
    environ = (
        plain | {"TERM": "xterm-256color", "LANG": "C.UTF-8"} | NO_CREDENTIALS | dict(screen.theme)
    )
    terminals = [_open(screen.columns) for _ in range(2)]
    process = subprocess.Popen(
        command,
        stdin=terminals[0][1],
        stdout=terminals[0][1],
        stderr=terminals[1][1],
        cwd=folder,
        env=environ,
        start_new_session=True,
    )
    read: list[bytes] = [b"", b""]
    threads = []
    for number, (ours, theirs) in enumerate(terminals):
        os.close(theirs)
        threads.append(threading.Thread(target=_read, args=(ours, read, number)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    out, err = (one.decode().replace("\r\n", "\n") for one in read)
    return Shown(process.wait(), out, err)


def _open(columns: int) -> tuple[int, int]:
    """Both ends of a pseudo-terminal of this width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
    return ours, theirs


def _read(terminal: int, read: list[bytes], number: int) -> None:
    """All that comes out of a terminal, until its other end is closed."""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # Linux says so at the end; macOS gives nothing
            part = b""
        if not part:
            os.close(terminal)
            return
        read[number] += part
