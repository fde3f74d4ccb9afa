"""Temporary files and folders that belong to their process, and files that are written whole.

Beside each lies `<name>.lock`, locked by its process for as long as that lives, however it ends.
So what a killed process has left is known for sure: the next start clears it, and nothing of a
living process is touched, be it on another machine that shares the folder.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path
from secrets import token_hex

OURS = ".tmp-"  # in our own folders nothing else begins like this
LOCK = ".lock"


@contextmanager
def temporary(parent: Path, prefix: str = OURS) -> Iterator[Path]:
    """A path under `parent` for a new file or folder; what is there in the end is removed."""
    parent.mkdir(parents=True, exist_ok=True)
    path, lock = _locked(parent, prefix)
    try:
        yield path
    finally:
        _remove(path)
        with suppress(OSError):
            os.unlink(f"{path}{LOCK}")
        os.close(lock)


@contextmanager
def temporary_folder(parent: Path, prefix: str = OURS) -> Iterator[Path]:
    """A new folder that only its user can open; those of dead processes are cleared first."""
    clear_left(parent, prefix)
    with temporary(parent, prefix) as folder:
        folder.mkdir(mode=0o700)
        yield folder


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Where to write a file that then takes its place: readers see the old one or the new one."""
    with temporary(path.parent) as written:
        yield written
        os.replace(written, path)


def clear_left(parent: Path, prefix: str = OURS) -> None:
    """Remove what processes that have died left under a folder; what cannot be had stays."""
    for lock in parent.glob(f"{escape(prefix)}*{LOCK}"):
        with suppress(OSError), lock.open("r+b") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(lock.with_name(lock.name.removesuffix(LOCK)))
            lock.unlink()
    for left in parent.glob(f"{OURS}*") if prefix == OURS else ():
        if left.suffix != LOCK and not left.with_name(left.name + LOCK).exists():
            _remove(left)  # the lock is there first and goes last: this is nobody's


def _locked(parent: Path, prefix: str) -> tuple[Path, int]:
    """A name that nobody has, and the descriptor of its lock, which is ours."""
    while True:
        path = parent / f"{prefix}{token_hex(4)}"
        lock = os.open(f"{path}{LOCK}", os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        with suppress(BlockingIOError):  # somebody who clears has looked in between
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(lock).st_nlink:
                return path, lock
        os.close(lock)


def _remove(path: Path) -> None:
    """Remove a file, a link or a folder, if there is one; what cannot be removed stays."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
        return
    with suppress(OSError):
        path.unlink()
