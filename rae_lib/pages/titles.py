"""The words of tables and figures: one title for each set, metric, document and kind of features; their order."""

import pandas as pd

from rae_lib.config import DATASETS, SYSTEMS, catalogue
from rae_lib.pages.looks import look

SETS = {
    "rec": "reconstructions",
    "rec_train": "training images, reconstructed",
    "N": "own sampler",
    "N01": "N(0,\u00a0I)",
    "mvg": "one Gaussian",
    "gmm": "mixture",
    "interp": "mid-points",
    "test codes": "test codes",
    "training codes": "training codes",
    "real": "real images",
    "none": "",
    "codes": "codes",
    "share-0.1": "after a tenth of the epochs",
    "share-1": "at the end",
    "gmm / N": "mixture / own sampler",
    "train-train": "training – training",
    "train": "training – test",
    "val": "validation – test",
    "halves": "test halves, at random",
    "halves in order": "test halves, as stored",
    "noise": "noise",
    "blur": "blur",
    "flow": "samples, flow",
    "rec − rec_train": "test − training",
    "rec_sampled": "reconstructions, sampled",
    "bo": "Bayesian optimisation",
    "random": "random codes",
    "sampled": "own sampler",
    "mvg − gmm": "one Gaussian − mixture",
}
METRICS = {
    "frechet": "Fréchet distance",
    "kid": "KID",
    "prd_f8": "F8 (recall)",
    "prd_f1_8": "F1/8 (precision)",
    "mse": "squared error per pixel",
    "pixel_variance": "pixel variance",
    "sharpness": "sharpness",
    "step_cv": "step variation",
    "nn_ratio": "ratio of distances",
    "nn_copies": "close samples, %",
    "code_mean": "mean |mean|",
    "code_mean_worst": "largest |mean|",
    "code_variance": "mean variance",
    "code_variance_worst": "largest |variance − 1|",
    "sd_spread": "spread of the standard deviations",
    "excess_kurtosis": "mean |excess kurtosis|",
    "signed_kurtosis": "mean excess kurtosis",
    "code_correlation": "mean |correlation|",
    "code_condition": "condition number",
    "gauss_distance": "energy coefficient",
    "sliced_distance": "sliced W2 distance",
    "knn_divergence": "nearest-neighbour divergence, nats",
    "ks_laplace": "KS distance to Laplace",
    "ks_gauss": "KS distance to normal",
    "entropy_100": "of 100 codes",
    "entropy_500": "of 500 codes",
    "entropy_2000": "of 2,000 codes",
    "decoder_jacobian": "slope of the decoder",
    "step_time": "time of a step, ms",
    "fit_time": "time of a fit, ms",
    "train_loglik": "log-likelihood, training codes",
    "val_loglik": "log-likelihood, validation codes",
    "code_norm": "mean squared norm of the codes",
    "parameters": "parameters",
    "images_per_second": "images a second",
    "peer_images_per_second": "images a second, pythae",
    "strings_per_second": "a batch",
    "stacks_per_second": "stacks, 50 codes at a time",
    "stacks_ratio": "ratio to 50 at a time",
    "single_per_second": "stacks, one code at a time",
    "single_ratio": "ratio to one at a time",
    "gflop": "GFLOP an image",
    "share": "share of the matrix rate, %",
    "memory": "memory, GiB",
    "count": "of",
    "seconds": "seconds",
    "ratio": "ratio",
    "lowest_checkpoint": "lowest of the checkpoints",
    "last_checkpoint": "last checkpoint",
    "optimism": "last / lowest",
    "latent": "latent size",
    "active_dimensions": "open dimensions",
    "active": "open dimensions",
    "binary": "sum of μ (1 − μ)",
    "active_dims": "dimensions in use",
    "mask_between": "share of the mask in (.1, .9)",
    "nac": "NAC",
    "code_covariance": "mean |covariance|",
    "two_sample_accuracy": "two-sample accuracy",
    "attribute_probability": "probability",
    "attribute_probability_without": "faces without the attribute",
    "attribute_probability_with": "faces with the attribute",
    "exact": "exact",
    "valid": "valid",
    "unique": "unique",
    "novel": "novel",
    "valid_fraction": "valid fraction",
    "mean_score": "mean score",
    "best_score_1": "best score",
    "best size": "best latent size",
    "range": "relative range",
}
AGAINST = {"train": "training images", "test": "own images"}
DOCUMENTS = {
    "here": "ours",
    "rae": "RAE (ICLR)",
    "rae-v1": "RAE (arXiv)",
    "eae": "EAE",
    "dae": "DAE paper",
    "slides": "slides",
}
FEATURES = {
    "domain": "features of our classifier",
    "pixels": "pixels",
    "inception-2048": "Inception features",
    "inception-768": "Inception features (768)",
}
COLUMNS = {
    "system": "system",
    "dataset": "data set",
    "width": "filters",
    "paper_width": "filters in the paper",
    "latent": "latent size",
    "paper_latent": "latent size in the paper",
    "depth": "depth",
    "components": "components",
    "set": "images",
    "seed": "seed",
    "mc_samples": "samples of the code, k",
    "beta": "weight β",
    "code_noise": "noise on the code",
    "input_noise": "noise on the image",
    "frozen": "code layer",
    "batch_norm": "batch norm",
    "regulariser": "penalty",
    "sigma": "noise σ",
    "epochs": "epochs",
    "level": "amount",
    "many": "trainings",
    "table": "table in the paper",
    "place": "noise at",
    "protocol": "images",
    "prior_depth": "layers of the generator",
    "prior_units": "units of a layer",
    "step": "step",
}
SWITCHES = {
    "batch_norm": {True: "with batch norm", False: "without batch norm"},
    "frozen": {"none": "trained", "encoder": "frozen", "both": "frozen, decoder's first too"},
}
PROTOCOLS = {"clean": "as decoded", "stretched": "stretched"}
KNOWN = SWITCHES | {"against": AGAINST, "set": SETS, "metric": METRICS, "document": DOCUMENTS}
KNOWN |= {"features": FEATURES, "protocol": PROTOCOLS}


def titled(column: str, value: object) -> str:
    """The words for a value of a column of the long frame."""
    if column == "system":
        return catalogue()["printed"].get(value, {}).get("label") or look(str(value)).label
    if column == "dataset":
        return catalogue()["dataset"][value]["title"]
    if column in KNOWN:
        return KNOWN[column].get(value, str(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def ordered(column: str, values: pd.Series) -> list:
    """The distinct values in the order of the book: systems of the catalogue, MNIST first, numbers rising."""
    found = list(dict.fromkeys(values))
    known = {"system": SYSTEMS, "dataset": DATASETS, **KNOWN}.get(column)
    if known is not None:
        places = {name: i for i, name in enumerate(known)}
        return sorted(found, key=lambda v: places.get(v, len(places)))
    numbers = all(isinstance(v, int | float) for v in found)
    return sorted(found) if numbers else found
