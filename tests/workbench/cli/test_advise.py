"""`workbench advise`: a report that could not be written is refused before anything is tuned."""

import pytest

from workbench.project import WORKLOADS


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("answer.txt", "error: --report {path}: the name must end with .html.\n"),
        ("no/answer.html", "error: --report {path}: there is no folder {folder}. Make it first.\n"),
    ],
)
def test_a_report_that_cannot_be_is_refused_at_once(command, tmp_path, name, error):
    path = tmp_path / name
    code, out, err = command("advise", WORKLOADS / "seed.yaml", "--report", path)
    assert (code, out, err) == (2, "", error.format(path=path, folder=path.parent))
    assert list(tmp_path.iterdir()) == []
