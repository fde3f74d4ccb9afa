"""Where the project's own folders lie, and temporary ones that a killed process cannot leave."""

import os
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
STUDIES = ROOT / "studies"
DOCS = ROOT / "docs"
RESULTS = ROOT / "results"  # where runs are written and read, unless another folder is named
REFERENCE = RESULTS / "reference"  # the packed set that the project keeps; `make reference`
HOST_CHARS_MAX = 16  # of a machine's name; paths of sockets must stay short


def results_folder(given: str | Path = "") -> Path:
    """The folder given, from where the user is; the project's own where none is given."""
    return Path(given).expanduser().resolve() if str(given) else RESULTS


@contextmanager
def scratch_folder(parent: Path, kind: str) -> Iterator[Path]:
    """A new folder under `parent` that only its user can open; it is removed in the end.

    Folders of the same kind whose process has died on this machine are removed too.
    """
    own = f"{kind}-{platform.node()[:HOST_CHARS_MAX]}-"
    for left in parent.glob(f"{own}*"):
        pid = left.name.removeprefix(own).split("-")[0]
        if pid.isdecimal() and not _alive(int(pid)):
            shutil.rmtree(left, ignore_errors=True)
    with TemporaryDirectory(prefix=f"{own}{os.getpid()}-", dir=parent) as folder:
        yield Path(folder)


def _alive(pid: int) -> bool:
    """Whether a process of this number runs, whoever it belongs to."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
