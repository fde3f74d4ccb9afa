"""Temporary folders: one's own, private, and gone in the end, those of dead processes too."""

import subprocess
import sys

import pytest

from workbench.project import scratch_folder


def test_it_is_private_and_removed_after_an_error_too(tmp_path):
    with scratch_folder(tmp_path, "kind") as folder:
        assert folder.parent == tmp_path
        assert folder.stat().st_mode & 0o777 == 0o700
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ZeroDivisionError), scratch_folder(tmp_path, "kind"):
        1 / 0  # noqa: B018
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_cleared_by_the_next_and_a_living_ones_stays(tmp_path):
    code = f"""
import os
from pathlib import Path
from workbench.project import scratch_folder
with scratch_folder(Path({str(tmp_path)!r}), "kind"):
    os._exit(1)
"""
    subprocess.run([sys.executable, "-c", code], check=False)
    assert len(list(tmp_path.iterdir())) == 1
    (tmp_path / "kind-elsewhere-1-abc").mkdir()
    with scratch_folder(tmp_path, "kind") as one, scratch_folder(tmp_path, "kind") as other:
        assert sorted(tmp_path.iterdir()) == sorted([one, other, tmp_path / "kind-elsewhere-1-abc"])
