"""A workbench of designs that process a batch on AWS Lambda: run, model, price and compare them.

    from workbench import load_runs, load_bills, load_timelines, plot  # of stored runs
    from workbench import run, estimate, tune, advise  # of a batch to come

Each is loaded when it is first asked for: `import workbench` by itself loads nothing.
"""

TYPE_CHECKING = False  # type checkers take it for true; `typing` would take longer than the rest
if TYPE_CHECKING:
    from workbench.api.batches import RunResult as RunResult
    from workbench.api.batches import advise as advise
    from workbench.api.batches import estimate as estimate
    from workbench.api.batches import run as run
    from workbench.api.batches import tune as tune
    from workbench.api.stored import load_bills as load_bills
    from workbench.api.stored import load_runs as load_runs
    from workbench.api.stored import load_timelines as load_timelines
    from workbench.api.stored import plot as plot

HOMES = {
    "load_runs": "stored",
    "load_bills": "stored",
    "load_timelines": "stored",
    "plot": "stored",
    "run": "batches",
    "estimate": "batches",
    "tune": "batches",
    "advise": "batches",
    "RunResult": "batches",
}
__all__ = [*HOMES]


def __getattr__(name: str) -> object:
    """What the table of contents names, from its home."""
    if name not in HOMES:
        raise AttributeError(f"module 'workbench' has no attribute {name!r}")
    from importlib import import_module

    found = getattr(import_module(f"workbench.api.{HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """The names of the table of contents too, loaded or not."""
    return sorted({*globals(), *HOMES})
