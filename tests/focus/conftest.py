"""The validator in an environment of its own: it wants a newer Python and an older pyarrow."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workbench.project import ROOT

PYTHONS = ("3.12", "3.13")  # the validator's least, and the last that this pyarrow is built for
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
HOME = ROOT / ".cache" / "focus"
ONLY_OTHERS = ("CAPACITY_", "COMMITMENT_")  # of charges that none of ours is
ENOUGH = 250  # rules that a whole file passes: a validator that judges nothing passes nobody


def pythons() -> Iterator[str]:
    """Interpreters that may do: on PATH, or put beside it by pyenv."""
    for version in PYTHONS:
        yield from filter(None, [shutil.which(f"python{version}")])
        yield from map(str, Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))


def works(python: str) -> bool:
    """Whether it is one of the versions: a shim may stand for nothing."""
    code = "import sys, venv; print('%d.%d' % sys.version_info[:2])"
    told = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    return told.returncode == 0 and told.stdout.strip() in PYTHONS


@pytest.fixture(scope="session")
def validator() -> Path:
    """The validator's command, its environment made once for each change of what is in it."""
    ready, wanted = HOME / "ready", REQUIREMENTS.read_text()
    if not ready.exists() or ready.read_text() != wanted:
        python = next(filter(works, pythons()), None)
        if python is None:
            pytest.skip(f"focus-validator needs Python {' or '.join(PYTHONS)}, and none is here")
        subprocess.run([python, "-m", "venv", "--clear", HOME], check=True)
        pip = [HOME / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", REQUIREMENTS], check=True)
        ready.write_text(wanted)
    return HOME / "bin" / "focus-validator"


@pytest.fixture
def failed_rules(validator) -> Callable[[Path], set[str]]:
    """The rules that a file fails, of all but those for charges that none of ours is."""
    [rules] = HOME.glob("lib/*/site-packages/focus_validator/rules/model-*.json")
    version = rules.stem.removeprefix("model-")

    def told(*arguments: str | Path) -> str:
        command = [validator, "--validate-version", version, "--block-download", *arguments]
        # It looks for its rules from where it is started.
        place = rules.parents[2]
        return subprocess.run(command, cwd=place, capture_output=True, text=True, check=True).stdout

    criteria = re.findall(r"\b[A-Z_]+_SUPPORTED\b", told("--show-applicability-criteria"))
    ours = [one for one in dict.fromkeys(criteria) if not one.startswith(ONLY_OTHERS)]
    assert len(ours) > 10, "the validator names its criteria in another way now"

    def failed(file: Path) -> set[str]:
        found = told("--data-file", file, "--applicability-criteria", ",".join(ours))
        [passed] = re.findall(r"\| Pass: (\d+) \|", found)
        assert int(passed) > ENOUGH, f"the validator has judged next to nothing:\n{found}"
        return set(re.findall(r"^❌ ([\w-]+): FAIL", found, re.M))

    return failed
