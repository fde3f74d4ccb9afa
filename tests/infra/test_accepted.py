"""cdk-nag's AwsSolutions pack: every finding is accepted, every acceptance answers a finding."""

import json
from contextlib import suppress

import aws_cdk as cdk
import pytest
from cdk_nag import AwsSolutionsChecks

from infra import accepted
from infra.app import CONTEXT, compose
from workbench.designs import DESIGNS, PRESETS, make_design


def _findings(outdir, preset):
    """What the pack finds in the stacks: construct and rule."""
    knobs = {n: make_design(n, preset).knobs() for n in DESIGNS if preset in PRESETS[n]}
    app = cdk.App(outdir=str(outdir), context=CONTEXT | knobs)
    compose(app)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    with suppress(
        RuntimeError
    ):  # how jsii hands over that a validation failed; the report says why
        app.synth()
    (report,) = json.loads((outdir / "validation-report.json").read_text())["pluginReports"]
    return {
        (construct["constructPath"].removesuffix("/Resource"), one["ruleName"])
        for one in report["violations"]
        for construct in one["violatingConstructs"]
    }


@pytest.mark.parametrize("preset", ["default", "published"])
def test_no_finding_is_left(tmp_path, preset):
    assert _findings(tmp_path, preset) == set()


@pytest.mark.parametrize("preset", ["default", "published"])
def test_every_acceptance_answers_a_finding_and_gives_its_reason(tmp_path, monkeypatch, preset):
    taken = []

    def take(construct, finding, reason):
        assert len(reason.split()) >= 5
        taken.append((construct.node.path, f"AwsSolutions-{finding}"))

    monkeypatch.setattr(accepted, "accept", take)
    found = _findings(tmp_path, preset)
    assert len(taken) == len(set(taken))
    assert set(taken) == found
