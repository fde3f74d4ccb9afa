"""Options of several commands: which designs a text names, and which knobs are set for which."""

import pytest

from workbench.cli.options import read_designs, read_settings, read_sizes, settings_by_design
from workbench.designs import DESIGNS, make_design
from workbench.errors import BadInput
from workbench.stacks.deploy import Deployment
from workbench.study import Plan

PAIR = ("sqs", "sfn")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("sqs", ("sqs",)),
        ("all", tuple(DESIGNS)),
        ("sfn, counters,sfn", ("sfn", "counters")),
    ],
)
def test_a_text_names_designs_in_its_order_each_once(text, names):
    assert read_designs(text) == names


@pytest.mark.parametrize("text", ["", "moon", "sqs,", "sqs,moon", "all,sqs", "both"])
def test_a_design_that_is_not_known_is_refused_with_those_there_are(text):
    with pytest.raises(BadInput, match=r"design=.* is not known. Take one of sqs, .*, or all\."):
        read_designs(text)


@pytest.mark.parametrize(
    ("pairs", "settings"),
    [
        (None, {"sqs": {}, "sfn": {}}),
        (["memory_mb=256"], {"sqs": {"memory_mb": "256"}, "sfn": {"memory_mb": "256"}}),
        (["poll_s = 60"], {"sqs": {"poll_s": "60"}, "sfn": {}}),
        (["sfn.items_per_child=50"], {"sqs": {}, "sfn": {"items_per_child": "50"}}),
        (
            ["sqs.memory_mb=512", "memory_mb=256"],  # one's own counts, in any order
            {"sqs": {"memory_mb": "512"}, "sfn": {"memory_mb": "256"}},
        ),
    ],
)
def test_knobs_go_to_the_designs_that_have_them(pairs, settings):
    assert settings_by_design(pairs, PAIR) == settings


@pytest.mark.parametrize(
    ("pairs", "why"),
    [
        (["poll_s"], "'poll_s' is not name=value"),
        (["poll=3"], "knob 'poll' is not one of sqs or sfn"),
        (["counters.poll_s=3"], "'counters' is not among sqs, sfn"),
        (["moon.poll_s=3"], "'moon' is not among sqs, sfn"),
        ([".poll_s=3"], "'' is not among sqs, sfn"),
    ],
)
def test_a_knob_of_no_design_of_the_command_is_refused(pairs, why):
    with pytest.raises(BadInput, match=why):
        settings_by_design(pairs, PAIR)


def test_one_design_takes_its_name_before_a_knob_or_none():
    assert read_settings(["a=1", "sqs.b=x=y"], "sqs") == {"a": "1", "b": "x=y"}
    with pytest.raises(BadInput, match="'sfn' is not among sqs"):
        read_settings(["sfn.items_per_child=50"], "sqs")


def test_an_estimate_of_both_has_the_knobs_of_each(command):
    words = ("--items", 100, "--replications", 1, "--set", "sfn.items_per_child=50")
    code, out, _ = command("estimate", *words, "--set", "poll_s=60", "--json")
    assert code == 0
    assert f'"items_per_child": {50}' in out
    assert f'"poll_s": {60}' in out


def test_a_deployment_of_both_has_the_knobs_of_each(command, monkeypatch):
    plans = []
    monkeypatch.setattr("workbench.stacks.deploy.deploy", lambda plan, _: plans.append(plan) or {})
    monkeypatch.setattr("workbench.targets.aws.put_back", lambda *_: plans.clear())
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    knobs = ("--set", "sfn.items_per_child=50", "--set", "memory_mb=256")
    assert command("deploy", "--designs", "sfn,sqs", *knobs)[0] == 0
    [plan] = plans
    assert plan == Deployment(
        ("sfn", "sqs"),
        {"sfn": {"memory_mb": "256", "items_per_child": "50"}, "sqs": {"memory_mb": "256"}},
    )


def test_a_study_runs_each_design_with_its_own_knobs():
    knobs = settings_by_design(["sfn.items_per_child=50"], PAIR)
    requests = Plan(tuple(knobs), (10,), "model", 7, knobs).requests()
    assert [request.make_design() for request in requests] == [
        make_design("sqs"),
        make_design("sfn", settings={"items_per_child": 50}),
    ]


def test_the_swarm_takes_designs_with_commas(command, monkeypatch):
    drawn = []
    monkeypatch.setattr("workbench.swarm.swarm.swarm", lambda *asked: drawn.append(asked) or [])
    assert command("swarm", "--design", "sfn,sqs", "--runs", 3)[0] == 0
    assert drawn == [(3, 0, ("sfn", "sqs"), None, False, "")]


def test_a_cluster_may_stand_in_the_environment_and_a_command_may_do_without_it(
    command, monkeypatch
):
    named = []
    monkeypatch.setattr("workbench.swarm.swarm.swarm", lambda *asked: named.append(asked[-1]) or [])
    monkeypatch.setenv("WORKBENCH_CLUSTER", "tcp://one:8786")
    assert command("swarm", "--runs", 1)[0] == 0
    assert command("swarm", "--runs", 1, "--cluster", "local")[0] == 0
    assert command("swarm", "--runs", 1, "--cluster", "")[0] == 0
    assert named == ["tcp://one:8786", "local", ""]


@pytest.mark.parametrize("text", ["1,200", "100,200", "10,000,000"])
def test_a_list_that_is_also_one_number_is_refused_with_both_spellings(text):
    with pytest.raises(BadInput) as refused:
        read_sizes(text)
    assert str(refused.value) == (
        f"items='{text}': may be one size or several. Write {text.replace(',', '')}, or with "
        f"blanks '{text.replace(',', ', ')}'."
    )


def test_sizes_are_read_in_any_spelling_that_is_a_list():
    assert read_sizes("100,1000,1e4") == (100, 1_000, 10_000)
    assert read_sizes("1, 200") == (1, 200)
    assert read_sizes("1k") == (1_000,)
