"""`make bench`: every speed and memory figure that the documents state, measured here and now."""

import argparse
from importlib import import_module
from pathlib import Path

from bench import local_speed, size

PARTS = {
    "local": "bench.local_speed",
    "model": "bench.model_speed",
    "peers": "bench.peers",
    "swarm": "bench.swarm_speed",
    "explorer": "bench.explorer_speed",
}


def main() -> None:
    """Run the parts that were asked for, or all.

    `size`, which counts lines, and `million`, a million items on `local`, are asked for alone.
    """
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", choices=[*PARTS, "million", "size", []], help="default: all"
    )
    parser.add_argument("--against", help="with size: the revision to compare with")
    asked = parser.parse_args()
    if "size" in asked.parts:
        try:
            size.print_size(Path.cwd(), asked.against)
        except ValueError as error:
            parser.error(str(error))
        return
    if "million" in asked.parts:
        local_speed.run_million()
        return
    for part in asked.parts or PARTS:
        import_module(PARTS[part]).main()


main()
