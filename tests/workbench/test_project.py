"""Where results go: the project's own folder wherever one is, else from where one is."""

import pytest

from workbench.project import RESULTS, results_folder


def test_without_a_name_it_is_the_projects_own_wherever_one_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert results_folder("") == RESULTS
    assert RESULTS.is_absolute()


@pytest.mark.parametrize("given", ["own", "./own", "~/own"])
def test_a_name_is_read_from_where_one_is(given, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert results_folder(given) == tmp_path / "own"
