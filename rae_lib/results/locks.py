"""One process or thread at a time, by a file that the kernel locks."""

import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout


@contextmanager
def lock(path: Path, waiting: str = "this process", *, poll: float = 1.0) -> Iterator[None]:
    """One process or thread at a time; another waits, and once prints who waits, for whom, at which file.

    The kernel holds the lock and releases it when its process dies. The file stays, and stops nobody: it only tells
    who holds the lock.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    guard = FileLock(path)
    try:
        guard.acquire(timeout=0)
    except Timeout:
        print(f"{waiting} waits for {holder(path)}, which holds {path}", flush=True)
        guard.acquire(poll_interval=poll)
    try:
        with suppress(OSError):  # a full disk: the lock is held all the same
            path.write_text(f"{os.getpid()}\n{socket.gethostname()}\n")
        yield
    finally:
        guard.release()


def holder(path: Path) -> str:
    """Who holds a lock, if its file tells."""
    try:
        found = re.match(r"(\d+)\s+(\S+)", path.read_text(errors="replace"))
    except OSError:
        found = None
    return f"process {found[1]} on {found[2]}" if found else "another process"
