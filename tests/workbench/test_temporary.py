"""Temporary files and folders: one's own, private, gone in the end, those of dead processes too."""

import os
import subprocess
import sys

import pytest

from workbench.temporary import OURS, clear_left, temporary, temporary_folder, written_whole

HELD = """
import os, sys
from pathlib import Path
from workbench.temporary import temporary
with temporary(Path(sys.argv[1])) as folder:
    folder.mkdir()
    (folder / "half").write_text("a")
    print("there", flush=True)
    sys.stdin.read()
    os._exit(1)
"""


@pytest.fixture
def other(tmp_path):
    """Another process that has a temporary folder under the same parent."""
    command = [sys.executable, "-c", HELD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"there\n"
        yield process
        process.stdin.close()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_it_is_private_and_removed_after_an_error_too(tmp_path):
    with temporary_folder(tmp_path, "kind-") as folder:
        assert folder.parent == tmp_path
        assert folder.stat().st_mode & 0o777 == 0o700
    assert names(tmp_path) == []
    with pytest.raises(ZeroDivisionError), temporary_folder(tmp_path, "kind-"):
        1 / 0  # noqa: B018
    assert names(tmp_path) == []


def test_what_a_living_process_has_stays_and_what_a_killed_one_left_is_cleared(tmp_path, other):
    held = names(tmp_path)
    clear_left(tmp_path)
    assert names(tmp_path) == held
    other.kill()
    other.wait()
    assert names(tmp_path) == held
    clear_left(tmp_path)
    assert names(tmp_path) == []


def test_only_our_own_folders_lose_what_has_no_lock(tmp_path):
    for name in (f"{OURS}old-123", "kind-of-somebody", "a.run"):
        (tmp_path / name).mkdir()
    (tmp_path / f"{OURS}link").symlink_to("nowhere")
    clear_left(tmp_path, "kind-")
    assert len(names(tmp_path)) == 4
    clear_left(tmp_path)
    assert names(tmp_path) == ["a.run", "kind-of-somebody"]


def test_two_of_one_process_are_apart_and_both_stay(tmp_path):
    with temporary_folder(tmp_path, "kind-") as one, temporary_folder(tmp_path, "kind-") as two:
        assert one != two
        assert one.is_dir()
        assert two.is_dir()


def test_a_file_takes_its_place_whole_or_not_at_all(tmp_path):
    path = tmp_path / "new" / "figures.json"
    with written_whole(path) as written:
        written.write_text("old")
    with pytest.raises(ZeroDivisionError), written_whole(path) as written:
        written.write_text(str(1 / 0))
    assert path.read_text() == "old"
    assert names(path.parent) == [path.name]


def test_what_is_removed_meanwhile_by_its_user_is_no_error(tmp_path):
    with temporary(tmp_path) as path:
        for left in tmp_path.iterdir():
            os.unlink(left)
    assert not path.exists()
