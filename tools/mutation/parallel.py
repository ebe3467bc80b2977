"""Forked processes: two that share a list of jobs, and one that may not come back."""

import gc
import os
import pickle
import sys
import traceback

WORKERS = 2


def shared(jobs, work):
    """Return [work(job), ...]. Two processes take turns; work.start() comes first in each."""
    pipes = [fork(lambda part=part: _share(jobs[part::WORKERS], work)) for part in range(WORKERS)]
    results = [None] * len(jobs)
    for part, pipe in enumerate(pipes):
        said = answer(pipe)
        if not said:
            raise SystemExit("a worker failed")
        results[part::WORKERS] = pickle.loads(said)
    return results


def _share(jobs, work):
    try:
        work.start()
        return pickle.dumps([work(job) for job in jobs])
    except BaseException:
        traceback.print_exc(file=sys.__stdout__)
        raise


def in_child(work) -> bytes:
    """Return what work() returns, b"" if its process was ended. It may break what it likes."""
    return answer(fork(lambda: _silent(work)))


def _silent(work):
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    gc.disable()  # a look through all that is shared would copy it
    return work()


def fork(work):
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    try:
        os.close(reading)
        with os.fdopen(writing, "wb") as file:
            file.write(work())
    finally:
        os._exit(0)


def answer(pipe) -> bytes:
    child, reading = pipe
    with os.fdopen(reading, "rb") as file:
        said = file.read()
    os.waitpid(child, 0)
    return said


def say(text):
    """Print past pytest, which keeps what is printed while it collects."""
    print(text, file=sys.__stdout__, flush=True)
