"""What a reader has to know about the runs of a page: their size and their coefficients."""

import pandas as pd

from rae_lib.config import DOCUMENTS, Config, catalogue, origin, resolve
from rae_lib.pages.titles import ordered, titled
from rae_lib.results import frame, request, store

COUNTS = {name: table["images"][0] for name, table in catalogue()["dataset"].items()}  # of training, the whole set
PRINTED = ("mnist", "cifar10", "celeba64")  # data sets on which the papers trained


def sizes(results: list[store.Result], study: str = "") -> pd.DataFrame:
    """The size of the systems' own runs on every data set, or of a study's, and the papers': a row a data set."""
    chosen = request.of_study(results, study)
    rows = {}
    for result in chosen:
        dataset = result.config.dataset
        own = [r for r in chosen if r.config.dataset == dataset]
        rows.setdefault(dataset, size_row(own))
    return pd.DataFrame(rows.values(), index=pd.Index([titled("dataset", d) for d in rows], name="data set"))


def size_row(results: list[store.Result]) -> dict[tuple[str, str], object]:
    """One row of `sizes`: the first of these runs, all their seeds, the updates of all their systems in the papers."""
    config, raw = results[0].config, results[0].raw
    papers = sorted({updates(resolve(r.config.system, config.dataset, "paper")) for r in results})
    ends = dict.fromkeys([papers[0], papers[-1]])
    printed = config.dataset in PRINTED
    right = raw.get("features", {}).get("accuracy")
    return {
        ("runs", "profile"): config.profile,
        ("runs", "seeds"): ", ".join(map(str, sorted({r.config.seed for r in results}))),
        ("training images", "ours"): raw["data"]["train"],
        ("updates", "ours"): updates(config, raw),
        ("updates", "papers"): " to ".join(map("{:,}".format, ends)) if printed else None,
        ("filters", "ours"): None if config.network == "recurrent" else config.width,
        ("filters", "papers"): frame.run_columns(config)["paper_width"] if printed else None,
        ("images a set", "ours"): min(config.samples, raw["data"]["test"]),
        ("classifier", "right"): f"{100 * right:.1f} %" if right else None,
    }


def updates(config: Config, raw: dict | None = None) -> int:
    """Gradient steps of a configuration: on the training images of this run, else on the data set's whole split."""
    most = raw["data"]["train"] if raw else COUNTS[config.dataset]
    return config.epochs * (min(config.train_images or most, most) // config.batch)


def coefficients(dataset: str, profile: str, document: str = "rae") -> pd.DataFrame:
    """beta, lambda, learning rate and their source: a row a system of this paper."""
    rows, profile = {}, store.largest(dataset, profile)
    for system in DOCUMENTS[document]:
        config = resolve(system, dataset, profile)
        sources = {f: source for f, _, _, source in origin(system, dataset, profile)}
        rows[titled("system", system)] = {
            "β": f"{config.beta:g}" if config.beta else None,
            "λ": f"{config.lam:g}" if config.lam else None,
            "rate": f"{config.lr:g}",
            "epochs": config.epochs,
            "source of β, λ": sources.get("beta", ""),
        }
    return pd.DataFrame(rows.values(), index=pd.Index(rows, name="system"))


def features(dataset: str) -> str:
    """The features in which every run on this data set is measured."""
    return "pixels" if dataset.startswith("synth") else "domain"


def where(rows: pd.DataFrame) -> str:
    """The data sets of these rows, for a sentence: "MNIST and digits"; "no data set yet" where there are no rows."""
    return join_words([titled("dataset", d) for d in ordered("dataset", rows["dataset"])]) or "no data set yet"


def join_words(words: list[str]) -> str:
    """ "9, 11 and 12"; empty without words."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
