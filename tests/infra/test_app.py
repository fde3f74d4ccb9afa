"""The app's two roads, in process and by `python -m infra.app`, and bad input on both."""

import json
import os
import subprocess
import sys
from pathlib import Path

import aws_cdk as cdk
import pytest

from infra.app import CONTEXT, compose
from workbench.errors import BadInput

ROOT = Path(__file__).parents[2]


def _run(outdir, context):
    environment = {**os.environ, "CDK_OUTDIR": str(outdir), "CDK_CONTEXT_JSON": json.dumps(context)}
    command = [sys.executable, "-m", "infra.app"]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_the_command_lines_context_gives_the_same_templates_as_a_call(tmp_path, synthesise):
    knobs = {"sqs": {"items_per_message": 20}, "sfn": {"memory_mb": 256}}
    context = {name: json.dumps(one) for name, one in knobs.items()}
    done = _run(tmp_path, {**context, "cron": "off", "cron_items": "250"})
    assert (done.returncode, done.stderr) == (0, "")
    called = synthesise(knobs, cron=False, cron_items=250)
    for stack in ("SqsBatchProcessing", "SfnBatchProcessing"):
        name = f"{stack}.template.json"
        assert (tmp_path / name).read_bytes() == (called.folder / name).read_bytes()


def test_bad_knobs_end_with_2_and_say_what_to_do(tmp_path):
    done = _run(tmp_path / "out", {"sfn": '{"items_per_child": 300}'})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("items_per_child=300: 2 tries of 300 items")
    assert "Lower items_per_child or child_tries" in done.stderr
    assert not (tmp_path / "out" / "manifest.json").exists()


@pytest.mark.parametrize(
    ("context", "message"),
    [
        ({"sqs": "{"}, "-c sqs='{' is not JSON"),
        ({"sqs": "[1]"}, "-c sqs=[1] must be a JSON object"),
        ({"sqs": '{"items_per_mesage": 20}'}, "knob 'items_per_mesage' is not one of sqs"),
        ({"sqs": '{"messages_per_invocation": 11}'}, "messages_per_invocation=11: .* window"),
        ({"sqs": '{"items_per_message": 10000}'}, "items_per_message=10000: "),
        ({"sfn": '{"memory_mb": 64}'}, "memory_mb=64: must be a whole number from 128"),
        ({"cron": "maybe"}, "-c cron='maybe' must be on or off"),
        ({"bill_export": "yes"}, "-c bill_export='yes' must be on or off"),
        ({"cron_items": "many"}, "-c cron_items='many' must be a whole number"),
        ({"cron_items": "0"}, "items=0: must be 1 to 100,000,000"),
    ],
)
def test_bad_context_is_refused(context, message):
    app = cdk.App(context=CONTEXT | context)
    with pytest.raises(BadInput, match=message.replace("[1]", r"\[1\]")):
        compose(app)


def test_context_may_be_an_object_as_cdk_json_writes_it(tmp_path):
    app = cdk.App(outdir=str(tmp_path), context=CONTEXT | {"sqs": {"memory_mb": 512}})
    compose(app)
    app.synth()
    template = json.loads((tmp_path / "SqsBatchProcessing.template.json").read_text())
    functions = [one for one in template["Resources"].values() if "Function" in one["Type"]]
    memory_mb = {one["Properties"].get("MemorySize") for one in functions}
    assert 512 in memory_mb


def test_the_command_line_starts_this_app():
    assert json.loads((ROOT / "infra" / "cdk.json").read_text())["app"].endswith("-m infra.app")
