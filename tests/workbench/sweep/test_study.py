"""A study's file is read strictly, and each run has a name made from its content."""

import re
from pathlib import Path

import pytest

from workbench.designs import DESIGNS
from workbench.errors import BadInput, BadKnob
from workbench.sweep.jobs import plan_jobs
from workbench.sweep.study import read_study

STUDIES = Path(__file__).resolve().parents[3] / "studies"
LARGE = f"""
grids:
  - designs: [sfn]
    items: {list(range(1, 101))}
    seeds: {list(range(1001))}
"""
GRID = "grids: [{designs: [sqs], items: [100], seeds: [1]}]"


@pytest.mark.parametrize("path", sorted(STUDIES.glob("*.yaml")), ids=lambda p: p.stem)
def test_every_study_of_the_project_can_be_planned_and_asks_a_question(path):
    found = read_study(path)
    jobs, _ = plan_jobs(found)
    assert found.question.endswith((".", "?"))
    assert len(jobs) >= 10


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("grid: []", "key 'grid' is not known"),
        ("grids: [{items: [100], sede: 1}]", "key 'sede' is not known"),
        ("runs: [{design: sqs, items: 100, knob: {}}]", "key 'knob' is not known"),
        ("question: why?", "asks for no run"),
        ("grids: [{items: []}]", "the grid is empty, since items is"),
        (
            "grids: [{items: [100], knobs: {value_max: []}}]",
            "the grid is empty, since knobs.value_max is",
        ),
        ("grids: [{items: [100, 100]}]", "has 100 twice"),
        ("grids: [{items: many}]", "must be a whole number"),
        ("grids: [{items: [true]}]", "must be a whole number"),
        ("grids: [{designs: [sqs], items: [1], sfn: {items_per_child: 5}}]", "sfn, which is not"),
        ("grids: [{designs: [mine], items: [1]}]", "Take of sqs, sfn"),
        ("grids: [{items: [0100]}]", "'0100': YAML 1.1 reads this number as 64. Write it in plain"),
        ("grids: [{items: 1:30}]", "'1:30': YAML 1.1 reads this number as 90"),
        ("grids: [{items: 0x10}]", "'0x10': YAML 1.1 reads this number as 16"),
        ("grids: [{items: 0b11}]", "'0b11': YAML 1.1 reads this number as 3"),
        ("grids: [{items: 1, knobs: {poll_s: 010}}]", "'010': YAML 1.1 reads this number as 8"),
        ("grids: [{items: 1, seeds: [.nan]}]", "must be a whole number"),
        ("grids: [{items: [1.5]}]", "must be a whole number"),
        ("grids: [{items: [100, 1e2]}]", "has 100 twice"),
        (
            "grids: [{items: [1], knobs: {poll_s: [[1]]}}]",
            "knobs.poll_s has [1]; knobs are single values",
        ),
        ("prices: 2026-02-30\n" + GRID, "'2026-02-30': day is out of range"),
        ("grids: " + "[" * 5000, "nested too deeply"),
        ("grids: &a [*a]", "not keys with values"),
        ("grids: [{items: 1, items: 2}]", "key 'items' is given twice"),
        ("seeds: [1]\nseeds: [2]\n" + GRID, "key 'seeds' is given twice"),
        ("runs: [{design: sqs}]", "lacks 'items'"),
        ("- 1", "holds no keys"),
        ("a: [", "is no YAML"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(study, text, says):
    with pytest.raises(BadInput, match=re.escape(says)):
        study(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("grids: [{designs: [sqs], items: [1], knobs: {poll: 1}}]", "knob 'poll' is not one of"),
        ("grids: [{designs: [sqs], items: [1], targets: [moon]}]", "target='moon' is not known"),
        ("grids: [{designs: [sqs], items: [1], presets: [best]}]", "preset='best' is not known"),
        (
            "prices: 2026-11-23\ngrids: [{items: [1], targets: [model]},"
            " {items: [1], targets: [local], prices: 2026-01-01}]",
            "mixes prices of different dates",
        ),
        ("prices: 2001-01-01\n" + GRID, "no price book of 2001-01-01"),
        (LARGE, "100,100 runs"),
        (
            "grids: [{designs: [sqs], items: [1], skip_infeasible: true,"
            " sqs: {items_per_message: 5000}}]",
            "no combination can run",
        ),
    ],
)
def test_a_plan_that_cannot_work_is_refused_before_any_run(study, text, says):
    with pytest.raises(BadInput, match=re.escape(says)):
        plan_jobs(study(text))


def test_a_combination_that_cannot_work_is_refused_or_skipped_and_named(study):
    text = "grids: [{{designs: [sqs], items: [9], seeds: [1], skip_infeasible: {},\
             sqs: {{items_per_message: [1, 5000]}}}}]"
    with pytest.raises(BadKnob, match="items_per_message=5000"):
        plan_jobs(study(text.format("false")))
    jobs, skipped = plan_jobs(study(text.format("true")))
    assert [job.request.settings for job in jobs] == [{"items_per_message": 1}]
    assert len(skipped) == 1
    assert "items_per_message=5000" in skipped[0]


def test_a_grid_is_every_combination_and_each_run_comes_once(study):
    text = """
seeds: [1, 2]
grids:
  - items: [100, 1000]
    sqs: {poll_s: [5, 30]}
  - {designs: [sfn], items: [100]}
"""
    jobs, _ = plan_jobs(study(text))
    assert len(jobs) == 2 * 2 * (len(DESIGNS) + 1)  # sqs at two knobs; the second grid adds none
    assert len({job.run_id for job in jobs}) == len(jobs)


def test_a_run_has_the_same_name_however_its_knobs_are_spelled(study):
    spelled = "runs: [{design: sqs, items: 9, seed: 1, knobs: {poll_s: 30}}]"
    plain = "runs: [{design: sqs, items: 9, seed: 1}]"
    other = "runs: [{design: sqs, items: 9, seed: 1, knobs: {poll_s: 31}}]"
    names = [plan_jobs(study(text))[0][0].run_id for text in (spelled, plain, other)]
    assert names[0] == names[1] != names[2]
    assert re.fullmatch(r"sqs-model-9-1-[0-9a-f]{12}", names[0])


def test_the_longest_name_still_fits_a_batch_id(study):
    text = f"runs: [{{design: sqs, target: model, items: 100000000, seed: {2**63 - 1}}}]"
    assert len(plan_jobs(study(text))[0][0].run_id) <= 64


def test_yes_lets_a_large_grid_through(study):
    assert len(plan_jobs(study(LARGE), yes=True)[0]) == 100_100


def test_merge_keys_work_as_in_pyyaml(tmp_path):
    path = tmp_path / "merged.yaml"
    path.write_text(
        "grids:\n  - &a\n    targets: [model]\n    items: [100]\n    seeds: [1]\n"
        "  - &b\n    <<: *a\n    items: [1000]\n  - {<<: [*b, *a], seeds: [2]}\n"
    )
    grids = read_study(path).grids
    assert [(grid.items, grid.seeds) for grid in grids] == [
        ((100,), (1,)),
        ((1000,), (1,)),
        ((1000,), (2,)),
    ]


@pytest.mark.parametrize("written", ["1000", "1e3", "1_000", "1k", "1000.0", "'1,000'", "+1000"])
def test_a_number_is_taken_in_any_plain_spelling(tmp_path, written):
    path = tmp_path / "one.yaml"
    path.write_text(f"grids: [{{designs: [sqs], items: {written}, knobs: {{poll_s: [6e1]}}}}]")
    study = read_study(path)
    assert study.grids[0].items == (1000,)
    assert {job.request.make_design().poll_s for job in plan_jobs(study)[0]} == {60}


WORK = "items: [40, 70]\nduration: {quantiles: '0:10 50:20 100:900'}\ncpu_ms: 10\n"
TOLD = {"durations": "0:0 50:10 100:890", "value_max": 890, "cpu_ms": 10}


@pytest.fixture
def work(tmp_path):
    """Writes a workload beside the study."""

    def write(more="", name="work.yaml"):
        (tmp_path / name).write_text(WORK + more)

    return write


def test_a_workload_gives_its_knobs_and_its_sizes_to_grids_and_runs(study, work):
    work()
    work("poison_per_million: 5\n", "other.yaml")
    found = study("""
workload: work.yaml
grids:
  - {seeds: [1], knobs: {memory_mb: [128, 256]}}
  - {seeds: [1], items: [9], workload: other.yaml}
runs:
  - {design: sqs, seed: 1, knobs: {poll_s: 5}}
""")
    first, second = found.grids
    ((run, _),) = found.runs
    told = {name: (value,) for name, value in TOLD.items()}
    assert (first.items, first.knobs) == ((40, 70), told | {"memory_mb": (128, 256)})
    assert (second.items, second.knobs) == ((9,), told | {"poison_per_million": (5,)})
    assert (run.items, run.settings) == (40, TOLD | {"poll_s": 5})
    knobs = TOLD | {"poll_s": 5}
    plain = study(f"runs: [{{design: sqs, items: 40, seed: 1, knobs: {knobs}}}]")
    (job,), _ = plan_jobs(plain)
    assert job.run_id in {one.run_id for one in plan_jobs(found)[0]}


def test_a_workload_beside_a_study_is_as_if_the_study_named_it(tmp_path, work):
    work()
    path = tmp_path / "mine.yaml"
    path.write_text("grids: [{seeds: [1]}]")
    found = read_study(path, tmp_path / "work.yaml")
    path.write_text("workload: work.yaml\ngrids: [{seeds: [1]}]")
    named = read_study(path)
    assert (found.name, found.grids) == ("mine-work", named.grids)
    with pytest.raises(BadInput, match=r"mine.yaml names a workload itself. Leave --workload out."):
        read_study(path, tmp_path / "work.yaml")
    with pytest.raises(BadInput, match=r"nowhere.yaml'?: is no file in .*, nor one of"):
        read_study(STUDIES / "smoke.yaml", Path("nowhere.yaml"))


def test_a_workload_of_the_project_is_found_from_anywhere(study):
    grids = study("grids: [{workload: web_calls.yaml, items: [10], seeds: [1]}]").grids
    assert grids[0].knobs["cpu_ms"] == (5,)


def test_the_region_of_a_workload_is_that_of_a_study_that_names_none(study, work):
    work("region: eu-west-1\n")
    assert study("workload: work.yaml\ngrids: [{seeds: [1]}]").region == "eu-west-1"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "grids: [{workload: work.yaml, knobs: {value_max: 5}}]",
            "grid 1: knobs.value_max: the workload says what the items are. Leave one out.",
        ),
        (
            "workload: work.yaml\ngrids: [{designs: [sfn], sfn: {cpu_ms: [1, 2]}}]",
            "grid 1: sfn.cpu_ms: the workload says what the items are. Leave one out.",
        ),
        (
            "workload: work.yaml\nruns: [{design: sqs, knobs: {durations: '0:1 100:2'}}]",
            "run 1: knobs.durations: the workload says what the items are. Leave one out.",
        ),
        (
            "workload: work.yaml\nregion: us-east-1\ngrids: [{}]",
            "grid 1: the workload is of eu-west-1, and the study's prices are of us-east-1.",
        ),
        ("workload: none.yaml\ngrids: [{}]", "mine.yaml: workload='none.yaml': is no file in"),
        ("workload: bad.yaml\ngrids: [{}]", "mine.yaml: bad.yaml: lacks 'duration'."),
        ("grids: [{workload: [work.yaml], items: 1}]", "grid 1: workload=['work.yaml']: must be"),
        (
            "region: eu-west-1\ngrids: [{workload: work.yaml, items: []}]",
            "the grid is empty, since items is",
        ),
    ],
)
def test_what_contradicts_a_workload_is_refused_in_one_line(study, work, tmp_path, text, says):
    work("region: eu-west-1\n")
    (tmp_path / "bad.yaml").write_text("items: 4\n")
    with pytest.raises(BadInput, match=re.escape(says)) as refused:
        study(text)
    assert "\n" not in str(refused.value)
