"""`make bench`: every speed and memory figure that the documents state, measured here and now."""

import argparse
from importlib import import_module
from pathlib import Path

from bench import size

PARTS = {  # the module and the function of each: what one imports may be missing for another
    "local": ("bench.speed", "local"),
    "model": ("bench.model_speed", "main"),
    "peers": ("bench.peers", "main"),
    "swarm": ("bench.speed", "swarm"),
    "explorer": ("bench.speed", "explorer"),
    "sweep": ("bench.sweeps", "main"),
    "million": ("bench.speed", "million"),
    "hundred_thousand": ("bench.sweeps", "hundred_thousand"),
}
ALONE = ("million", "hundred_thousand")  # they take minutes


def main() -> None:
    """Run the parts that were asked for, or all.

    Asked for alone are `size`, which counts lines, `million`, a million items on `local`, and
    `hundred_thousand`, a study of as many runs of the model.
    """
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, "size", []], help="default: all")
    parser.add_argument("--against", help="with size: the revision to compare with")
    asked = parser.parse_args()
    if "size" in asked.parts:
        try:
            size.print_size(Path.cwd(), asked.against)
        except ValueError as error:
            parser.error(str(error))
        return
    for part in asked.parts or [name for name in PARTS if name not in ALONE]:
        module, function = PARTS[part]
        getattr(import_module(module), function)()


main()
