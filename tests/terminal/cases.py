"""Every command with words that work in seconds, and what it ends with."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.terminal.pseudo_terminal import Screen, show
from workbench.designs import DESIGNS
from workbench.project import WORKLOADS

PATH = r"/\S+"
NO_CREDENTIALS = "error: AWS credentials: none were found.*"
NO_BATCH = "error: batch 'nothing' is not in the ledger.*"


@dataclass(frozen=True)
class Case:
    """Words of a command line, and what it ends with; words in capitals are the fixture's."""

    words: str
    last: str = ""  # of standard output
    code: int = 0
    error: str = ""  # the last line that stays of standard error

    def __str__(self) -> str:
        return self.words


QUICK = [
    Case("--help", r"[╰+][─-]+[╯+]"),
    Case("prices show", ".*it has no line."),
    Case(f"workload {WORKLOADS / 'seed.yaml'}", "--set value_max=1000"),
    Case("doctor", ".*AWS credentials: none.*"),
    Case("run --design sqs --items 0 --results RESULTS", code=2, error="error: items=0.*"),
    Case(
        "run --design sqs --items 300 --target model --results RESULTS",
        PATH,
        error=r"300 items in .* s, .* items/s, \$0\.00\d\d modelled, \$0 spent",
    ),
]
SLOW = [
    Case(
        "run --design sqs --items 30 --results RESULTS",
        PATH,
        error=r"30 items in .* s, .* items/s, \$0\.00\d\d simulated, \$0 spent",
    ),
    Case("run --design sfn --items 30 --no-forecast --results RESULTS", PATH),
    Case("run --design sfn --fault-seed 1", ".*every promise held"),
    Case("estimate --items 1000 --replications 2", " *what limits it first: .*"),
    Case(
        f"advise {WORKLOADS / 'seed.yaml'} --items 300 --no-confirm",
        r" *workbench run --target aws --design .* --workload .*seed\.yaml",
    ),
    Case(
        "tune --design sfn --items 200 --no-confirm --set memory_mb=128",
        r"floor \S+ tuned \S+ ratio \S+",
    ),
    Case(
        "sweep STUDY --results RESULTS",
        PATH + r"/studies/tiny\.parquet",
        error=rf"tiny: {len(DESIGNS)} runs, 0 were there already, \$0\.00\d\d modelled, \$0 spent",
    ),
    Case("swarm --runs 1", ".*: 0 failures"),
    Case("agreement --results RESULTS", PATH + r"/agreement\.md"),
    Case("calibrate RUN --out PROFILE", PATH + r"\.json"),
    Case("runs list --results RESULTS", r"\S.*", error=r"\d+ runs in .*"),
    Case("runs show RUN --results RESULTS", r".*\S"),
    Case("export RUN --focus bill.xlsx", code=2, error="error: .*must end with.*"),
    Case("runs rm nothing --yes --results RESULTS", code=2, error="error: .*nothing.*"),
    Case("collect RUN", code=2, error="error: .*"),
    Case("prices refresh --from nowhere", code=2, error="error: .*nowhere.*"),
    Case("doctor --target aws", ".*credentials.*", code=1),
    Case("first-day --results RESULTS", code=2, error="error: AWS: no region is set.*"),
    Case("deploy --design sfn", code=2, error="error: AWS: no region is set.*"),
    Case("destroy", code=2, error=NO_CREDENTIALS),
    Case("teardown --dry-run", code=2, error=NO_CREDENTIALS),
    Case("resume nothing --results RESULTS", code=2, error=NO_BATCH),
    Case("purge nothing --results RESULTS", code=2, error=NO_BATCH),
]
PICTURES = [
    Case("study --items 20 --story= --results RESULTS", PATH + r"cost_by_service.*\.png"),
    Case("tables --results RESULTS", PATH + r"/published/agreement\.md"),
    Case("publish --no-video --no-calculator --results RESULTS", PATH + r"/published/\S+"),
    Case("report --results RESULTS", PATH + r"/report\.html"),
]


# Not run here, and why; their help is.
NOT_RUN = {"reference": "it rewrites what git tracks; sweep, publish and tables are its parts"}


def check(case: Case, screen: Screen, place: Mapping[str, Path]) -> None:
    """Run a case on a screen, and hold it to what is documented."""
    words = [str(place.get(word, word)) for word in case.words.split()]
    shown = show(words, screen, place["RESULTS"])
    assert "Traceback" not in shown.out + shown.err, shown.err[-3000:]
    assert not screen.is_ascii or (shown.out + shown.err).isascii()
    assert shown.code == case.code, shown.err
    assert re.fullmatch(case.last, shown.last_line), (shown.out[-2000:], shown.err[-2000:])
    assert not case.error or re.fullmatch(case.error, shown.last_error), shown.err
    assert max(shown.widths, default=0) <= screen.columns
