"""Every function of every design, with an error as its first line: nothing planned explains it."""

import importlib

from tests.swarm.controls.mutants import Control
from workbench.designs import DESIGNS

# So much reaches the dead letters that their consumer works too.
DEADLY = {"throttle": 1.0, "roles": ("processor",), "quiet_s": 8_000.0}
ROLES = [(name, one.role) for name, made in DESIGNS.items() for one in made.parts.functions]


def raises_at_once(event, context):
    raise RuntimeError("the first line")


def raising(design: str, role: str) -> Control:
    """The control of one function."""
    module = importlib.import_module(f"lambdas.{design}.{role}")
    return Control(
        name=f"{design} {role} raises at once",
        design=design,
        changes={module.handler: raises_at_once},
        roles=(role,),
        checks=("ends",),
        items=5,
        knobs={"value_max": 0},
        rates=DEADLY if role == "failures" else {},
    )
