"""Runs a plan in generators of their own processes, with an eye on the server, and puts together what came of it."""

from __future__ import annotations

import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import IO

from voice_server.bench.log import MOMENT, READY, Run, RunLog, merged
from voice_server.bench.machine import Sampling
from voice_server.bench.plan import Plan, split

HEADWAY_S = 0.3
"""From the last generator's word that it is ready to the run's beginning."""

DRAW_S = 0.2

_END_S = 5.0

Progress = Callable[[float], None]
"""Told from time to time which share of a run is over."""


class GeneratorFailed(Exception):
    """A load generator did not do its work; it has said why on stderr."""


def drive(plan: Plan, sampling: Sampling, generators: int = 1, progress: Progress = lambda share: None) -> Run:
    """Do what a plan says. Raises GeneratorFailed."""
    with ExitStack() as stack:
        parts = [stack.enter_context(_generator(part)) for part in split(plan, generators)]
        for part in parts:
            if _stdout(part).readline() != READY:
                raise GeneratorFailed("the load generator could not begin")
        began_at = time.monotonic() + HEADWAY_S
        stack.enter_context(sampling)
        for part in parts:
            _write(part, MOMENT.pack(began_at))
        pool = stack.enter_context(ThreadPoolExecutor(len(parts)))
        logs = [pool.submit(pickle.load, _stdout(part)) for part in parts]
        _wait(logs, began_at, plan.until_s, progress)
        return Run(merged([_result(log) for log in logs]), sampling.usages)


def _wait(logs: list[Future[RunLog]], began_at: float, until_s: float, progress: Progress) -> None:
    while not all(log.done() for log in logs):
        progress(min(max(time.monotonic() - began_at, 0.0) / until_s, 1.0))
        time.sleep(DRAW_S)
    progress(1.0)


def _result(log: Future[RunLog]) -> RunLog:
    try:
        return log.result()
    except (EOFError, pickle.UnpicklingError):
        raise GeneratorFailed("the load generator ended before its time") from None


@contextmanager
def _generator(plan: Plan) -> Iterator[subprocess.Popen[bytes]]:
    """Start a load generator and give it its plan; it has ended when this returns."""
    command = [sys.executable, "-m", "voice_server.bench.load"]
    # in a session of its own, as the servers are: a terminal's Ctrl-C is for this process only
    generator = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
    try:
        _write(generator, pickle.dumps(plan))
        yield generator
    finally:
        generator.terminate()
        try:
            generator.wait(_END_S)
        except subprocess.TimeoutExpired:
            generator.kill()
            generator.wait()
        for pipe in (generator.stdin, generator.stdout):
            if pipe is not None:
                pipe.close()


def _write(generator: subprocess.Popen[bytes], data: bytes) -> None:
    assert generator.stdin
    try:
        generator.stdin.write(data)
        generator.stdin.flush()
    except BrokenPipeError:
        raise GeneratorFailed("the load generator could not begin") from None


def _stdout(generator: subprocess.Popen[bytes]) -> IO[bytes]:
    assert generator.stdout
    return generator.stdout
