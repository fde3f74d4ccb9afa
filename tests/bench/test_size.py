"""`make size` counts lines and modules, of the files on disk and of a revision."""

import subprocess

import pytest

from bench.size import files_of, print_size, sizes


@pytest.fixture
def project(tmp_path):
    """A small repository of one commit, and a change on disk."""
    for path, lines in {"lambdas/a.py": 2, "workbench/b.py": 3, "workbench/cli/c.py": 4}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("x = 1\n" * lines)
    (tmp_path / "workbench" / "data.json").write_text("{}\n")
    for command in (
        "init -q",
        "add -A",
        "-c user.name=a -c user.email=a@example.com commit -q -m one",
    ):
        subprocess.run(["git", "-C", str(tmp_path), *command.split()], check=True)
    (tmp_path / "workbench" / "cli" / "c.py").unlink()
    (tmp_path / "workbench" / "b.py").write_text("x = 1\n" * 5)
    return tmp_path


def test_a_folder_a_room_and_all_have_their_lines_and_modules():
    files = {"lambdas/a.py": 2, "workbench/b.py": 3, "workbench/cli/c.py": 4, "bench/d.py": 1}
    assert sizes(files) == {
        "lambdas": (2, 1),
        "workbench": (7, 2),
        "workbench/(its own modules)": (3, 1),
        "workbench/cli": (4, 1),
        "bench": (1, 1),
        "all": (10, 4),
    }


def test_a_revision_is_counted_as_it_was_committed(project):
    assert files_of(project, "HEAD") == {
        "lambdas/a.py": 2,
        "workbench/b.py": 3,
        "workbench/cli/c.py": 4,
    }


def test_the_difference_stands_beside_what_is_on_disk(project, capsys):
    print_size(project, "HEAD")
    assert capsys.readouterr().out.splitlines()[-1].split() == ["all", "7", "2", "-2", "-1"]


def test_a_history_without_the_baseline_is_counted_alone(project, capsys):
    print_size(project, None)
    assert capsys.readouterr().out.splitlines()[-1].split() == ["all", "7", "2"]


def test_an_unknown_revision_is_refused(project):
    with pytest.raises(ValueError, match="no such revision"):
        print_size(project, "nowhere")
