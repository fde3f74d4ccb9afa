"""Mutants of all handlers against the unit tests and the swarm: prints what sees each, and a table.

`make mutants`; `python -m tests.mutants --only counters --sample 20 --seed 3 --processes 1`.
"""

import signal
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from tempfile import gettempdir

from tests.mutants.judging import Judges, Verdict
from tests.mutants.mutants import Mutant, load_mutants
from workbench.temporary import temporary_folder

COLUMNS = ("mutants", "harmful", "by the swarm", "by unit tests", "by one of them")


def main() -> int:
    """Judge the mutants that are asked for: 1 if a harmful one survives both."""
    asked = _arguments()
    for name in (signal.SIGINT, signal.SIGTERM):  # also where a shell has it ignored
        signal.signal(name, signal.default_int_handler)
    verdicts = []
    for verdict in judged(_chosen(asked), asked):
        print(verdict, flush=True)
        verdicts.append(verdict)
    print(*table(verdicts), sep="\n")
    alive = [one for one in verdicts if not (one.by_tests or one.by_swarm)]
    for one in alive:
        print(
            f"survives: {one.mutant.file}: {one.mutant.name}: {one.mutant.equivalent or 'HARMFUL'}"
        )
    wrong = [one for one in verdicts if one.mutant.equivalent and one not in alive]
    for one in wrong:
        print(f"not equivalent: {one}")
    return bool(wrong) or any(not one.mutant.equivalent for one in alive)


def judged(mutants: list[Mutant], asked: Namespace) -> Iterator[Verdict]:
    """The verdict on each mutant; when this is left, no judge runs any more."""
    with (
        temporary_folder(Path(gettempdir()), "workbench-mutants-") as home,
        ThreadPoolExecutor(asked.processes) as pool,
    ):
        judges = Judges(home, asked.runs, asked.by)
        try:
            yield from pool.map(judges.judge, mutants)
        finally:
            judges.stop()
            pool.shutdown(cancel_futures=True)


def table(verdicts: list[Verdict]) -> Iterator[str]:
    """How many are seen, by group, as a table of Markdown."""
    yield "| | " + " | ".join(COLUMNS) + " |"
    yield "|---" * (len(COLUMNS) + 1) + "|"
    groups = dict.fromkeys(one.mutant.group for one in verdicts)
    for group in (*groups, "all"):
        some = [one for one in verdicts if group in (one.mutant.group, "all")]
        harmful = [one for one in some if not one.mutant.equivalent]
        by_swarm = sum(bool(one.by_swarm) for one in harmful)
        by_tests = sum(bool(one.by_tests) for one in harmful)
        by_one = sum(bool(one.by_swarm or one.by_tests) for one in harmful)
        shares = (f"{n} ({n / max(1, len(harmful)):.0%})" for n in (by_swarm, by_tests, by_one))
        yield f"| {group} | {len(some)} | {len(harmful)} | " + " | ".join(shares) + " |"


def _chosen(asked: Namespace) -> list[Mutant]:
    """The mutants whose file or name has the text that is asked for, or a sample of them."""
    mutants = [one for one in load_mutants() if asked.only in f"{one.group} {one.file} {one.name}"]
    if asked.survivors:
        alive = [line for line in asked.survivors.read_text().splitlines() if "survives: " in line]
        mutants = [one for one in mutants if any(f": {one.name}: " in line for line in alive)]
    if not mutants:
        sys.exit(f"no mutant has {asked.only!r} in its group, file or name")
    if asked.sample:
        mutants = Random(asked.seed).sample(mutants, min(asked.sample, len(mutants)))
    return mutants


def _arguments() -> Namespace:
    parser = ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--only", default="", metavar="TEXT", help="in a group, file or name")
    parser.add_argument(
        "--survivors", type=Path, metavar="LOG", help="those that survived an earlier run"
    )
    parser.add_argument("--sample", type=int, default=0, help="so many of them, drawn at random")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--by", choices=("tests", "swarm"), help="one judge alone")
    parser.add_argument("--runs", type=int, default=200, help="seeds of the swarm of each design")
    parser.add_argument("--processes", type=int, default=2, help="mutants at a time")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("stopped: every judge has ended, and no copy is left")
