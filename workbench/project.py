"""Where the project's own folders lie, wherever it is started from."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
STUDIES = ROOT / "studies"
DOCS = ROOT / "docs"
RESULTS = ROOT / "results"  # where runs are written and read, unless another folder is named
REFERENCE = RESULTS / "reference"  # the packed set that the project keeps; `make reference`


def results_folder(given: str | Path = "") -> Path:
    """The folder given, from where the user is; the project's own where none is given."""
    return Path(given).expanduser().resolve() if str(given) else RESULTS
