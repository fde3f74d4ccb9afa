"""Figures that no refactor changes: usage, dollars and times of many runs; the templates.

`python -m tests.frozen.record` writes them anew; `… record local/sqs templates` only the runs whose
names begin so, and the templates. Do that in a commit of its own that says why they changed.
"""

import json
import re
import sys
from hashlib import blake2b
from pathlib import Path

from workbench.designs import DESIGNS, PRESETS, make_design
from workbench.prices import load_book
from workbench.runs.batch import Batch
from workbench.runs.runner import priced
from workbench.targets.local.target import LocalTarget
from workbench.targets.local.world.synth import assembly
from workbench.targets.model.target import ModelTarget

FIGURES = Path(__file__).with_name("figures.json")
TEMPLATES = Path(__file__).with_name("templates.json")
SEED = 7
FIELDS = (
    "created_s processed_s detected_s items_processed items_failed items_duplicated invocations "
    "cold_starts peak_concurrency cost_usd knowing_usd status reason"
).split()
# Knobs beside the presets, on `model` with the first number of items, on `local` with the second.
KNOBS = {
    "sqs": [
        {"claim": True},
        {"track": "message"},
        {"track": "message", "claim": True, "poison_per_million": 20_000},
        {"poison_per_million": 20_000},
        {"item_concurrency": 20},
        {"max_concurrency": None, "batch_window_s": 5},
    ],
    "sfn": [
        {"child_type": "STANDARD"},
        {"poison_per_million": 20_000},
        {"item_concurrency": 20},
        {"child_type": "STANDARD", "child_tries": 3, "poison_per_million": 20_000},
    ],
    "counters": [
        {"item_concurrency": 20},
        {"max_concurrency": None, "poll_s": 120},
        {"items_per_message": 1},
    ],
    "durable": [
        {"item_concurrency": 20},
        {"poison_per_million": 20_000},
        {"items_per_chunk": 5, "chunks_per_segment": 10, "max_concurrency": 20},
    ],
}
KNOBS_ITEMS = {"model": 20_000, "local": 200}
SIZES = {"model": (100, 1_000, 30_000, 1_000_000), "local": (100, 1_000)}
LARGEST = 100_000_000


def cases():
    """Every run by its name: target, design, preset, knobs and items."""
    for target, sizes in SIZES.items():
        for design, presets in PRESETS.items():
            for preset in presets:
                for items in sizes:
                    yield case(target, design, preset, {}, items)
            for knobs in KNOBS[design]:
                yield case(target, design, "default", knobs, KNOBS_ITEMS[target])
    for design in DESIGNS:
        for preset in ("default", "tuned"):
            yield case("model", design, preset, {}, LARGEST)


def case(target, design, preset, knobs, items):
    told = "".join(f",{name}={value}" for name, value in knobs.items())
    return f"{target}/{design}/{preset}{told}/{items}", (target, design, preset, knobs, items)


def figures(given, targets):
    """A run's times, counts, and its usage with the dollars of each line."""
    target, name, preset, knobs, items = given
    design = make_design(name, preset, knobs)
    folder = targets[target].run(design, Batch(items, SEED, "frozen"), lambda _: None)
    folder = priced(folder, load_book())
    lines = {
        f"{row.service}/{row.usage_type}/{row.label}": [
            short(row.quantity),
            short(row.cost_usd),
        ]
        for row in folder.bill.itertuples()
    }
    run = {field: getattr(folder.run, field) for field in FIELDS}
    return {"run": {k: short(v) for k, v in run.items() if v != ""}, "lines": lines}


def short(value):
    """A number with as many digits as two machines agree on."""
    return value if value is None or isinstance(value, str) else float(f"{float(value):.9g}")


def templates():
    """A hash of each resource and output of the default stacks; the code's own hash is left out.

    It stands in the name of a version, too.
    """
    found = {}
    for name, kind in DESIGNS.items():
        path = assembly(kind()) / f"{kind.stack}.template.json"
        text = re.sub(r"[0-9a-f]{64}", "code", path.read_text())
        template = json.loads(re.sub(r"(CurrentVersion[0-9A-F]{8})[0-9a-f]{32}", r"\1", text))
        found[name] = {
            f"{part}/{key}": blake2b(json.dumps(value).encode(), digest_size=6).hexdigest()
            for part in ("Resources", "Outputs")
            for key, value in template[part].items()
        }
    return found


def main(wanted):
    """Record what is wanted: beginnings of runs' names, `templates`; nothing named means all."""
    found = json.loads(FIGURES.read_text()) if wanted else {}
    chosen = {name: given for name, given in cases() if name.startswith(tuple(wanted or [""]))}
    with LocalTarget() as local:
        targets = {"model": ModelTarget(), "local": local}
        found |= {name: figures(given, targets) for name, given in chosen.items()}
    rows = (f"{json.dumps(name)}: {json.dumps(found[name])}" for name, _ in cases())
    FIGURES.write_text("{\n" + ",\n".join(rows) + "\n}\n")
    if not wanted or "templates" in wanted:
        TEMPLATES.write_text(json.dumps(templates(), indent=0) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
