"""Synthesis: one assembly for the same sources and knobs, another for others."""

import json
from unittest.mock import patch

import pytest

from workbench.designs import Sfn, Sqs
from workbench.errors import NotDeployed
from workbench.targets.local.world import synth


@pytest.fixture(scope="module")
def default():
    return synth.assembly(Sqs())


def test_the_default_assembly_holds_both_stacks_and_is_made_once(default):
    stamp = (default / "manifest.json").stat().st_mtime_ns
    assert synth.assembly(Sfn()) == synth.assembly(Sqs()) == default
    assert (default / "manifest.json").stat().st_mtime_ns == stamp
    for name in ("SqsBatchProcessing", "SfnBatchProcessing"):
        assert (default / f"{name}.template.json").is_file()


def test_the_zip_holds_the_handlers_and_nothing_else(default):
    manifest = json.loads((default / "SqsBatchProcessing.assets.json").read_text())
    (code,) = (f["source"] for f in manifest["files"].values() if f["source"]["packaging"] == "zip")
    paths = (
        path.relative_to(default / code["path"]) for path in (default / code["path"]).rglob("*")
    )
    assert {path.parts[0] for path in paths} == {"lambdas"}


def test_another_knob_or_another_source_is_another_assembly(tmp_path):
    keys = {synth._key(design) for design in (Sqs(), Sqs(memory_mb=256), Sfn(memory_mb=256))}
    with patch.object(synth, "_files", lambda: iter([synth.ROOT / "LICENSE"])):
        keys.add(synth._key(Sqs()))
    assert len(keys) == 4


def test_a_synthesis_that_fails_leaves_nothing_behind_and_says_why(tmp_path, monkeypatch):
    monkeypatch.setenv("JSII_NODE", "/nonexistent/node")
    with pytest.raises(NotDeployed, match="the CDK app of sqs ended with 1"):
        synth.assembly(Sqs(), cache=tmp_path)
    assert list((tmp_path / "synth").iterdir()) == []
