"""The controls name the handlers' modules: their harness imports these before them."""

from tests.swarm.controls import mutants  # noqa: F401
