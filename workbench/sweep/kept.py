"""What the parts of a place have of a study: read once, and added to as parts are made."""

import io
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Protocol, Self

import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import BadRecord, WorkbenchError, refusal
from workbench.runs.parts import JSON_FIELDS, RUNS, part_name, read_parquet
from workbench.runs.run import LATER, Run
from workbench.runs.sets import label_sums
from workbench.sweep.jobs import Job
from workbench.sweep.packing import Done, Worked

BILL = ["run_id", "label", "cost_usd"]
FIELDS = [one.name for one in fields(Run)]


class Place(Protocol):
    """Where parts lie: a folder on a disk, or a prefix of a bucket."""

    def names(self) -> list[str]:
        """Every part."""
        ...

    def where(self, part: str, table: str = "") -> str:
        """A part, or a file of it, in words."""
        ...

    def read(self, part: str, table: str, columns: list[str] | None = None) -> pa.Table:
        """A table of a part. BadRecord for a damaged one."""
        ...

    def write(self, part: str, files: Mapping[str, bytes]) -> None:
        """A part by its tables, whole or absent."""
        ...

    def set_aside(self, part: str) -> str:
        """Move a damaged part out of the way, and say where to."""
        ...


@dataclass
class Kept:
    """The runs of a study that are in parts."""

    place: Place
    asked: frozenset[str]
    ids: set[str] = field(default_factory=set)
    found_commits: Counter[str] = field(default_factory=Counter)  # of those that were there before
    _runs: list[pa.Table] = field(default_factory=list)
    _sums: list[pa.Table] = field(default_factory=list)

    @classmethod
    def of(cls, place: Place, jobs: Iterable[Job]) -> Self:
        """Those that are there. A damaged part is named and set aside, and its runs are new."""
        kept = cls(place, frozenset(job.run_id for job in jobs))
        for part in place.names():
            try:
                kept._look(part)
            except BadRecord as error:
                aside = place.set_aside(part)
                why = " ".join(str(error).split())
                print(
                    f"warning: a damaged part: {why}. It is moved to {aside}, and its runs are "
                    "done again",
                    file=sys.stderr,
                )
        for table in kept._runs:
            kept.found_commits.update(table["commit"].to_pylist())
        return kept

    def add(self, worked: Worked) -> list[Done]:
        """Write what a task has made, and say of each of its runs how it ended."""
        if not worked.files:
            return worked.done
        runs = read_parquet(io.BytesIO(worked.files[RUNS]), RUNS)
        try:
            self.place.write(part_name(runs["run_id"].to_pylist()), worked.files)
        except (WorkbenchError, OSError) as error:
            why = refusal(error) if isinstance(error, OSError) else str(error)
            return [replace(one, error=one.error or why) for one in worked.done]
        bill = read_parquet(io.BytesIO(worked.files["bill"]), "bill", BILL)
        self._take(runs, bill, set(runs["run_id"].to_pylist()))
        return worked.done

    def runs(self) -> pa.Table:
        """The records, one row a run."""
        return pa.concat_tables(self._runs, promote_options="default")  # older ones lack fields

    def dollars(self) -> pa.Table:
        """Their dollars by label: run_id, label, usd."""
        return pa.concat_tables(self._sums)

    def with_failed(self) -> list[Run]:
        """The runs of which items failed."""
        if not self._runs:
            return []
        rows = self.runs().filter(pc.field("items_failed") > 0).to_pylist()
        return [Run(**row | {name: json.loads(row[name]) for name in JSON_FIELDS}) for row in rows]

    def _look(self, part: str) -> None:
        """Take what a part has of the study; another study's is not read to its end."""
        ids = set(self.place.read(part, RUNS, ["run_id"])["run_id"].to_pylist())
        new = (ids & self.asked) - self.ids
        if new:
            runs = self.place.read(part, RUNS)
            if lacking := set(FIELDS) - set(runs.column_names) - set(LATER):
                raise BadRecord(
                    f"{self.place.where(part, RUNS)} lacks {', '.join(sorted(lacking))}"
                )
            there = [name for name in FIELDS if name in runs.column_names]
            self._take(runs.select(there), self.place.read(part, "bill", BILL), new)

    def _take(self, runs: pa.Table, bill: pa.Table, ids: set[str]) -> None:
        own = pc.field("run_id").isin(pa.array(sorted(ids), pa.string()))
        self._runs.append(runs.filter(own))
        self._sums.append(label_sums([bill.filter(own)]))
        self.ids |= ids
