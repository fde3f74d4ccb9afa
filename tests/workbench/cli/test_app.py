"""What every command shares: `--version`."""

import subprocess
from importlib.metadata import version

from workbench import project


def test_the_version_is_the_packages_and_names_the_commit(command, monkeypatch):
    monkeypatch.setattr(project, "commit", lambda: "0123456789ab")
    told = f"workbench {version('fanin-workbench')}, commit 0123456789ab\n"
    assert command("--version") == (0, told, "")


def test_outside_of_git_the_version_stands_alone(command, monkeypatch):
    def no_git(*_arguments):
        raise subprocess.CalledProcessError(128, "git")

    monkeypatch.setattr(project, "_git", no_git)
    project.commit.cache_clear()
    told = f"workbench {version('fanin-workbench')}\n"
    assert command("--version") == (0, told, "")
    project.commit.cache_clear()


def test_a_pyproject_version_is_what_is_installed(request):
    text = (request.config.rootpath / "pyproject.toml").read_text()
    assert f'version = "{version("fanin-workbench")}"' in text
