"""A scenario is read as commands read their values, and its file says the same again."""

import shlex
from decimal import Decimal

import pytest
import yaml

from analysis.explore.scenario import Scenario, read_scenario, write_scenario
from analysis.explore.spelled import command_line, papermill_lines
from workbench.bill.terms import Terms
from workbench.cli.options import settings_by_design
from workbench.designs import COMPARED
from workbench.errors import BadInput

WRITES = ("Amazon DynamoDB", "WriteRequestUnits")
TERMS = Terms(
    discounts={"lambda": Decimal(17), "": Decimal(5)},
    month={"StateTransition": 5, ("AWS Lambda", "Request-ARM"): 400},
)
SCENARIOS = {
    "plain": Scenario(),
    "changed": Scenario(
        "250k",
        3,
        {"duration": {"p50_ms": 80, "p99_ms": 600}, "cpu_ms": 5},
        batches_per_day="0.5",
        within_s=60,
        terms=TERMS,
        factors={WRITES: Decimal(2)},
        knobs={"sqs": {"poll_s": "5", "claim": True, "max_concurrency": None}, "sfn": {}},
    ),
    "of a file": Scenario(workload={"file": "workloads/seed.yaml"}),
}


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_a_file_holds_all_of_it(scenario, tmp_path):
    write_scenario(tmp_path / "new" / "mine.yaml", scenario)
    assert read_scenario(tmp_path / "new" / "mine.yaml") == scenario


def test_values_are_read_and_only_turned_knobs_are_kept():
    changed = SCENARIOS["changed"]
    assert (changed.items, changed.batches_per_day) == (250_000, Decimal("0.5"))
    assert changed.knobs == {"sqs": {"poll_s": 5, "claim": True, "max_concurrency": None}}


def test_the_prices_are_the_books_with_what_is_off_and_times_the_factors():
    price = SCENARIOS["changed"].book.price(*WRITES).tiers[0].usd
    assert price == SCENARIOS["plain"].book.price(*WRITES).tiers[0].usd * 2 * Decimal("0.95")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({"itmes": 5}, r"mine.yaml: key 'itmes' is not known. Take one of items, seed"),
        ({"items": "many"}, r"mine.yaml: items='many': must be a whole number"),
        ({"designs": {"abc": {}}}, r"designs: 'abc' is not known"),
        ({"designs": {"sqs": {"poll": 5}}}, r"knob 'poll' is not one of sqs"),
        ({"designs": {"sqs": {"value_max": 5}}}, r"knob 'value_max' is not one of sqs"),
        ({"designs": {"sqs": {"poll_s": 9999}}}, r"poll_s=9999"),
        ({"factors": {"Amazon DynamoDB": {"Nothing": 2}}}, r"no price|Nothing"),
        ({"workload": {"cpu_ms": 5}}, r"workload=.*must have duration and cpu_ms, or a file"),
        ({"workload": {"file": "nowhere.yaml"}}, r"nowhere.yaml cannot be read"),
        ({"workload": {"duration": {"p50_ms": 9, "p99_ms": 3}}}, r"p99_ms=3 must be more"),
        ({"region": "eu-nowhere-9"}, r"eu-nowhere-9"),
    ],
)
def test_what_a_file_cannot_say_is_one_clear_line(content, why, tmp_path):
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(Exception, match=why) as refused:
        read_scenario(tmp_path / "mine.yaml")
    assert "\n" not in str(refused.value)


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be written"):
        write_scenario(tmp_path / "file" / "mine.yaml", Scenario())


def test_the_command_line_says_every_knob_and_term_and_what_it_cannot():
    changed = SCENARIOS["changed"]
    *comments, line = command_line(changed).splitlines()
    assert [text[:12] for text in comments] == ["# without th", "# add --alre"]
    words = shlex.split(line)
    assert words[:6] == ["workbench", "estimate", "--items", "250000", "--seed", "3"]
    given = [words[at + 1] for at, word in enumerate(words) if word == "--set"]
    settings = settings_by_design(given, COMPARED)
    for design in changed.designs:
        assert type(design)(**settings[design.name]) == design
    assert words[words.index("--region") :] == [
        *("--region", "us-east-1", "--free-tier"),
        *("--discount", "lambda=17", "--discount", "5"),
    ]
    assert "--workload workloads/seed.yaml" in command_line(SCENARIOS["of a file"])


def test_papermill_gets_every_design_with_its_settings():
    _, *lines = papermill_lines(SCENARIOS["changed"]).splitlines()
    assert len(lines) == len(COMPARED)
    for design, line in zip(SCENARIOS["changed"].designs, lines, strict=True):
        words = shlex.split(line)
        assert words[:2] == ["papermill", "notebooks/benchmark.ipynb"]
        settings = yaml.safe_load(words[-1])["settings"]
        assert type(design)(**settings) == design
