"""Node is found in the environment, whatever PATH says."""

import os
import subprocess
from pathlib import Path

import pytest

import workbench
from workbench.stacks import node


def test_the_environments_node_runs_and_is_the_newest_long_supported_one():
    done = subprocess.run([node.node_path(), "--version"], env={}, capture_output=True, text=True)
    assert done.stdout.startswith("v24.")


def test_a_process_gets_the_environments_node_and_first_on_its_path():
    found = node.node_path()
    environment = node.node_environment({"PATH": "/usr/bin", "LANG": "C"})
    assert environment == {
        "PATH": f"{found.parent}{os.pathsep}/usr/bin",
        "LANG": "C",
        "JSII_NODE": str(found),
    }


def test_a_node_that_was_chosen_is_kept(tmp_path):
    chosen = tmp_path / "node"
    environment = node.node_environment({"JSII_NODE": str(chosen)})
    assert environment == {"JSII_NODE": str(chosen), "PATH": str(tmp_path)}


def test_an_environment_without_node_says_what_to_do(monkeypatch):
    monkeypatch.setattr(node, "PACKAGE", "no_such_package")
    with pytest.raises(node.NodeMissing, match="no_such_package is not installed"):
        node.node_path()


def test_a_package_without_its_program_says_where_it_looked(monkeypatch):
    monkeypatch.setattr(node, "PACKAGE", "workbench")
    folder = Path(workbench.__file__).parent
    with pytest.raises(node.NodeMissing, match=f"none is found in {folder}"):
        node.node_path()
