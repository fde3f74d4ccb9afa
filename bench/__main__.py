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
    "million": ("bench.speed", "million"),
}


def main() -> None:
    """Run the parts that were asked for, or all.

    `size`, which counts lines, and `million`, a million items on `local`, are asked for alone.
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
    for part in asked.parts or [name for name in PARTS if name != "million"]:
        module, function = PARTS[part]
        getattr(import_module(module), function)()


main()
