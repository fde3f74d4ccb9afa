"""Rival simulators beside ours: requests that feed servers with a cap of 1,000, one item each.

Service times are uniform over a second. SimPy, Ciw and SimFaaS are the optional dependency group
`peers`; one that is not installed is said to be missing, never guessed.
"""

import random
import statistics
import sys
import time
from collections.abc import Callable
from heapq import heapreplace
from importlib.util import find_spec

from bench.processes import REPEATS, fresh, print_figures, stay_on_one_core

SERVERS, RATE = 1_000, 1_900.0  # requests a second: 95 % of what the servers can do
OURS = "this model, one item an invocation"


def simpy_open(items: int, seed: int) -> None:
    """SimPy: one process a request, Poisson arrivals, a Resource."""
    import simpy

    dice, environment = random.Random(seed), simpy.Environment()
    servers = simpy.Resource(environment, capacity=SERVERS)

    def request():  # noqa: ANN202 - a generator of SimPy's events
        with servers.request() as place:
            yield place
            yield environment.timeout(dice.random())

    def source():  # noqa: ANN202
        for _ in range(items):
            yield environment.timeout(dice.expovariate(RATE))
            environment.process(request())

    environment.process(source())
    environment.run()


def ciw_open(items: int, seed: int) -> None:
    """Ciw: one node, Poisson arrivals, until so many have finished."""
    import ciw

    ciw.seed(seed)
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate=RATE)],
        service_distributions=[ciw.dists.Uniform(lower=0.0, upper=1.0)],
        number_of_servers=[SERVERS],
    )
    ciw.Simulation(network).simulate_until_max_customers(items, method="Finish")


def simfaas_open(items: int, seed: int) -> None:
    """SimFaaS: it has no queue and rejects what passes the cap."""
    import numpy as np
    from simfaas.ServerlessSimulator import ServerlessSimulator
    from simfaas.SimProcess import SimProcess

    np.random.seed(seed)

    class Uniform(SimProcess):
        def generate_trace(self) -> float:
            return np.random.random()

    simulator = ServerlessSimulator(
        arrival_rate=RATE,
        warm_service_process=Uniform(),
        cold_service_process=Uniform(),
        expiration_threshold=600,
        max_time=items / RATE,
        maximum_concurrency=SERVERS,
    )
    simulator.generate_trace()


def heap_loop(items: int, seed: int) -> None:
    """A plain loop over a heap of servers: no retries, no table, no finalizer."""
    dice, free_at, now = random.Random(seed), [0.0] * SERVERS, 0.0
    for _ in range(items):
        now += dice.expovariate(RATE)
        heapreplace(free_at, max(free_at[0], now) + dice.random())


def our_model(items: int, seed: int) -> None:
    """The whole design `sqs`, one item an invocation."""
    from workbench.designs import make_design
    from workbench.runs.batch import Batch
    from workbench.targets.model.target import ModelTarget

    knobs = {"items_per_message": 1, "messages_per_invocation": 1}
    ModelTarget().outcome(make_design("sqs", settings=knobs), Batch(items, seed, "bench"))


CASES: dict[str, tuple[Callable[[int, int], None], tuple[str, ...], int]] = {
    "SimFaaS": (simfaas_open, ("simfaas", "scipy"), 5_000),
    "Ciw": (ciw_open, ("ciw",), 20_000),
    "SimPy, Resource": (simpy_open, ("simpy",), 200_000),
    "plain heap loop": (heap_loop, (), 1_000_000),
    OURS: (our_model, (), 10_000_000),
}


def main() -> None:
    """Print items a second of each, and how many times faster ours is."""
    print(f"rivals, one core, median of {REPEATS}")
    speeds = {}
    for name, (_, packages, _) in CASES.items():
        missing = [package for package in packages if find_spec(package) is None]
        if missing:
            print(f"  {name:36s} lacks {' and '.join(missing)}: pip install -e '.[peers]'")
        else:
            speeds[name] = measured(name)
    for name, (items_s, mib) in speeds.items():
        ratio = speeds[OURS][0] / items_s
        print(f"  {name:36s} {items_s:>14,.0f} items/s {mib:6.0f} MiB   ours {ratio:,.1f} times")


def measured(name: str) -> tuple[float, float]:
    """Items a second and peak MiB of a case, each repeat in a process of its own."""
    found = [fresh("bench.peers", name, str(seed)) for seed in range(1, REPEATS + 1)]
    return tuple(statistics.median(run[key] for run in found) for key in ("items_s", "peak_mib"))


def one(name: str, seed: int) -> None:
    """One case in this process; imports and compiled code are warmed up first."""
    stay_on_one_core()
    case, _, items = CASES[name]
    case(10, seed)
    started = time.perf_counter()
    case(items, seed)
    print_figures(items_s=items / (time.perf_counter() - started))


if __name__ == "__main__":
    one(sys.argv[1], int(sys.argv[2]))
