"""`make bench`: every speed and memory figure that the documents state, measured here and now."""

import argparse

from bench import explorer_speed, local_speed, model_speed, peers, swarm_speed

PARTS = {
    "local": local_speed.main,
    "model": model_speed.main,
    "peers": peers.main,
    "swarm": swarm_speed.main,
    "explorer": explorer_speed.main,
}


def main() -> None:
    """Run the parts that were asked for, or all."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="default: all")
    for part in parser.parse_args().parts or PARTS:
        PARTS[part]()


main()
