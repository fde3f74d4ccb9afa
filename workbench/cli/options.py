"""Options that several commands share, how their text is read, and what a shell completes.

A shell asks at every press of a key, so nothing here imports what takes long (pandas, numba …).
"""

import re
import sys
from collections.abc import Iterable
from dataclasses import Field, fields
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.border import positive, whole_number
from workbench.designs import DESIGNS, PRESETS, Fitted
from workbench.errors import BadInput, shown
from workbench.project import RESULTS, STUDIES, WORKLOADS
from workbench.runs.results_folder import refuse_unwritable
from workbench.targets import FIGURES

if TYPE_CHECKING:
    from workbench.sweep.bucket import Bucket

S3 = "s3://"
KNOWN = f"{', '.join(list(DESIGNS)[:-1])} or {list(DESIGNS)[-1]}"
GROUPED = re.compile(r"[1-9][0-9]{0,2}(,[0-9]{3})+")  # one number, or a list of numbers


def one_design(incomplete: str) -> list[str]:
    """Names of designs."""
    return _beginning(DESIGNS, incomplete)


def several_designs(incomplete: str) -> list[str]:
    """Names of designs, also after those that stand there with commas, or all."""
    before, comma, last = incomplete.rpartition(",")
    taken = before.split(",")
    words = DESIGNS if comma else (*DESIGNS, "all")
    return [before + comma + name for name in _beginning(words, last) if name not in taken]


def targets(incomplete: str) -> list[str]:
    """Names of targets."""
    return _beginning(FIGURES, incomplete)


def presets(ctx: typer.Context, incomplete: str) -> list[str]:
    """Presets that the command's designs have."""
    names = (preset for design in _designs(ctx) for preset in PRESETS[design])
    return _beginning(dict.fromkeys(names), incomplete)


def knobs(ctx: typer.Context, incomplete: str) -> list[str]:
    """Knobs of the command's designs, plain or with a design's name before; after `=` values."""
    designs = _designs(ctx)
    found: dict[str, Field] = {}
    for design in designs:
        own = {knob.name: knob for knob in fields(DESIGNS[design])}
        found |= own | {f"{design}.{name}": knob for name, knob in own.items()}
    name, sign, value = incomplete.partition("=")
    if sign:
        if name not in found:
            return []
        is_flag = isinstance(found[name].default, bool)
        values = ("true", "false") if is_flag else found[name].metadata["of"]
        return [f"{name}={one}" for one in _beginning(values, value)]
    shown = found if "." in name else [plain for plain in found if "." not in plain]
    prefixes = [f"{design}." for design in designs] if len(designs) > 1 and "." not in name else []
    return [f"{one}=" for one in _beginning(shown, name)] + _beginning(prefixes, name)


def studies(incomplete: str) -> list[str]:
    """Names of the studies that come with the project."""
    return _beginning(sorted(path.stem for path in STUDIES.glob("*.yaml")), incomplete)


def workloads(incomplete: str) -> list[str]:
    """Paths of the workloads that come with the project."""
    return _beginning(sorted(str(path) for path in WORKLOADS.glob("*.yaml")), incomplete)


def run_ids(ctx: typer.Context, incomplete: str) -> list[str]:
    """Names of the folders of runs."""
    results = ctx.params.get("results") or RESULTS
    return _beginning(sorted(path.name for path in (results / "runs").glob("[!.]*")), incomplete)


def _designs(ctx: typer.Context) -> tuple[str, ...]:
    """The designs that the command line names so far; all if it names none that is known."""
    given = ctx.params.get("design")
    named = (given or "").split(",")
    return tuple(name for name in named if name in DESIGNS) or tuple(DESIGNS)


def _beginning(words: Iterable[str], incomplete: str) -> list[str]:
    return [word for word in words if word.startswith(incomplete)]


def on_disk(results: Path) -> Path:
    """A results folder; a bucket is refused, since only a sweep writes there."""
    if str(results).startswith("s3:"):
        raise BadInput(
            f"--results {results}: only `workbench sweep` takes a bucket. Copy its results here "
            "(`aws s3 sync`), and name the folder."
        )
    return results


def written(results: Path) -> Path:
    """A results folder that can be written."""
    return refuse_unwritable(on_disk(results))


def place(results: Path | str) -> "Path | Bucket":
    """A results folder, or the bucket that an address names."""
    if not str(results).startswith(S3):
        return on_disk(Path(results))
    from workbench.sweep.bucket import Bucket

    return Bucket(str(results))


Runs = Annotated[
    list[str], typer.Argument(help="Paths, ids, or beginnings of ids.", autocompletion=run_ids)
]
Results = Annotated[
    Path,
    typer.Option(
        "--results",
        help="Where the runs are stored; results/reference has the project's own.",
        show_default=False,
        callback=on_disk,
    ),
]
SweptInto = Annotated[
    Any,
    typer.Option(
        "--results",
        help="Where its runs and its table lie: a folder, or s3://bucket/prefix.",
        show_default=False,
        parser=place,
        metavar="FOLDER|s3://…",
    ),
]

# Of commands that write there: refused before anything runs, if they cannot.
WrittenResults = Annotated[
    Path,
    typer.Option(
        "--results",
        help="Where runs, tables and charts lie.",
        show_default=False,
        callback=written,
    ),
]
Cluster = Annotated[
    str,
    typer.Option(
        envvar="WORKBENCH_CLUSTER",
        help="Workers of Dask: a scheduler, as in tcp://127.0.0.1:8786, or local.",
        show_default=False,
    ),
]
Region = Annotated[
    str | None, typer.Option(help="AWS's region; on aws the session's, elsewhere us-east-1.")
]
PricesRegion = Annotated[
    str | None, typer.Option("--region", help="Whose prices; else a workload's, or us-east-1.")
]
Bootstrap = Annotated[
    bool, typer.Option("--bootstrap", help="Let CDK set up a region that it never saw.")
]
Qualifier = Annotated[
    str | None, typer.Option(help="Of the account's CDK bootstrap, if not CDK's own.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="A knob: name=value, or design.name=value. May repeat.",
        autocompletion=knobs,
    ),
]
WorkloadFile = Annotated[
    Path | None,
    typer.Option(
        "--workload",
        help="A YAML file that says what the items are, such as workloads/seed.yaml.",
        autocompletion=workloads,
    ),
]
Designs = Annotated[
    str,
    typer.Option(
        "--design",
        "--designs",
        help=f"{KNOWN}, several with commas, or all.",
        autocompletion=several_designs,
    ),
]
Study = Annotated[
    str,
    typer.Argument(help="A YAML file, or smoke, story, stress …", autocompletion=studies),
]
Design = Annotated[str, typer.Option(help=f"{KNOWN}.", autocompletion=one_design)]
Target = Annotated[str, typer.Option(help="local, model or aws.", autocompletion=targets)]
Preset = Annotated[
    str,
    typer.Option(help="default, published, tuned or tuned-concurrent.", autocompletion=presets),
]


def read_designs(text: str) -> tuple[str, ...]:
    """The designs that a text names: names with commas between them, or all; each once."""
    if text == "all":
        return tuple(DESIGNS)
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    for name in names:
        if name not in DESIGNS:
            known = ", ".join(DESIGNS)
            raise BadInput(f"design={name!r} is not known. Take one of {known}, or all.")
    return names


def settings_by_design(
    pairs: list[str] | None, designs: tuple[str, ...]
) -> dict[str, dict[str, str]]:
    """The knobs that are set for each design: `design.name=value` before a plain `name=value`.

    A plain one is for each of the designs that has the knob; refused if none of several has it.
    """
    plain: dict[str, str] = {}
    own: dict[str, dict[str, str]] = {design: {} for design in designs}
    for pair in pairs or []:
        name, sign, value = (part.strip() for part in pair.partition("="))
        if not sign:
            raise BadInput(f"--set {pair!r} is not name=value.")
        design, dot, knob = name.rpartition(".")
        if dot and design not in own:
            raise BadInput(f"--set {pair!r}: {design!r} is not among {', '.join(designs)}.")
        (own[design] if dot else plain)[knob] = value
    if len(designs) == 1:  # the design itself names the knobs that it has
        return {designs[0]: plain | own[designs[0]]}
    knobs_of = {design: {knob.name for knob in fields(DESIGNS[design])} for design in designs}
    for name in plain:
        if not any(name in names for names in knobs_of.values()):
            raise BadInput(f"knob {name!r} is not one of {' or '.join(designs)}.")
    return {
        design: {n: v for n, v in plain.items() if n in knobs_of[design]} | own[design]
        for design in designs
    }


def read_settings(pairs: list[str] | None, design: str) -> dict[str, str]:
    """The knobs that are set in a command for one design."""
    return settings_by_design(pairs, (design,))[design]


def read_sizes(text: str) -> tuple[int, ...]:
    """Numbers of items, with commas between them.

    A list that is also one number with its thousands apart (1,200) is refused, not guessed.
    """
    if GROUPED.fullmatch(text):
        number, sizes = text.replace(",", ""), text.replace(",", ", ")
        raise BadInput(
            f"items={shown(text)}: may be one size or several. Write {number}, or with blanks "
            f"'{sizes}'."
        )
    return tuple(whole_number("items", size, 1) for size in text.split(","))


def whole(name: str, help_text: str, low: int | None = None, high: int | None = None) -> Any:
    """An option that is a whole number in any spelling: 1000, 1e3, 1_000, 1k."""

    def read(value: Any) -> int:
        return whole_number(name, value, low, high)

    return typer.Option(help=help_text, parser=read, metavar="INTEGER")


def amount(name: str, help_text: str) -> Any:
    """An option that is a finite number above zero."""

    def read(value: Any) -> Decimal:
        return positive(name, value)

    return typer.Option(help=help_text, parser=read, metavar="NUMBER")


def say_fitted(fitted: Fitted, before: str = "") -> None:
    """Which knobs were changed because nobody had set them."""
    if fitted.line:
        print(f"{before}{fitted.line}", file=sys.stderr)
