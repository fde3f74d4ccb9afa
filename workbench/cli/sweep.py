"""`workbench sweep study.yaml`: run what is new of a study, and print where its table lies."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli import completion
from workbench.cli.failed_items import end_by_failed
from workbench.cli.options import Results, whole
from workbench.cli.output import Json, print_json
from workbench.errors import BadInput, Incomplete
from workbench.project import RESULTS, STUDIES
from workbench.targets import dollars_by_target

if TYPE_CHECKING:
    from workbench.sweep.sweeping import Swept

LOOKED_AT = 10_000  # runs whose knobs are looked at for what was fitted
SHOWN_MAX = 5  # failed or skipped runs that are named


def command(
    study: Annotated[
        str,
        typer.Argument(
            help="A YAML file, or smoke, story, stress …", autocompletion=completion.studies
        ),
    ],
    results: Results = RESULTS,
    yes: Annotated[bool, typer.Option("--yes", help="Also more than 100,000 runs.")] = False,
    processes: Annotated[int | None, whole("processes", "Default: all cores.", 1)] = None,
    as_json: Json = False,
) -> None:
    """Run every run of a study that is not there yet, and write its table.

    Exit code 3 if items failed in some of its runs, which are finished all the same.
    """
    from workbench.sweep.progress import sweep_progress
    from workbench.sweep.sweeping import sweep

    with sweep_progress() as watch:
        done = sweep(find(study), results, yes=yes, processes=processes, watch=watch)
    tell(done)
    if as_json:
        print_json("sweep", **_content(done))
    else:
        print(done.table)
    if done.failed:
        raise Incomplete(f"{len(done.failed)} of {len(done.jobs)} runs have no run folder.")
    end_by_failed(results / "runs" / job.run_id for job in done.jobs)


def find(study: str) -> Path:
    """A study by its file, or by the name of one that comes with the project."""
    path = Path(study)
    if path.suffix in (".yaml", ".yml") and path.is_file():
        return path
    if (STUDIES / f"{study}.yaml").is_file():
        return STUDIES / f"{study}.yaml"
    there = ", ".join(sorted(one.stem for one in STUDIES.glob("*.yaml")))
    raise BadInput(f"there is no study {study!r}. Give a YAML file, or one of {there}.")


def tell(done: "Swept") -> None:
    """Say on standard error what was done, and what was not."""
    lines = [
        f"{done.study.name}: {done.ran:,} runs, {done.found:,} were there already, "
        f"{dollars_by_target(done.usd)}"
    ]
    if done.older:
        lines.append(
            f"{done.older:,} of them were made by other code than this. To run them again, take "
            "their folders away, or sweep into another --results folder"
        )
    if done.skipped:
        lines.append(f"{len(done.skipped):,} combinations cannot work and were skipped, such as")
        lines += [f"  {reason}" for reason in list(dict.fromkeys(done.skipped))[:SHOWN_MAX]]
    fitted = dict.fromkeys(job.request.fitted().line for job in done.jobs[:LOOKED_AT])
    lines += [line for line in fitted if line][:SHOWN_MAX]
    lines += [f"  {run}: {why}" for run, why in list(done.failed.items())[:SHOWN_MAX]]
    print("\n".join(lines), file=sys.stderr)


def _content(done: "Swept") -> dict[str, Any]:
    """A sweep as JSON has it; each run's folder is under `runs` of the results."""
    return {
        "study": done.study.name,
        "table": done.table,
        "runs": [job.run_id for job in done.jobs],
        "ran": done.ran,
        "found": done.found,
        "older": done.older,
        "skipped": done.skipped,
        "failed": done.failed,
        "cost_usd": done.cost_usd,
    }
