"""The model of each design, by its name: settings, kernel, state and usage."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.targets.model.counters.kernel import run_counters
from workbench.targets.model.counters.settings import counters_settings
from workbench.targets.model.counters.usage import counters_usage
from workbench.targets.model.engine.limits import SEGMENT_TIME
from workbench.targets.model.sfn.kernel import run_sfn
from workbench.targets.model.sfn.settings import sfn_settings
from workbench.targets.model.sfn.state import sfn_state
from workbench.targets.model.sfn.usage import sfn_usage
from workbench.targets.model.sqs.kernel import run_sqs
from workbench.targets.model.sqs.settings import sqs_settings
from workbench.targets.model.sqs.state import sqs_state
from workbench.targets.model.sqs.usage import sqs_usage

CHILD_TIME = "child time"  # an Express child passes five minutes


@dataclass(frozen=True)
class Model:
    """How one design is modelled.

    `settings` takes a design, a batch, a profile and the seed of the latencies; `run` works on the
    record of the settings and a fresh `state`; `usage` takes the design and both of them.
    """

    settings: Callable[..., Any]
    run: Callable[[np.ndarray, np.ndarray], None]
    state: Callable[[np.ndarray], np.ndarray]
    usage: Callable[..., pd.DataFrame]
    late_limit: str = SEGMENT_TIME  # which of AWS's times is passed where one is


MODELS = {
    "sqs": Model(sqs_settings, run_sqs, sqs_state, sqs_usage),
    "sfn": Model(sfn_settings, run_sfn, sfn_state, sfn_usage, CHILD_TIME),
    "counters": Model(counters_settings, run_counters, sqs_state, counters_usage),
}
