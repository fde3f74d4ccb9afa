"""The CDK app, synthesised: a cloud assembly for a design's knobs, reused while nothing changed.

Synthesis takes some seconds and a Node process, so it runs in a process of its own and its result
is kept under `.cache/synth`, named by a hash of all that it depends on.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from workbench.designs import Design
from workbench.errors import NotDeployed
from workbench.project import ROOT
from workbench.stacks.cdk import node_environment

SOURCES = ("infra", "lambdas", "workbench/designs", "workbench/errors.py")
SYNTH_MAX_S = 300


def assembly(design: Design, cache: Path | None = None) -> Path:
    """The folder of the cloud assembly for these knobs, synthesised if there is none yet."""
    folder = (cache or ROOT / ".cache") / "synth" / _key(design)
    if not folder.exists():
        temporary = folder.with_name(f".tmp-{folder.name}-{os.getpid()}")
        try:
            _synthesise(design, temporary)
            _keep(temporary, folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return folder


def _changed(design: Design) -> dict[str, str]:
    """The CDK context for a design: the knobs that are not its class's own.

    The default knobs of every design make the same assembly, which holds all stacks.
    """
    default = type(design)().knobs()
    changed = {name: value for name, value in design.knobs().items() if value != default[name]}
    return {design.name: json.dumps(changed, sort_keys=True)} if changed else {}


def _key(design: Design) -> str:
    """A hash of the sources, the CDK's version and the knobs."""
    digest = sha256(version("aws-cdk-lib").encode())
    for path in _files():
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    digest.update(json.dumps(_changed(design)).encode())
    return digest.hexdigest()[:32]


def _files() -> Iterator[Path]:
    """Every file that a template or the handlers' zip is made from."""
    for source in SOURCES:
        path = ROOT / source
        assert path.exists(), f"{source} is named as a source of the stacks and is not there"
        found = [path] if path.is_file() else sorted(path.rglob("*.py"))
        yield from (file for file in found if "node_modules" not in file.parts)


def _synthesise(design: Design, outdir: Path) -> None:
    """Run the CDK app in a process of its own."""
    outdir.parent.mkdir(parents=True, exist_ok=True)
    environment = node_environment(dict(os.environ)) | {
        "CDK_OUTDIR": str(outdir),
        "CDK_CONTEXT_JSON": json.dumps(_changed(design)),
    }
    done = subprocess.run(
        [sys.executable, "-m", "infra.app"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=SYNTH_MAX_S,
        check=False,
    )
    if done.returncode != 0:
        raise NotDeployed(
            f"the CDK app of {design.name} ended with {done.returncode}. Run "
            f"`python -m infra.app` to see why:\n{done.stderr[-2000:]}"
        )


def _keep(temporary: Path, folder: Path) -> None:
    """Put a whole assembly in its place; another process may have been first with the same one."""
    try:
        temporary.rename(folder)
    except OSError:
        if not folder.exists():
            raise
