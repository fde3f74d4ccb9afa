"""The results folder: whether it can be written, asked before anything runs and costs anything."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from workbench.errors import BadInput
from workbench.temporary import clear_left, temporary

# The folders under it that we write.
PARTS = ("runs", "parts", "predictions", "studies", "ledger", "tables", "published")
ADVICE = "Name a folder that can be written with --results."


def is_packed(results: Path) -> bool:
    """Whether a folder is a packed set of runs, which `workbench.runs.sets` writes."""
    return (results / "runs.parquet").is_file()


def refuse_unwritable(results: Path) -> Path:
    """The folder, if files can be made in it and in its parts; BadInput says why not.

    What killed processes have left there is cleared.
    It is really tried, since permission bits tell a superuser, a read-only disk and a full one
    nothing. What is not there yet is tried at the nearest folder above, and is not made.
    """
    if is_packed(results):
        raise BadInput(
            f"{results} is a packed set of runs, which is only read (`workbench report`, "
            f"`workbench publish`). {ADVICE}"
        )
    for place in (results, *(results / part for part in PARTS)):
        _try(results, _nearest(place))
        clear_left(place)
    return results


def published(results: Path) -> Path:
    """Where charts of a set go: `published/` in a results folder, and beside a packed set.

    Raises BadInput if that cannot be written.
    """
    if is_packed(results):
        results = results.resolve()
        return refuse_unwritable(results.parent) / "published" / results.name
    return refuse_unwritable(results) / "published"


class Beginning:
    """Whether a run has begun: it has once progress was reported."""

    def __init__(self) -> None:
        self.seen = False

    def listening(self, watch: Callable[[Any], None]) -> Callable[[Any], None]:
        """The watcher, with an ear to it."""

        def heard(now: Any) -> None:
            self.seen = True
            watch(now)

        return heard


@contextmanager
def nothing_left(results: Path, run_id: str) -> Iterator[Beginning]:
    """A run that breaks in here before it began leaves no prediction, and no empty folder."""
    beginning = Beginning()
    with no_empty_folders(results):
        try:
            yield beginning
        except BaseException:
            if not beginning.seen:
                with suppress(OSError):
                    prediction_path(results, run_id).unlink()
            raise


@contextmanager
def no_empty_folders(results: Path) -> Iterator[None]:
    """What breaks in here leaves no empty folder that was not there before."""
    places = [results / part for part in PARTS] + [results, *results.absolute().parents]
    missing = [place for place in places if not os.path.lexists(place)]
    try:
        yield
    except BaseException:
        for place in missing:
            with suppress(OSError):  # it is not there, or there is something in it
                place.rmdir()
        raise


def prediction_path(results: Path, run_id: str) -> Path:
    """Where the prediction of a run is."""
    return results / "predictions" / f"{run_id}.json"


def _nearest(place: Path) -> Path:
    """The place itself or the nearest one above that exists, be it a link to nothing."""
    place = place.absolute()
    return next(one for one in (place, *place.parents) if os.path.lexists(one))


def _try(results: Path, place: Path) -> None:
    """Write a byte in a folder and take it away."""
    if not place.is_dir():
        kind = "a link that leads nowhere" if not place.exists() else "a file"
        raise BadInput(f"results={str(results)!r}: {place} is {kind}, not a folder. {ADVICE}")
    try:
        with temporary(place) as tried:
            tried.write_bytes(b"0")
    except OSError as error:
        why = error.strerror or str(error)
        raise BadInput(
            f"results={str(results)!r}: {place} cannot be written: {why}. {ADVICE}"
        ) from None
