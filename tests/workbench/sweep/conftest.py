"""What tests of studies share."""

import pytest

from workbench.sweep.study import read_study


@pytest.fixture
def study(tmp_path):
    """Reads a study from text."""

    def read(text):
        path = tmp_path / "mine.yaml"
        path.write_text(text)
        return read_study(path)

    return read
