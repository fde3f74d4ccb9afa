"""A Cost Explorer for the proxy: what AWS has of runs a day later, by their own meters."""

from datetime import UTC, datetime

import pandas as pd

from tests.e2e.proxy import Answered, Rule
from workbench.bill import bill
from workbench.bill.monthly_cost import standing_usage
from workbench.designs import make_design
from workbench.prices import load_book
from workbench.runs.records import USAGE_COLUMNS, RunData
from workbench.targets.local.world.cost_explorer import Terms, answers

STOOD_S = 3_600  # how long the stacks of these runs stood besides


def costs_of(runs: list[RunData], terms: Terms | None = None) -> list[Rule]:
    """Answers to GetCostAndUsage for runs of one day: each design's own, and the account's."""
    day = datetime.fromisoformat(runs[0].run.started_at).astimezone(UTC)
    day = day.replace(hour=0, minute=0, second=0, microsecond=0)
    whole = pd.concat([one.bill for one in runs])
    _, rest, records = answers(whole, day, terms=terms)
    rules = [
        Rule("ce.GetCostAndUsage", Answered(records), of='"RECORD_TYPE"}'),  # as a group
        Rule("ce.GetCostAndUsage", Answered(rest), of="ABSENT"),
    ]
    for design in dict.fromkeys(one.run.design for one in runs):
        own = [one for one in runs if one.run.design == design]
        rows = standing_usage(make_design(design, settings=own[0].run.knobs), STOOD_S)
        usage = pd.DataFrame(rows, columns=USAGE_COLUMNS).astype({"quantity": object})
        standing = bill(usage, load_book())
        tagged, _, _ = answers(pd.concat([one.bill for one in own]), day, standing, terms)
        rules.append(Rule("ce.GetCostAndUsage", Answered(tagged), of=f'"{design}"'))
    return rules
