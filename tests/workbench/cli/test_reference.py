"""`workbench reference` makes the kept set anew, goes on where it was, and says what it changes."""

import json

import pytest
from typer.testing import CliRunner

from analysis import gallery
from workbench import project, side_tables
from workbench.cli import study as command
from workbench.cli.app import app
from workbench.runs.sets import read_runs

TINY = "seeds: [1]\ngrids: [{targets: [model], designs: [sqs, sfn], items: [100, 1000]}]"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A project of its own: its reference set, its docs, and a study of four runs."""
    (tmp_path / "reference.yaml").write_text(TINY)
    for name, path in (
        ("ROOT", tmp_path),
        ("REFERENCE", tmp_path / "results" / "reference"),
        ("REFERENCE_RUNS", tmp_path / "results" / ".reference-runs"),
        ("DOCS", tmp_path / "docs"),
    ):
        monkeypatch.setattr(command, name, path)
    charts = tuple(gallery.named(name) for name in ("completion_time", "who_wins"))
    monkeypatch.setattr(gallery, "CHARTS", charts)
    monkeypatch.setattr(command, "find", lambda name: tmp_path / f"{name}.yaml")
    for name in ("write_side_tables", "write_agreement"):  # minutes of the model
        monkeypatch.setattr(side_tables, name, lambda *_: [])
    return tmp_path


def kept(place):
    """The files that git would keep, with their bytes."""
    folders = (place / "results" / "reference", place / "docs")
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(place)): path.read_bytes() for path in files}


def make(*words):
    done = CliRunner().invoke(app, ["reference", *words])
    assert done.exit_code == 0, done.exception
    return done


def test_it_packs_the_study_and_draws_from_the_packed_runs(place):
    done = make()
    assert "this changes what git tracks: results/reference/ and docs/findings.md" in done.stderr
    files = kept(place)
    runs = {run.run_id for run in read_runs(place / "results" / "reference")}
    assert len(runs) == 4
    page = files["docs/findings.md"].decode()
    assert "The reference set of this project (`make reference`): 4 runs (4 on model)" in page
    assert "](../results/reference/published/completion_time-light.png)" in page
    manifest = json.loads(files["results/reference/published/manifest.json"])
    drawn = {name for figure in manifest["figures"].values() for name in figure["files"]}
    published = {name.rsplit("/", 1)[1] for name in files if "/published/" in name}
    assert published == drawn | {"manifest.json"}
    assert [name for name in drawn if not name.endswith(("-light.png", ".html"))] == []


def test_again_it_runs_nothing_and_gives_the_same_bytes(place):
    make()
    first = kept(place)
    assert "0 runs, 4 were there already" in make().stderr
    assert kept(place) == first
    make("--no-sweep")
    assert kept(place) == first


def test_runs_of_other_code_are_made_again(place, monkeypatch):
    make()
    monkeypatch.setattr(project, "is_of_other_code", lambda _commit: True)
    assert "4 runs, 0 were there already" in make().stderr
