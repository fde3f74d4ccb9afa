"""What sees a mutant: its unit tests, and the swarm of every design that runs its file.

All sources are copied at the start, so that editing them meanwhile changes nothing. A mutant lies
in a copy of the handlers and the stacks that its judges, each a process with a limit on its CPU
time, find before the rest.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from tests.mutants.mutants import ROOT, Mutant
from workbench.designs import DESIGNS
from workbench.stacks.cdk import node_environment
from workbench.targets.local.world.synth import assembly

CPU_MAX_S = 240  # of one judge: four times what the sound handlers take
PARTS = ("analysis", "infra", "lambdas", "tests", "workbench")
CHANGED = ("infra", "lambdas")
LEFT_OUT = shutil.ignore_patterns("node_modules", "cdk.out")
TIMED_OUT = "the time limit"


class JudgeBroken(Exception):
    """A judge ended in a way that says nothing about the mutant."""


@dataclass(frozen=True)
class Verdict:
    """What saw a mutant first: a test, a seed; empty for what did not."""

    mutant: Mutant
    by_tests: str
    by_swarm: str

    def __str__(self) -> str:
        survived = "equivalent" if self.mutant.equivalent else "SURVIVES"
        caught = ", ".join(one for one in (self.by_swarm, self.by_tests) if one)
        return f"{self.mutant.group}: {self.mutant.name}: {caught or survived}"


class Judges:
    """Runs judges, several at a time from threads; `stop` ends all."""

    def __init__(self, home: Path, runs: int, by: str | None = None) -> None:
        self._home = home
        _copy(ROOT, home / "sound", PARTS)
        shutil.copy(ROOT / "pyproject.toml", home / "sound")
        self._runs = runs
        self._by = by
        self._sound = assembly(DESIGNS["sfn"]())  # default knobs: it holds every stack
        self._lock = Lock()
        self._live: set[subprocess.Popen] = set()
        self._stopped = False

    def judge(self, mutant: Mutant) -> Verdict:
        """Let the unit tests and the swarm look at a mutant."""
        with TemporaryDirectory(dir=self._home) as name:
            folder = Path(name)
            _copy(self._home / "sound", folder, CHANGED)
            mutant.write(folder)
            by_tests = self._by_tests(mutant, folder) if self._by != "swarm" else ""
            by_swarm = self._by_swarm(mutant, folder) if self._by != "tests" else ""
            return Verdict(mutant, by_tests, by_swarm)

    def stop(self) -> None:
        """End every judge: their processes, and what these started."""
        with self._lock:
            self._stopped = True
            for process in self._live:
                _kill(process)

    def _by_tests(self, mutant: Mutant, folder: Path) -> str:
        command = [*"-m pytest -q -x --no-header --tb=no".split(), *mutant.tests]
        code, text = self._run(command, self._environment(folder))
        if code == -signal.SIGXCPU:
            return f"tests: {TIMED_OUT}"
        seen = re.search(r"^(?:FAILED|ERROR) (?:.*/)?(\S+)", text, re.MULTILINE)
        if code not in (0, 1, 2) or (code != 0 and not seen):
            raise JudgeBroken(f"{mutant.name}: pytest ended with {code}\n{text[-3000:]}")
        return seen[1] if code else ""

    def _by_swarm(self, mutant: Mutant, folder: Path) -> str:
        out = folder / "assembly"
        if mutant.group == "machine":
            given = {"CDK_OUTDIR": str(out), "CDK_CONTEXT_JSON": "{}"}
            environment = node_environment(self._environment(folder)) | given
            code, text = self._run(["-m", "infra.app"], environment)
            if code:
                return f"synthesis: {text.strip().splitlines()[-1]}"
        else:
            shutil.copytree(self._sound, out)
            (asset,) = out.glob("asset.*/lambdas")
            mutant.write(asset.parent)
        for design in mutant.designs:
            command = ["-m", "tests.mutants.seeds", str(out), design, str(self._runs)]
            code, text = self._run(command, self._environment(self._home / "sound"))
            if code == -signal.SIGXCPU:
                return f"{design}: {TIMED_OUT}"
            if code:
                raise JudgeBroken(f"{mutant.name}: the swarm ended with {code}\n{text[-3000:]}")
            if found := json.loads(text.splitlines()[-1])["found"]:
                return found
        return ""

    def _environment(self, folder: Path) -> dict[str, str]:
        """In which the copies in a folder are found before the sources."""
        path = os.pathsep.join((str(folder), str(self._home / "sound")))
        return {**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"}

    def _run(self, command: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str]:
        """The exit code of a Python process, and what it printed."""
        with self._lock:
            if self._stopped:
                raise JudgeBroken("stopped")
            process = subprocess.Popen(
                ["sh", "-c", f'ulimit -t {CPU_MAX_S}; exec "$0" "$@"', sys.executable, *command],
                cwd=self._home / "sound",
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                start_new_session=True,
            )
            self._live.add(process)
        try:
            text, _ = process.communicate()
        finally:
            with self._lock:
                _kill(process)
                self._live.remove(process)
        return process.returncode, text


def _environment(folder: Path) -> dict[str, str]:
    """In which the copies in a folder are found before the sources."""
    path = os.pathsep.join((str(folder), str(ROOT)))
    return {**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"}


def _copy(source: Path, to: Path, parts: Sequence[str]) -> None:
    for part in parts:
        shutil.copytree(source / part, to / part, ignore=LEFT_OUT)


def _kill(process: subprocess.Popen) -> None:
    """End a process and all that it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
