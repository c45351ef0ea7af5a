"""Which stored results a page has read, so that it is known to be stale when one of them changes.

`store.read` notes every file in the log that $RAE_READ_LOG names; a published notebook keeps the paths below
`results/`, each with the digest of what was read there.
"""

from pathlib import Path

from rae_lib.results import store

NAMED = 3  # of the files that changed; the others are counted


def list_reads(log: Path, root: Path) -> dict[str, str]:
    """Path below `root` and digest of every file in the log; without a log nothing was read.

    Of a file that changed while the page was made, the first digest counts: the page is stale at once.
    """
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    pairs = (line.split(" ", 1) for line in reversed(lines))
    files = {Path(path): digest for digest, path in pairs}
    inside = sorted(path for path in files if path.is_relative_to(root))
    return {path.relative_to(root).as_posix(): files[path] for path in inside}


def list_changes(files: dict[str, str], root: Path) -> list[str]:
    """One line naming the files that are gone or have changed since they were read; none if none."""
    found = []
    for path, digest in files.items():
        if not (root / path).is_file():
            found.append(f"{path} is gone")
        elif store.digest((root / path).read_bytes()) != digest:
            found.append(f"{path} changed")
    more = [f"{len(found) - NAMED} more"] if len(found) > NAMED else []
    return [f"is stale: {', '.join(found[:NAMED] + more)}"] if found else []
