"""Tuning a design on the model: the cheapest, the fastest, the front, and what each knob bought.

Goal      Goal, floor_usd: what is asked for, and what the work alone costs
Tune      tune, Tuned: candidates, finalists, the choices
Gains     steps_between, savings: one change at a time, the largest saving first
Confirm   confirm, Confirmed: the choice on `local`, beside its prediction
"""

from workbench.tune.confirm import Confirmed, confirm
from workbench.tune.gains import Step, savings, steps_between
from workbench.tune.goal import Goal, floor_usd
from workbench.tune.tuning import Tuned, tune

__all__ = [
    "Confirmed",
    "Goal",
    "Step",
    "Tuned",
    "confirm",
    "floor_usd",
    "savings",
    "steps_between",
    "tune",
]
