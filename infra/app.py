"""The CDK app of the stacks: `python -m infra.app`, or `cdk deploy` through cdk.json.

Knobs come through CDK context, JSON of what differs from the default preset:
`cdk deploy -c sqs='{"items_per_message": 20}' -c sfn='{}' -c cron=off -c cron_items=100`.
`-c bill_export=on` adds the stack that exports AWS's bills.
The folder written is `CDK_OUTDIR`; jsii finds Node through `JSII_NODE`.
"""

import json
import sys
from typing import Any

import aws_cdk as cdk

from infra.bill_export import BillExportStack
from infra.constructs import Cron
from infra.counters_stack import CountersStack
from infra.durable_stack import DurableStack
from infra.functions import handlers_code
from infra.sfn_stack import SfnStack
from infra.sqs_stack import SqsStack
from workbench.designs import BadInput, make_design

# In the app and not in cdk.json, which only the CDK command line reads: every road to a template
# gives the same one. Without the flag the map's result writer renders nothing.
CONTEXT = {"@aws-cdk/aws-stepfunctions:useDistributedMapResultWriterV2": True}
STACKS: dict[str, type[cdk.Stack]] = {
    "sqs": SqsStack,
    "sfn": SfnStack,
    "counters": CountersStack,
    "durable": DurableStack,
}


def build(
    outdir: str | None,
    knobs: dict[str, dict[str, Any]],
    cron: bool = True,
    cron_items: int = 100,
    bill_export: bool = False,
) -> str:
    """Synthesise the stacks into `outdir` and return the cloud assembly's folder.

    `knobs` has the settings of each design by its name. Bad knobs raise `BadInput`.
    """
    settings = {name: json.dumps(values) for name, values in knobs.items()}
    switches = {
        "cron": "on" if cron else "off",
        "cron_items": str(cron_items),
        "bill_export": "on" if bill_export else "off",
    }
    app = cdk.App(outdir=outdir, analytics_reporting=False, context=CONTEXT | settings | switches)
    compose(app)
    return app.synth().directory


def compose(app: cdk.App) -> None:
    """Add the stacks to the app, as its context asks for them."""
    designs = [make_design(name, settings=_settings(app, name)) for name in STACKS]
    cron = _cron(app)
    for design in designs:
        design.refuse_items(cron.items)
    for design in designs:
        STACKS[design.name](app, design, cron, handlers_code())
    if _is_on(app, "bill_export", default=False):
        BillExportStack(app)


def main() -> int:
    """Synthesise what the context asks for; 2 if it asks for what cannot work."""
    app = cdk.App(analytics_reporting=False, context=CONTEXT)
    try:
        compose(app)
    except BadInput as error:
        print(error, file=sys.stderr)
        return error.exit_code
    app.synth()
    return 0


def _settings(app: cdk.App, name: str) -> dict[str, Any]:
    """A design's knobs from the context: JSON as text, or an object of cdk.json."""
    value = app.node.try_get_context(name)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as error:
            raise BadInput(f"-c {name}={value!r} is not JSON: {error}.") from None
    if value is not None and not isinstance(value, dict):
        raise BadInput(f'-c {name}={value!r} must be a JSON object, such as {{"memory_mb": 256}}.')
    return value or {}


def _cron(app: cdk.App) -> Cron:
    """The schedule's switch and its items from the context."""
    enabled = _is_on(app, "cron", default=True)
    items = app.node.try_get_context("cron_items")
    try:
        return Cron(enabled=enabled, items=100 if items is None else int(items))
    except ValueError:
        raise BadInput(f"-c cron_items={items!r} must be a whole number.") from None


def _is_on(app: cdk.App, name: str, default: bool) -> bool:
    """A switch of the context."""
    switch = app.node.try_get_context(name)
    if switch not in (None, "on", "off"):
        raise BadInput(f"-c {name}={switch!r} must be on or off.")
    return default if switch is None else switch == "on"


if __name__ == "__main__":
    sys.exit(main())
