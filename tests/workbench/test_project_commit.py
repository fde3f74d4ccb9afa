"""A run names its commit, and git tells whether the code has changed since."""

import os
import subprocess

import pytest

from workbench import project


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository of its own with one commit; writes a file, and commits it if asked."""
    monkeypatch.setattr(project, "ROOT", tmp_path)

    def git(*arguments):
        name = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
        subprocess.run(["git", "-C", str(tmp_path), *name, *arguments], check=True)

    def write(path, text, commit=True):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        if commit:
            git("add", "-A")
            git("commit", "-qm", text)
        project.commit.cache_clear()
        project.is_of_other_code.cache_clear()

    git("init", "-q")
    write("workbench/platform/units.py", "first")
    yield write
    project.commit.cache_clear()
    project.is_of_other_code.cache_clear()


def test_what_shapes_a_run_is_there():
    assert [path for path in project.SHAPING if not (project.ROOT / path).exists()] == []


def test_a_run_of_this_commit_is_of_this_code(repository):
    made_at = project.commit()
    assert len(made_at) == 12
    assert not project.is_of_other_code(made_at)


def test_a_document_changes_no_run_and_the_model_does(repository):
    made_at = project.commit()
    repository("docs/page.md", "a page")
    repository("workbench/runs/progress.py", "second")
    assert not project.is_of_other_code(made_at)
    repository("workbench/platform/units.py", "third")
    assert project.is_of_other_code(made_at)


def test_to_ask_for_the_commit_writes_nothing_into_the_repository(repository, tmp_path):
    os.utime(tmp_path / "workbench/platform/units.py", (1, 1))  # git would note it in its index
    index = (tmp_path / ".git/index").read_bytes()
    project.commit()
    assert (tmp_path / ".git/index").read_bytes() == index


def test_a_changed_file_is_named_by_a_plus_sign_and_is_other_code(repository):
    made_at = project.commit()
    repository("workbench/platform/units.py", "second", commit=False)
    assert project.commit() == f"{made_at}+"
    assert project.is_of_other_code(made_at)


def test_a_commit_that_is_not_here_is_other_code(repository):
    assert project.is_of_other_code("0123456789ab")


@pytest.mark.parametrize("written", ["--output=kept", "--ext-diff", "HEAD", "-O kept", "a b"])
def test_a_commit_that_git_would_take_for_something_else_is_other_code(
    repository, tmp_path, monkeypatch, written
):
    repository("kept", "all of it")
    monkeypatch.chdir(tmp_path)
    assert project.is_of_other_code(written)
    assert (tmp_path / "kept").read_text() == "all of it"


def test_outside_git_nothing_is_known(tmp_path, monkeypatch, repository):
    made_at = project.commit()
    outside = tmp_path / "outside"
    outside.mkdir()
    monkeypatch.setattr(project, "ROOT", outside)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    project.commit.cache_clear()
    assert project.commit() == ""
    assert not project.is_of_other_code(made_at)
    assert not project.is_of_other_code("")
