"""A scenario as others take it: command lines of `workbench estimate`, papermill's parameters."""

import json
from shlex import join
from typing import Any

from analysis.explore.scenario import Scenario, discount_texts


def command_line(scenario: Scenario) -> str:
    """The command that estimates every design at this scenario; what it cannot say is a comment."""
    command = ["workbench", "estimate", "--items", str(scenario.items)]
    command += ["--seed", str(scenario.seed)]
    if "file" in scenario.workload:
        command += ["--workload", str(scenario.workload["file"])]
    else:
        knobs = scenario.work.knobs()
        knobs = {k: v for k, v in knobs.items() if k != "value_max" or "durations" not in knobs}
        command += _sets("", knobs)
    for name, knobs in scenario.knobs.items():
        command += _sets(f"{name}.", knobs)
    return "\n".join([*_comments(scenario), join(command + _terms(scenario))])


def papermill_lines(scenario: Scenario) -> str:
    """A line a design that runs it on the model by `notebooks/benchmark.ipynb`."""
    lines = ["# list prices of the newest book: a run's own bill has no other"]
    for design in scenario.designs:
        knobs = scenario.work.knobs() | dict(scenario.knobs.get(design.name, {}))
        command = ["papermill", "notebooks/benchmark.ipynb", f"{design.name}.ipynb"]
        chosen = {"design": design.name, "target": "model", "items": scenario.items}
        for name, value in (chosen | {"seed": scenario.seed}).items():
            command += ["-p", name, str(value)]
        lines.append(join([*command, "-y", f"settings: {json.dumps(knobs)}"]))
    return "\n".join(lines)


def _sets(before: str, knobs: dict[str, Any]) -> list[str]:
    """Knobs as options."""
    return [
        part
        for name, value in knobs.items()
        for part in ("--set", f"{before}{name}={_told(value)}")
    ]


def _told(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool | None) else str(value)


def _terms(scenario: Scenario) -> list[str]:
    """The terms as options."""
    terms = scenario.terms
    options = ["--region", terms.region]
    options += ["--prices", terms.price_date] if terms.price_date else []
    options += [] if terms.month is None else ["--free-tier"]
    return options + [part for text in discount_texts(terms) for part in ("--discount", text)]


def _comments(scenario: Scenario) -> list[str]:
    """What no option says."""
    lines = []
    if scenario.factors:
        lines.append("# without the factors on prices, which no option has")
    if scenario.terms.month:
        lines.append("# add --already FILE.json with what the month has used")
    return lines
