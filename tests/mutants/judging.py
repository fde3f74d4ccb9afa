"""What sees a mutant: its unit tests, and the swarm of every design that runs its file.

All sources are copied at the start, so that editing them meanwhile changes nothing. A mutant lies
in a copy of the handlers and the stacks that its judges find before the rest. Each judge is a
process with a limit on its CPU time, forked from one that has imported what all of them need.
"""

import json
import multiprocessing
import os
import re
import resource
import runpy
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any

import pytest

from tests.mutants.mutants import ROOT, Mutant
from tests.mutants.seeds import first_violation
from workbench.designs import DESIGNS
from workbench.stacks.cdk import node_environment
from workbench.targets.local.world.synth import assembly

CPU_MAX_S = 240  # of one judge: four times what the sound handlers take
PARTS = ("analysis", "infra", "lambdas", "tests", "workbench")
CHANGED = ("infra", "lambdas")
LEFT_OUT = shutil.ignore_patterns("node_modules", "cdk.out")
TIMED_OUT = "the time limit"
PRELOADED = ("tests.mutants.judging", "hypothesis", "boto3", "moto.dynamodb", "moto.s3", "moto.sqs")
FORKS = multiprocessing.get_context("forkserver")


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

    def __init__(
        self, home: Path, runs: int, by: str | None = None, cpu_max_s: int = CPU_MAX_S
    ) -> None:
        self._home, self._sound = home, home / "sound"
        self._cpu_max_s = cpu_max_s
        _copy(ROOT, self._sound, PARTS)
        shutil.copy(ROOT / "pyproject.toml", self._sound)
        sys.path.insert(0, str(self._sound))  # where the process that is forked finds its modules
        FORKS.set_forkserver_preload(list(PRELOADED))
        self._runs = runs
        self._by = by
        self._assembly = assembly(DESIGNS["sfn"]())  # default knobs: it holds every stack
        self._lock = Lock()
        self._live: set[Any] = set()
        self._stopped = False

    def judge(self, mutant: Mutant) -> Verdict:
        """Let the unit tests and the swarm look at a mutant."""
        with TemporaryDirectory(dir=self._home) as name:
            folder = Path(name)
            _copy(self._sound, folder, CHANGED)
            mutant.write(folder)
            by_tests = self._by_tests(mutant, folder) if self._by != "swarm" else ""
            by_swarm = self._by_swarm(mutant, folder) if self._by != "tests" else ""
            return Verdict(mutant, by_tests, by_swarm)

    def stop(self) -> None:
        """End every judge: their processes, and what these started."""
        with self._lock:
            self._stopped = True
            for process in self._live:
                _kill(process.pid)

    def _by_tests(self, mutant: Mutant, folder: Path) -> str:
        arguments = [*"-q -x --no-header --tb=no".split(), *mutant.tests(self._sound)]
        code, text = self._run(folder, folder, _test, arguments)
        if code == -signal.SIGXCPU:
            return f"tests: {TIMED_OUT}"
        seen = re.search(r"^(?:FAILED|ERROR) (?:.*/)?(\S+)", text, re.MULTILINE)
        if code not in (0, 1, 2) or (code != 0 and not seen):
            raise JudgeBroken(f"{mutant.name}: pytest ended with {code}\n{text[-3000:]}")
        return seen[1] if code else ""

    def _by_swarm(self, mutant: Mutant, folder: Path) -> str:
        out = folder / "assembly"
        if mutant.group == "machine":
            code, text = self._run(folder, folder, _synthesise, out)
            if code:
                return f"synthesis: {text.strip().splitlines()[-1]}"
        else:
            shutil.copytree(self._assembly, out)
            (asset,) = out.glob("asset.*/lambdas")
            mutant.write(asset.parent)
        for design in mutant.designs:
            code, text = self._run(folder, self._sound, _swarm, out, design, self._runs)
            if code == -signal.SIGXCPU:
                return f"{design}: {TIMED_OUT}"
            if code:
                raise JudgeBroken(f"{mutant.name}: the swarm ended with {code}\n{text[-3000:]}")
            if found := json.loads(text.splitlines()[-1])["found"]:
                return found
        return ""

    def _run(self, folder: Path, first: Path, judge: Callable, *given: Any) -> tuple[int, str]:
        """The exit code of a judge that finds modules in `first`, and what it printed."""
        printed = folder / "printed.txt"
        limits = (printed, self._sound, first, self._cpu_max_s)
        process = FORKS.Process(target=_limited, args=(*limits, judge, given))
        with self._lock:
            if self._stopped:
                raise JudgeBroken("stopped")
            process.start()
            self._live.add(process)
        wait([process.sentinel])
        with self._lock:
            process.join()
            self._live.remove(process)
        return process.exitcode, printed.read_text(encoding="utf-8")


def _limited(
    printed: Path, sound: Path, first: Path, cpu_max_s: int, judge: Callable, given: Sequence
) -> None:
    """In a process of its own: a judge, with limited CPU time, whose output goes to a file."""
    os.setsid()
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_max_s, cpu_max_s + 5))
    os.chdir(sound)
    sys.path.insert(0, str(first))
    os.environ["PYTHONPATH"] = os.pathsep.join((str(first), str(sound)))
    file = os.open(printed, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(file, stream)
    sys.exit(judge(*given))


def _test(arguments: list[str]) -> int:
    """The unit tests on the copy's own handlers: what was preloaded of them is sound."""
    for name in [one for one in sys.modules if one.partition(".")[0] == "lambdas"]:
        del sys.modules[name]
    return pytest.main(arguments)


def _swarm(out: Path, design: str, runs: int) -> None:
    print(json.dumps({"found": first_violation(out, design, runs)}), flush=True)


def _synthesise(out: Path) -> None:
    os.environ |= node_environment(dict(os.environ))
    os.environ |= {"CDK_OUTDIR": str(out), "CDK_CONTEXT_JSON": "{}"}
    runpy.run_module("infra.app", run_name="__main__")


def _copy(source: Path, to: Path, parts: Sequence[str]) -> None:
    for part in parts:
        shutil.copytree(source / part, to / part, ignore=LEFT_OUT)


def _kill(pid: int) -> None:
    """End a process and all that it started."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
