"""Mutants of the handlers: small changes of meaning, as data, each of which something must see.

A YAML file holds, by source file, what each mutant is called, the snippet that it replaces (which
occurs exactly once), what stands there instead, and what that means. A snippet of several lines is
written without the indentation of its first one. `equivalent` says why nobody can tell a mutant
from the sound code; all others are harmful.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml

from workbench.designs import DESIGNS

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).parent
TESTS_OF_THE_MACHINE = ("states", "tasks", "machine", "sfn_stack")


@dataclass(frozen=True)
class Mutant:
    """One change of a source file."""

    group: str  # a design, `machine` (the states of sfn) or `shared` by several designs
    file: str  # from the project's folder
    name: str
    place: str
    becomes: str
    means: str
    equivalent: str = ""  # why nothing can see it; empty if it is harmful

    def changed(self, source: str) -> str:
        """The source with the mutant in it; ValueError unless its place is there once."""
        found = []
        for match in re.finditer(re.escape(self.place.partition("\n")[0]), source):
            line = source[source.rfind("\n", 0, match.start()) + 1 : match.start()]
            inside = "\n" + line[: len(line) - len(line.lstrip())]
            place = self.place.replace("\n", inside)
            if source.startswith(place, match.start()):
                becomes = self.becomes.replace("\n", inside)
                found.append(
                    source[: match.start()] + becomes + source[match.start() + len(place) :]
                )
        if len(found) != 1:
            raise ValueError(f"{self.name!r}: its place is {len(found)} times in {self.file}")
        return found[0]

    def write(self, folder: Path) -> None:
        """Change the copy of the source that lies in a folder."""
        path = folder / self.file
        path.write_text(self.changed(path.read_text(encoding="utf-8")), encoding="utf-8")

    @cached_property
    def designs(self) -> tuple[str, ...]:
        """The designs whose handlers run the file."""
        if self.group == "machine":
            return ("sfn",)
        return (self.group,) if self.group in DESIGNS else _users(Path(self.file).stem)

    def tests(self, root: Path = ROOT) -> list[str]:
        """Its unit tests under a folder: its own module's first, those with drawn events last."""
        if self.group == "machine":
            return [f"tests/infra/test_{name}.py" for name in TESTS_OF_THE_MACHINE]
        homes = [f"tests/lambdas/{design}" for design in self.designs]
        homes += ["tests/lambdas"] if self.group == "shared" else []
        found = [path for home in homes for path in sorted((root / home).glob("test_*.py"))]
        own = f"test_{Path(self.file).stem}.py"
        found.sort(key=lambda path: (path.name == "test_strangers.py", path.name != own))
        return [str(path.relative_to(root)) for path in found]


def load_mutants() -> list[Mutant]:
    """All mutants, group by group."""
    return [
        Mutant(path.stem, file, **one)
        for path in sorted(FOLDER.glob("*.yaml"))
        for file, listed in yaml.safe_load(path.read_text(encoding="utf-8")).items()
        for one in listed
    ]


def _users(module: str) -> tuple[str, ...]:
    """The designs whose handlers import a shared module, directly or through another."""
    users, importers = set(), {module}
    while importers:
        names = "|".join(importers)
        wanted = re.compile(rf"^from lambdas(\.| import .*\b)({names})\b", re.MULTILINE)
        importers = set()
        for path in (ROOT / "lambdas").rglob("*.py"):
            if wanted.search(path.read_text(encoding="utf-8")):
                if path.parent.name in DESIGNS:
                    users.add(path.parent.name)
                else:
                    importers.add(path.stem)
    return tuple(sorted(users))
