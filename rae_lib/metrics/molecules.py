"""The score of a molecule, written as SMILES: penalised logP, standardised over a set of molecules.

    score = z(logP) + z(-SA) + z(-max(0, largest ring - 6)),    z(t) = (t - mean) / standard deviation

with Crippen's octanol-water logP, the synthetic accessibility of Ertl and Schuffenhauer (2009; 1 easy, 10 hard), and
the longest ring of a cycle basis of the molecular graph (GrammarVAE, Kusner et al. 2017). Higher is better.
"""

import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

import networkx as nx
import numpy as np
from rdkit import Chem, RDConfig, rdBase
from rdkit.Chem import Crippen

TERMS = ("logP", "-SA", "-ring")
LONGEST = 1000  # characters; the models write at most 277 productions or 120 characters
LARGE = 6  # atoms of the largest ring without a penalty


def read_molecule(smiles: str) -> Chem.Mol | None:
    """The molecule; None for an invalid text, without a word from RDKit.

    Invalid: no SMILES, a valence that does not exist, no atom at all, spaces, characters outside ASCII, more than 1,000
    characters. Raises TypeError for what is no text.
    """
    if not isinstance(smiles, str):
        raise TypeError(f"a SMILES is a text, not {type(smiles).__name__}")
    if not smiles or len(smiles) > LONGEST or not smiles.isascii() or any(c.isspace() for c in smiles):
        return None
    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(smiles)
    return molecule if molecule is not None and molecule.GetNumAtoms() else None


def canonical_smiles(smiles: str) -> str | None:
    """The one spelling of a molecule; None for an invalid text."""
    molecule = read_molecule(smiles)
    return None if molecule is None else Chem.MolToSmiles(molecule)


def measure_terms(smiles: list[str]) -> np.ndarray:
    """logP, -SA and -max(0, largest ring - 6) of each text, float64 (n, 3); a row of NaN for an invalid one."""
    molecules = [read_molecule(text) for text in smiles]
    rows = [[np.nan] * 3 if m is None else measure_molecule(m) for m in molecules]
    return np.array(rows, dtype=np.float64).reshape(-1, 3)


def measure_molecule(molecule: Chem.Mol) -> list[float]:
    """logP, -SA, -max(0, largest ring - 6) of a molecule."""
    accessibility = sascorer().calculateScore(molecule)
    return [Crippen.MolLogP(molecule), -accessibility, -float(max(0, measure_largest_ring(molecule) - LARGE))]


def measure_largest_ring(molecule: Chem.Mol) -> int:
    """Atoms of the longest ring of networkx's cycle basis, as in GrammarVAE's code; 0 where there is none.

    Of fused rings such a basis may have the outer ring: it is not the smallest set of smallest rings. It depends on the
    order of the atoms, so that they are put in canonical order; where no atom is in two rings, both are the same.
    """
    rings = molecule.GetRingInfo()
    if all(rings.NumAtomRings(atom) < 2 for atom in range(molecule.GetNumAtoms())):
        return max(map(len, rings.AtomRings()), default=0)
    with rdBase.BlockLogs():
        ordered = Chem.MolFromSmiles(Chem.MolToSmiles(molecule)) or molecule
    bonds = [sorted((b.GetBeginAtomIdx(), b.GetEndAtomIdx())) for b in ordered.GetBonds() if b.IsInRing()]
    return max(map(len, nx.cycle_basis(nx.Graph(sorted(bonds)))))


@cache
def sascorer() -> ModuleType:
    """RDKit's own script for the synthetic accessibility, from the contributions that its wheel carries."""
    path = Path(RDConfig.RDContribDir) / "SA_Score" / "sascorer.py"
    if not path.exists():
        raise FileNotFoundError(f"no {path}: this build of RDKit has no contributed scripts; pip's rdkit has them")
    spec = importlib.util.spec_from_file_location("sascorer", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class Standard:
    """Mean and population standard deviation of the three terms over a set of molecules."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    @classmethod
    def fit(cls, terms: np.ndarray) -> "Standard":
        """Of terms (n, 3). Raises ValueError for invalid molecules, and for a logP or SA that all of them share."""
        if terms.ndim != 2 or terms.shape[1] != 3 or not len(terms):
            raise ValueError(f"terms are (n, 3) with n > 0, not {terms.shape}")
        if not np.isfinite(terms).all():
            raise ValueError(f"{int((~np.isfinite(terms).all(1)).sum())} of {len(terms)} molecules are invalid")
        mean, std = terms.mean(0), terms.std(0)
        if not std[:2].all():
            raise ValueError(f"{TERMS[int(std[:2].argmin())]} is the same for all molecules: no standard deviation")
        return cls(tuple(mean.tolist()), tuple(std.tolist()))

    def score(self, terms: np.ndarray) -> np.ndarray:
        """Sum of the standardised terms (n, 3) -> (n,); NaN for an invalid molecule.

        Where no molecule of the set has a large ring, the ring term has no spread, and is left out.
        """
        std = np.where(np.array(self.std) > 0, self.std, np.inf)
        return ((terms - np.array(self.mean)) / std).sum(1)
