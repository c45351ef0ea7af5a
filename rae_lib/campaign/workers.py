"""Jobs one by one here, or side by side, each in a process of one thread. One that fails stops no other."""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import active_children, get_context, parent_process
from threading import Thread
from typing import Any

Job = Any  # what `task` takes; in processes both are pickled
Task = Callable[[Job], Any]
Outcome = tuple[bool, Any]  # whether it was done; what the task returned, or why it failed
PATIENCE = 4  # seconds for a process to end


def do(task: Task, jobs: Iterable[Job], many: int = 1) -> Iterator[tuple[Job, Outcome]]:
    """Does the jobs, so many at a time; yields each with its outcome, as they are done."""
    return side_by_side(task, iter(jobs), many) if many > 1 else one_by_one(task, jobs)


def one_by_one(task: Task, jobs: Iterable[Job]) -> Iterator[tuple[Job, Outcome]]:
    """Does the jobs in this process."""
    for job in jobs:
        yield job, get_outcome(partial(task, job))


def get_outcome(work: Callable[[], Any]) -> Outcome:
    try:
        return True, work()
    except BrokenProcessPool:
        return False, "its process was ended (killed, or out of memory?)"
    except Exception as error:
        return False, f"{error} ({type(error).__name__})"


def side_by_side(task: Task, jobs: Iterator[Job], many: int) -> Iterator[tuple[Job, Outcome]]:
    """Does so many jobs at a time, each taken from `jobs` when a process is free; yields them as they are done.

    Every process has one executor. One that dies fails the job that it was doing and breaks its executor; the next job
    gets a new one.
    """
    idle: list[ProcessPoolExecutor] = []
    busy: dict[Future, tuple[ProcessPoolExecutor, Job]] = {}
    try:
        while True:
            while len(busy) < many and (job := next(jobs, None)) is not None:
                executor = idle.pop() if idle else start_process()
                busy[executor.submit(task, job)] = executor, job
            if not busy:
                return
            for future in wait(busy, return_when=FIRST_COMPLETED).done:
                executor, job = busy.pop(future)
                if not isinstance(future.exception(), BrokenProcessPool):
                    idle.append(executor)
                yield job, get_outcome(future.result)
    finally:
        for executor in idle:
            executor.shutdown()  # its process ends by itself
        end_processes([executor for executor, _ in busy.values()])


def start_process() -> ProcessPoolExecutor:
    """One process, which leaves Ctrl-C to this one and ends when this one does."""
    executor = ProcessPoolExecutor(1, get_context("spawn"), initializer=prepare)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # the new process inherits it
    try:
        executor.submit(os.getpid)
    finally:
        signal.signal(signal.SIGINT, before)
    return executor


def prepare() -> None:
    """In a new process: one thread, for more would fight over the cores, and an end with its parent."""
    import torch  # slow, and only a new process needs it

    torch.set_num_threads(1)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # tidily: what is open is closed
    Thread(target=leave_with_parent, daemon=True).start()


def leave_with_parent() -> None:
    """Ends this process when its parent has ended, however that happened: nobody waits for its job any more."""
    parent_process().join()
    os._exit(1)


def end_processes(executors: list[ProcessPoolExecutor]) -> None:
    """Asks every process to give up its job and to end; one that does not is killed."""
    children = active_children()
    for executor in executors:
        executor.shutdown(wait=False, cancel_futures=True)
    for child in children:
        child.terminate()
    for child in children:
        child.join(PATIENCE)
        child.kill()
        child.join()


def say_left(passed: float, done: int, total: int) -> str:
    """How long the rest takes if it goes on like this; "" where nothing is left. passed: seconds for what is done."""
    seconds = passed / done * (total - done)
    amount, unit = next((s, u) for s, u in ((3600, "h"), (60, "min"), (1, "s")) if seconds >= s or s == 1)
    return f"  (about {seconds / amount:.3g} {unit} left)" if done < total else ""
