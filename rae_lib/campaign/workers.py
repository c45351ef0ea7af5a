"""Jobs side by side, each in a lane: a process that does one job after another.

A lane whose process dies (killed, or out of memory) fails the job that it was doing; a new lane does the next one.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe, get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from threading import Thread
from typing import Any

Job = Any  # what `task` takes; in processes both are pickled
Task = Callable[[Job], str]
Outcome = tuple[bool, str]  # whether it was done; what the task returned, or why it failed
PATIENCE = 4  # seconds for a process to end


def one_by_one(task: Task, jobs: Iterable[Job]) -> Iterator[tuple[Job, Outcome]]:
    """Does the jobs in this thread."""
    for job in jobs:
        yield job, attempt(task, job)


def attempt(task: Task, job: Job) -> Outcome:
    try:
        return True, task(job)
    except Exception as error:
        return False, f"{error} ({type(error).__name__})"


@dataclass(eq=False)
class Lane:
    """One process or thread, and our end of the pipe to it."""

    worker: BaseProcess | Thread
    pipe: Connection

    def begin(self, job: Job) -> None:
        with suppress(OSError):  # it has died: `outcome` will say so
            self.pipe.send(job)

    def outcome(self) -> Outcome:
        """Of the job that was begun; waits for it."""
        try:
            return self.pipe.recv()
        except (EOFError, OSError):
            self.worker.join()
            code = getattr(self.worker, "exitcode", 0)
            killed = f"by signal {-code}: killed, or out of memory" if code < 0 else f"({code})"
            return False, f"its process was ended {killed}"

    def stop(self) -> None:
        """Asks a process to give up its job; a thread gives it up only with this process."""
        if isinstance(self.worker, BaseProcess):
            self.worker.terminate()

    def end(self) -> None:
        """Lets an idle lane go, and waits for a process; one that does not end is killed."""
        self.pipe.close()
        if isinstance(self.worker, BaseProcess):
            self.worker.join(PATIENCE)
            self.worker.kill()
            self.worker.join()


def process_lane(task: Task, prepare: Callable[[], None]) -> Lane:
    """A process that leaves Ctrl-C to this one, and ends when this one does."""
    ours, theirs = Pipe()
    worker = get_context("spawn").Process(target=serve_parent, args=(task, prepare, theirs))
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # the new process inherits it
    try:
        worker.start()
    finally:
        signal.signal(signal.SIGINT, before)
    theirs.close()
    return Lane(worker, ours)


def serve_parent(task: Task, prepare: Callable[[], None], pipe: Connection) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # tidily: what is open is closed
    Thread(target=leave_with_parent, daemon=True).start()
    serve(task, prepare, pipe)


def leave_with_parent() -> None:
    """Ends this process when its parent has ended, however that happened: nobody waits for its job any more."""
    parent_process().join()
    os._exit(1)


def serve(task: Task, prepare: Callable[[], None], pipe: Connection) -> None:
    """What a lane does until the other end of its pipe is closed."""
    with pipe, suppress(EOFError, OSError):
        prepare()
        while True:
            pipe.send(attempt(task, pipe.recv()))


def side_by_side(
    new_lane: Callable[[], Lane], jobs: Iterator[Job], lanes: int
) -> Iterator[tuple[Job, Outcome]]:
    """Does so many jobs at a time, each taken from `jobs` when a lane is free; yields them as they are done."""
    idle: list[Lane] = []
    busy: dict[Connection, tuple[Lane, Job]] = {}
    try:
        while True:
            while len(busy) < lanes and (job := next(jobs, None)) is not None:
                lane = idle.pop() if idle else new_lane()
                busy[lane.pipe] = lane, job
                lane.begin(job)
            if not busy:
                return
            for pipe in wait(list(busy)):
                lane, job = busy[pipe]
                outcome = lane.outcome()
                del busy[pipe]
                if lane.worker.is_alive():
                    idle.append(lane)
                yield job, outcome
    finally:
        for lane, _ in busy.values():
            lane.stop()
        for lane in (*idle, *(lane for lane, _ in busy.values())):
            lane.end()
