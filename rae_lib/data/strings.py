"""Data sets of strings: arithmetic expressions, which are made here, and the molecules of ZINC, which are read.

expressions: the 100,000 expressions of the grammar variational autoencoder. They are no random draws: they are
    A op B + C + E in order, up to the 100,000th. A, B: x, 1, 2 or 3. op: +, * or /. C: (A), sin(A), exp(A) or A. E:
    (A op B) or (A), sin and exp of these, or A. The order is that of the file of the released code.
zinc: $RAE_DATA/zinc.smi, one SMILES a line, else downloaded. The first 5,000 are the test split, as in that code.

Tokens are kept in $RAE_HOME/tokens by the checksum of the strings, for parsing takes a while.
"""

import csv
import hashlib
import io
from itertools import islice, product
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import torch
from torch import Tensor

from rae_lib import files
from rae_lib.data import archives, writing
from rae_lib.data.archives import SPLITS

COUNTS = {"expressions": (90_000, 5_000, 5_000), "zinc": (220_009, 24_446, 5_000)}  # train, val, test
SHA256 = {  # of the strings, one a line, without spaces
    "expressions": "148c9da41e2565d093ea4e0ed3111b078074c3066fc0602dff017108e2fffa38",
    "zinc": "df0aa677c770f15c9943684d6600cba8e7076c67be6a090c12f24da3aaa55b70",
}
ORIGIN = (
    "https://raw.githubusercontent.com/aspuru-guzik-group/chemical_vae/master/models/zinc_properties/"
    "250k_rndm_zinc_drugs_clean_3.csv"
)
LETTERS = "x123"


def make_expressions() -> list[str]:
    """The 100,000 expressions, in the order of the published file."""
    heads = [a + op + b for op in "+*/" for a, b in product(LETTERS, LETTERS)]
    calls = ("(", "sin(", "exp(")
    middles = [*(f"{call}{a})" for call in calls for a in LETTERS), *LETTERS]
    ends = [*(f"{call}{e})" for call in calls for e in (*heads, *LETTERS)), *LETTERS]
    return ["+".join(parts) for parts in islice(product(heads, middles, ends), sum(COUNTS["expressions"]))]


def read_molecules() -> list[str]:
    """The SMILES of $RAE_DATA/zinc.smi, downloaded where it is missing. Raises FileNotFoundError where that fails."""
    path = archives.root() / "zinc.smi"
    if not path.exists():
        try:
            rows = csv.reader(io.StringIO(urlopen(ORIGIN, timeout=60).read().decode()))
            found = [row[0].strip() for row in islice(rows, 1, None)]
            check_sum("zinc", found)
        except (OSError, ValueError, IndexError) as error:
            what = f"{path} is missing and downloading it from {ORIGIN} failed ({archives.shorten(error)})"
            raise FileNotFoundError(f"{what}; put the SMILES there, one a line, or set $RAE_DATA") from None
        files.write(path, ("\n".join(found) + "\n").encode())
    return path.read_text(encoding="utf-8", errors="replace").split()


def check_sum(name: str, texts: list[str]) -> None:
    """Raises ValueError for strings that are not those of the data set."""
    found = hashlib.sha256(("\n".join(texts) + "\n").encode()).hexdigest()
    if found != SHA256[name]:
        wanted = f"{sum(COUNTS[name])} strings of SHA-256 {SHA256[name]}"
        raise ValueError(f"{name}: {len(texts)} strings of SHA-256 {found}; allowed: {wanted}")


def texts_of(name: str) -> dict[str, list[str]]:
    """The strings of every split. Expressions go into splits by a fixed permutation, for their order is systematic."""
    texts = make_expressions() if name == "expressions" else read_molecules()
    check_sum(name, texts)
    train, val, test = COUNTS[name]
    if name == "expressions":
        order = np.random.RandomState(0).permutation(len(texts))
        texts = [texts[i] for i in order]
    else:
        texts = texts[test:] + texts[:test]
    return {"train": texts[:train], "val": texts[train : train + val], "test": texts[train + val :]}


def load(name: str, how: str = "productions") -> tuple[dict[str, list[str]], dict[str, Tensor]]:
    """The strings of every split, and their tokens, uint8 (N, T), in the writing of this name."""
    texts = texts_of(name)
    path = files.home() / "tokens" / f"{name}-{how}-{fingerprint(name, how)}.npy"
    rows = read_tokens(path, sum(COUNTS[name]))
    if rows is None:
        rows = writing.find(name, how).tokens([text for split in SPLITS for text in texts[split]])
        files.write_array(path, rows.numpy())
    return texts, dict(zip(SPLITS, rows.split(COUNTS[name]), strict=True))


def read_tokens(path: Path, count: int) -> Tensor | None:
    """Tokens that were kept, or None; a damaged file counts as none."""
    try:
        rows = torch.from_numpy(np.load(path))
    except (OSError, ValueError, EOFError):
        return None
    return rows if len(rows) == count and rows.dtype == torch.uint8 else None


def fingerprint(name: str, how: str) -> str:
    """Of the strings and of what writes them."""
    one = writing.find(name, how)
    rules = one.alphabet if how == "characters" else repr(one.grammar.productions)
    return hashlib.sha256(f"{SHA256[name]} {rules} {one.length}".encode()).hexdigest()[:16]
