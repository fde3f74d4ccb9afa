"""What is seen of a run, beside what the model makes of it."""

import pytest

from workbench.agreement.observe import observe, slept_ms
from workbench.designs import DESIGNS, make_design
from workbench.runs.batch import Batch
from workbench.targets.model.target import ModelTarget

ALWAYS = {"processed, s", "invocation beyond sleep, ms", "batcher, s", "cold, starts"}


@pytest.mark.parametrize("name", DESIGNS)
def test_every_design_is_seen_by_what_it_tells(name):
    """No design is asked for a moment that it does not have, or for one that hangs on its polls."""
    design = make_design(name)
    folder = ModelTarget().run(design, Batch(1_000, 7, "b-seen"), lambda _: None)
    seen = observe(folder, slept_ms(folder), None, 0.0)
    own = {one for one in seen if not one.startswith("minute ")}
    polls, creates = "poll_s" in design.knobs(), folder.run.created_s is not None
    wanted = ALWAYS | ({"created, s"} if creates else set())
    wanted |= set() if polls else {"detection lag, s"}
    if design.parts.machine:
        wanted |= {"summary, s", "child beyond its invocation, ms"}
    assert own == wanted
    assert seen["processed, s"] == pytest.approx(folder.run.processed_s)
