"""The designs and every knob they have, with AWS's limits checked.

CDK, the handlers' batch records, `local`, `model` and `aws` all read these classes, so they cannot
disagree. A knob's unit is the last word of its name. Limits are AWS's, from docs/platform.md.
"""

from workbench.designs.counters import Counters
from workbench.designs.design import (
    FUNCTION_TIMEOUT_MAX_S,
    ITEM_PAYLOAD_MAX_BYTES,
    ITEM_TRAITS,
    ITEMS_MAX,
    WORKLOAD_KNOBS,
    Design,
)
from workbench.designs.durable import ALIAS as DURABLE_ALIAS
from workbench.designs.durable import EXECUTION_KEPT_DAYS as DURABLE_KEPT_DAYS
from workbench.designs.durable import EXECUTION_TIMEOUT_S as DURABLE_TIMEOUT_S
from workbench.designs.durable import TRIES_MAX as DURABLE_TRIES_MAX
from workbench.designs.durable import Durable
from workbench.designs.parts import Part, Parts, Search
from workbench.designs.presets import (
    COMPARED,
    DESIGNS,
    PRESETS,
    Fitted,
    fit_design,
    make_design,
    refit_design,
)
from workbench.designs.promised import promises
from workbench.designs.queued import MESSAGE_MAX_BYTES, Queued
from workbench.designs.sfn import BATCH_KEPT_DAYS, EXPRESS_MAX_S, RETRY_WAIT_S, Sfn
from workbench.designs.sqs import Sqs
from workbench.errors import BadInput, BadKnob

__all__ = [
    "BATCH_KEPT_DAYS",
    "COMPARED",
    "DESIGNS",
    "DURABLE_ALIAS",
    "DURABLE_KEPT_DAYS",
    "DURABLE_TIMEOUT_S",
    "DURABLE_TRIES_MAX",
    "EXPRESS_MAX_S",
    "FUNCTION_TIMEOUT_MAX_S",
    "ITEMS_MAX",
    "ITEM_PAYLOAD_MAX_BYTES",
    "ITEM_TRAITS",
    "MESSAGE_MAX_BYTES",
    "PRESETS",
    "RETRY_WAIT_S",
    "WORKLOAD_KNOBS",
    "BadInput",
    "BadKnob",
    "Counters",
    "Design",
    "Durable",
    "Fitted",
    "Part",
    "Parts",
    "Queued",
    "Search",
    "Sfn",
    "Sqs",
    "fit_design",
    "make_design",
    "promises",
    "refit_design",
]
