"""Jobs on machines that do not share the results folder: each run comes back as its files."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from tempfile import gettempdir
from typing import Any, TypeVar

from workbench.engine.parallel import in_parallel
from workbench.runs.records import is_there, keep_folder
from workbench.sweep.jobs import Job
from workbench.temporary import temporary_folder, written_whole

Done = TypeVar("Done")
Files = dict[str, bytes]  # by path under the results folder
PREFIX = "workbench-sweep-"


def spread(
    work: Callable[..., Done],
    tasks: list[tuple[list[Job], Path | None, Any]],
    results: Path | None,
    processes: int | None,
    cluster: str,
) -> Iterator[Done]:
    """`work(jobs, folder, make)` of each task as it ends, with its run folders in `results`."""
    if not cluster:
        yield from in_parallel(work, tasks, processes)
        return
    asked = [(work, jobs, folder is not None, make) for jobs, folder, make in tasks]
    for done, files in in_parallel(elsewhere, asked, processes, cluster, _name):
        if results is not None:
            _keep(files, results)
        yield done


def elsewhere(
    work: Callable[..., Done], jobs: list[Job], foldered: bool, make: Any
) -> tuple[Done, Files]:
    """The work on the machine that it is done on, and what it has written in a folder there."""
    if not foldered:
        return work(jobs, None, make), {}
    with temporary_folder(Path(gettempdir()), PREFIX) as results:
        done = work(jobs, results, make)
        files = [path for path in sorted(results.rglob("*")) if path.is_file()]
        return done, {path.relative_to(results).as_posix(): path.read_bytes() for path in files}


def _keep(files: Mapping[str, bytes], results: Path) -> None:
    """Write what was made elsewhere, each run folder whole; its prediction before it."""
    runs: dict[str, Files] = {}
    for name, content in files.items():
        part, run_id, *rest = PurePosixPath(name).parts
        if part == "runs":
            runs.setdefault(run_id, {})["/".join(rest)] = content
            continue
        with written_whole(results / name) as written:
            written.write_bytes(content)
    for run_id, parts in runs.items():
        if not is_there(results / "runs" / run_id):  # another study that shares it was faster
            keep_folder(run_id, parts, results)


def _name(_work: Any, jobs: list[Job], *_: Any) -> str:
    """What a task is called where it is lost."""
    more = f" and {len(jobs) - 1} more" if len(jobs) > 1 else ""
    return f"{jobs[0].run_id}{more}"
