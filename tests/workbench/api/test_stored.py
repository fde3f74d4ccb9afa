"""Stored runs as frames: the same of folders, packed sets and parts, typed, as the files say."""

import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from analysis.measures import setting
from analysis.theme import DARK
from workbench import load_bills, load_runs, load_timelines, plot
from workbench.designs import DESIGNS
from workbench.errors import BadInput
from workbench.project import REFERENCE
from workbench.runs.records import METRICS
from workbench.runs.runner import RunRequest, run_request
from workbench.runs.sets import pack, read_runs, read_tables
from workbench.sweep.study import Study
from workbench.sweep.sweeping import sweep

LOADERS = (load_runs, load_bills, load_timelines)
SEVERAL = (
    RunRequest("sqs", "model", 300, 1, settings={"max_concurrency": None, "pollers_max": 5}),
    RunRequest("sfn", "model", 300, 2, "tuned", {"value_max": 20}),
    RunRequest("durable", "local", 30, settings={"poison_per_million": 100_000}),
)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A run of two designs on the model, and one of local with failed items."""
    place = tmp_path_factory.mktemp("results")
    for request in SEVERAL:
        run_request(request, place, lambda _: None, f"{request.design}-{request.target}")
    return place


@pytest.fixture(scope="module")
def stored(results, tmp_path_factory):
    """The same as folders, and packed."""
    packed = tmp_path_factory.mktemp("packed")
    pack(results, packed)
    return {"folders": results, "packed": packed}


@pytest.mark.parametrize("load", LOADERS)
def test_folders_and_a_packed_set_give_the_same_frame(stored, load):
    one, other = (load(place) for place in stored.values())
    assert len(one)
    pd.testing.assert_frame_equal(one, other, check_categorical=False)


@pytest.mark.parametrize("load", LOADERS)
def test_an_empty_folder_gives_the_columns_and_types_without_a_row(load, results, tmp_path):
    empty, full = load(tmp_path), load(results)
    assert len(empty) == 0
    told = [[(name, kind.name) for name, kind in one.dtypes.items()] for one in (empty, full)]
    assert told[0] == told[1]


@pytest.mark.parametrize("load", [*LOADERS, lambda place: plot("completion_time", place)])
def test_a_folder_that_is_not_there_is_refused_in_one_line(load, tmp_path):
    with pytest.raises(BadInput) as refusal:
        load(tmp_path / "nowhere")
    assert "nowhere': there is no such folder." in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_row_has_what_the_record_has_and_each_knob_a_column_of_its_kind(results):
    frame = load_runs(results).set_index("run_id")
    for run in read_runs(results):
        row = frame.loc[run.run_id]
        for name in ("design", "items", "seed", "status", "detected_s", "cost_usd", "commit"):
            assert row[name] == getattr(run, name)
        assert row["detection_lag_s"] == run.detection_lag_s
        assert {name: row[name] for name, own in run.knobs.items() if own is not None} == {
            name: own for name, own in run.knobs.items() if own is not None
        }
    knobs = {name for design in DESIGNS.values() for name in design().knobs()}
    assert set(frame.columns) >= knobs
    lacking = knobs - set(DESIGNS["durable"]().knobs())
    assert frame.loc["durable-local", sorted(lacking)].isna().all()
    kinds = {name: frame[name].dtype.name for name in ("value_max", "poll_s", "claim", "track")}
    assert list(kinds.values()) == ["int64", "Int64", "boolean", "category"]


def test_a_preset_is_named_and_other_knobs_are_of_none(results):
    frame = load_runs(results).set_index("run_id")["preset"]
    assert frame.dropna().to_dict() == {"sfn-model": "tuned", "durable-local": "default"}
    whole = load_runs(REFERENCE).set_index("run_id")["preset"]
    named = {run.run_id: setting(run.design, run.knobs) for run in read_runs(REFERENCE)}
    assert whole.dropna().to_dict() == {
        run_id: name for run_id, name in named.items() if name in whole.cat.categories
    }


def test_bills_have_the_dollars_of_their_runs_and_ids_choose_the_lines(results):
    runs, bills = load_runs(results).set_index("run_id"), load_bills(results)
    sums = bills.groupby("run_id")["cost_usd"].sum()
    assert sums.to_dict() == pytest.approx(runs["cost_usd"].to_dict())
    knowing = bills[bills["label"] == "knowing"].groupby("run_id")["cost_usd"].sum()
    assert knowing.to_dict() == pytest.approx(runs["knowing_usd"].to_dict())
    exact = read_tables(results, "bill", {"sfn-model"})
    some = load_bills(results, runs.reset_index().query("design == 'sfn'")["run_id"])
    assert some["cost_usd"].tolist() == [float(usd) for usd in exact["cost_usd"]]
    assert set(some["items"]) == {300}
    assert len(load_bills(results, [])) == 0


def test_a_timeline_has_every_stored_value_at_its_moment(results):
    wide = load_timelines(results, ["durable-local"])
    long = wide.melt(["run_id", "t_s"], list(METRICS), "metric").dropna()
    told = read_tables(results, "timeline", {"durable-local"})
    keys = ["metric", "t_s"]
    one, other = (frame.sort_values(keys)[[*keys, "value"]] for frame in (long, told))
    assert one.to_numpy().tolist() == other.to_numpy().tolist()
    assert wide["t_s"].is_monotonic_increasing


def test_runs_of_a_sweep_that_have_no_folder_are_there_too(tmp_path):
    requests = tuple((RunRequest("counters", "model", 200, seed), None) for seed in (1, 2, 3))
    sweep(Study("three", "", "us-east-1", None, (), requests), tmp_path, processes=1)
    assert not list((tmp_path / "runs").glob("*/run.json"))
    assert [sorted(set(load(tmp_path)["run_id"].map(str))) for load in LOADERS] == [
        load_runs(tmp_path)["run_id"].tolist()
    ] * 3
    assert load_runs(tmp_path)["seed"].tolist() == [1, 2, 3]


def test_the_reference_answers_a_query_in_the_way_of_pandas():
    million = load_runs(REFERENCE).query("items == 1e6 and preset == 'tuned'")
    axes = million.groupby("design")["cost_usd"].mean().plot.bar()
    assert [bar.get_height() > 0 for bar in axes.patches] == [True] * len(DESIGNS)


def test_a_chart_is_a_figure_and_another_name_is_refused_with_those_there_are():
    figure = plot("completion_time", REFERENCE, "dark")
    assert isinstance(figure, Figure)
    drawn = {to_hex(line.get_color()).upper() for axes in figure.axes for line in axes.lines}
    assert drawn >= set(DARK.designs), "colours of another theme, as it is drawn outside its own"
    with pytest.raises(BadInput, match=r"name='how' is not known\. Take one of who_wins, "):
        plot("how", REFERENCE)
    with pytest.raises(BadInput, match=r"theme='grey' is not known\. Take one of light"):
        plot("how_simple", REFERENCE, "grey")
