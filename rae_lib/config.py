"""What a run is: one frozen dataclass of plain fields, resolved from `catalogue.toml`; its hash names the run."""

import hashlib
import json
import tomllib
from dataclasses import MISSING, asdict, dataclass, fields
from functools import cache
from importlib import resources
from typing import Literal, get_args, get_origin

from rae_lib.fields import Count, PositiveFloat, PositiveInt, Samples, Seed, Share, Weight, check, check_choice
from rae_lib.fields import check_type as check_type  # notebooks check their parameters by it


@cache
def catalogue() -> dict:
    """`catalogue.toml` as it stands: documents, systems, data sets, coefficients, profiles, studies."""
    return tomllib.loads(resources.files("rae_lib").joinpath("catalogue.toml").read_text())


def systems(document: str | None = None, kind: str | None = None) -> tuple[str, ...]:
    """Every system in the order of the catalogue, or those that a document adds, or those for one kind of data."""
    book = catalogue()["system"].items()
    return tuple(n for n, t in book if document in (None, t["document"]) and kind in (None, system_kind(n)))


def system_kind(name: str) -> str:
    """The kind of data that a system is for: "images" or "strings", as its document says."""
    book = catalogue()
    return book["document"][book["system"][name]["document"]].get("kind", "images")


def dataset_kind(name: str) -> str:
    return catalogue()["dataset"][name].get("kind", "images")


def datasets(kind: str) -> tuple[str, ...]:
    """The data sets of a kind."""
    return tuple(name for name in DATASETS if dataset_kind(name) == kind)


def system_table(name: str) -> dict:
    """What the catalogue declares of a system. Raises ValueError for another name, listing what is allowed."""
    check_choice("system", name, systems())
    return catalogue()["system"][name]


def own_set(system: str) -> str:
    """The set that N, the samples of the system's own sampler, is another name for: "N01" (a prior N(0, I)) or "mvg"
    (a fitted Gaussian); "N" where it is neither. Models that are only published count too."""
    table = catalogue()["system"].get(system) or catalogue()["printed"].get(system, {})
    sampler = table.get("sampler")
    return {"fitted": "mvg", "prior": "N" if "prior" in table else "N01"}.get(sampler, "N")


DOCUMENTS = {name: systems(name) for name in catalogue()["document"]}
SYSTEMS = systems()
DATASETS = tuple(catalogue()["dataset"])  # in the order of every table
PROFILES = ("smoke", "laptop", "overnight", "paper")  # the larger, the later
PROTOCOLS = ("clean", "paper")
SETS = ("rec", "rec_train", "N", "N01", "mvg", "gmm", "flow", "interp")
NOT_HASHED = ("profile", "variant")  # names under which the run is filed, not what it computes


@dataclass(frozen=True)
class Config:
    """One run. Coefficients are in the sum convention (see `losses`); 0 switches a term off.

    Raises ValueError for a value outside what is allowed, TypeError for a wrong type; both name the field. What is
    allowed is the annotation of the field: its type, its choices, its bound.
    """

    system: Literal[SYSTEMS]
    dataset: Literal[DATASETS]
    profile: Literal[PROFILES]
    seed: Seed
    variant: str
    # data and schedule
    train_images: Count  # 0: all of the training split
    epochs: PositiveInt
    batch: PositiveInt
    lr: PositiveFloat
    plateau: bool  # halve the rate when the validation loss stalls
    precision: Literal["fp32", "bf16"]
    # networks
    latent: PositiveInt
    width: PositiveInt
    kernel: PositiveInt
    depth: tuple[PositiveInt, ...]
    stem: Count  # channels of the decoder's 8x8 map, 0: 8 x width
    signed: bool  # network input 2x - 1
    batch_norm: bool
    bn_momentum: Share
    fc_bn: bool
    # objective
    beta: Weight
    lam: Weight
    regulariser: Literal["none", "l2", "gp", "sn", "contractive"]
    gp_form: Literal["code", "jacobian"]
    sn_scope: Literal["all", "decoder"]
    l2_scope: Literal["conv", "conv+fc"]
    sigma: PositiveFloat
    mc_samples: PositiveInt
    input_noise: Weight
    # second stage
    second_beta: Weight
    second_width: PositiveInt
    second_epochs: PositiveInt
    second_lr: PositiveFloat
    # evaluation
    samples: Samples  # images per evaluated set, at most the test split
    sets: tuple[Literal[SETS], ...]
    mixture: PositiveInt
    components: tuple[PositiveInt, ...]  # sizes of the density study, empty: none
    draws: PositiveInt = 1  # independent sets whose distances are averaged, for small test splits
    clusterings: PositiveInt = 10  # k-means runs of which precision and recall are the mean
    protocols: tuple[Literal[PROTOCOLS], ...] = PROTOCOLS  # by which images are made and measured
    # entropic and deterministic autoencoders
    error: Literal["squared", "cross-entropy", "tokens"] = "squared"  # or the cross-entropy of each pixel, or token
    latent_norm: Literal["none", "batch", "layer", "spectral", "l1"] = "none"
    neighbour: PositiveInt = 1  # k of the nearest-neighbour entropy
    sigma_head: Literal["tanh", "log-variance"] = "tanh"  # log sigma = 5 tanh(h), or h / 2
    code_noise: Weight = 0.0  # at the decoder's input, in training
    frozen: Literal["none", "encoder", "both"] = "none"  # linear layers left at their initialisation
    warmup: Share = 0.0  # first part of the run at a tenth of the rate
    decay: tuple[Share, ...] = ()  # parts of the run after which the rate falls tenfold
    network: Literal["convolutional", "mlp", "recurrent"] = "convolutional"  # of `models.networks.NETWORKS`
    # critics, masks and learned priors; sizes marked * are those at width 128 and shrink with the width
    optimiser: Literal["adam", "rmsprop", "rmsprop-tf1"] = "adam"  # tf1: mean squares begin at 1
    units: PositiveInt = 1024  # * of every layer of critics, generators and second stages
    penalty: Weight = 10.0  # of a critic's slope
    critic_steps: PositiveInt = 5  # updates of a critic for one of the others
    critic_rate: PositiveFloat = 0.5  # of lr, as the rate below
    encoder_rate: PositiveFloat = 0.05  # of the encoder's updates against a critic
    noise: Count = 0  # dimensions of a generator's noise, 0: as many as the code has
    prior_depth: Count = 4  # hidden layers of a prior generator, 0: the prior is N(0, I)
    prior_units: PositiveInt = 1024  # * of each of them
    smoothing: bool = False  # an image critic judges decoded interpolations
    mask_period: PositiveFloat = 0.05  # part of the run after which the binary term doubles
    mask_rate: PositiveFloat = 1.0  # of lr
    mask_threshold: Weight = 0.1  # from which on a dimension is active
    kl_warmup: Share = 0.0  # part of the run in which the weight of the KL rises from 0
    pseudo_inputs: PositiveInt = 500  # *
    proposals: PositiveInt = 100  # for every sample of an implicit prior
    couplings: PositiveInt = 8  # layers of a flow
    watched: Count = 0  # checkpoints at which images are compared with the test images during training
    # strings
    writing: Literal["none", "productions", "characters"] = "none"  # of a string as tokens (`data.writing`)
    filters: tuple[int, ...] = ()  # of the convolutions over a string
    kernels: tuple[int, ...] = ()  # of each of them
    dense: PositiveInt = 435  # units after the convolutions
    hidden: PositiveInt = 501  # of every recurrent layer
    noise_scale: PositiveFloat = 1.0  # of the noise of a variational code
    plateau_factor: PositiveFloat = 0.5  # of the rate, where the validation loss stalls
    plateau_patience: PositiveInt = 5  # epochs without progress until it is applied, as Keras 2 counts them
    least_lr: Weight = 0.0  # below which the rate does not fall

    def __post_init__(self):
        for field in fields(self):
            check(field.name, getattr(self, field.name), field.type)
        count = self.train_images or catalogue()["dataset"][self.dataset].get("images", (0,))[0]
        for name, least in (("batch", self.batch), ("components", max((self.mixture, *self.components)))):
            if least > count > 0:
                raise ValueError(f"{name} is {least}; allowed: at most the {count} training images")

    @property
    def hash(self) -> str:
        """12 hex digits over every field that changes what is computed."""
        return digest(self.hashed(NOT_HASHED))

    @property
    def training_hash(self) -> str:
        """The part that training depends on: a system shares the training of the one that it is `trained_as`."""
        skip = (*NOT_HASHED, "samples", "sets", "mixture", "components", "draws")
        skip += ("clusterings", "protocols")
        skip += ("second_beta", "second_width", "second_epochs", "second_lr")
        system = system_table(self.system).get("trained_as", self.system)
        return digest(self.hashed(skip) | {"system": system})

    def hashed(self, skip: tuple[str, ...]) -> dict[str, object]:
        """The fields that name a run. One added later has a default that means "as before" and counts only when
        it differs, so that results stored earlier keep their names."""
        values = asdict(self)
        new = {f.name: f.default for f in fields(self) if f.default is not MISSING}
        return {k: v for k, v in values.items() if k not in skip and (k not in new or v != new[k])}

    @property
    def name(self) -> str:
        return f"{self.system}-s{self.seed}" + (f"-{self.variant}" if self.variant else "")


def digest(plain: dict) -> str:
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:12]


CHOICES = {f.name: get_args(f.type) for f in fields(Config) if get_origin(f.type) is Literal}


def layers(system: str, dataset: str, profile: str, seed: int = 0) -> list[tuple[str, dict]]:
    """The tables that a run is resolved from, the later winning: (name in the catalogue, table)."""
    book = catalogue()
    coefficients = book["dataset"][dataset].get("coefficients", dataset)
    document = book["system"][system]["document"]
    names = [
        "defaults",
        f"dataset.{dataset}",
        f"document.{document}",
        *(f"system.{kin}" for kin in lineage(book, system)),
        f"document.{document}.{dataset}",
        f"coefficients.{coefficients}.{system}",
        f"system.{system}.{dataset}",
        f"profile.{profile}.all",
        f"profile.{profile}.{dataset}",
        f"document.{document}.{profile}.{dataset}",
        *([f"profile.{profile}.repeats"] if seed else []),
    ]
    return [(name, lookup(book, name)) for name in names]


def lineage(book: dict, system: str) -> tuple[str, ...]:
    """The system that this one is `like`, if it is like another, and this one."""
    kin = book["system"][system].get("like")
    return (kin, system) if kin else (system,)


def lookup(book: dict, name: str) -> dict:
    for key in name.split("."):
        book = book.get(key, {})
    return book


def resolve(
    system: str,
    dataset: str,
    profile: str,
    seed: int = 0,
    *,
    overrides: dict[str, object] | None = None,
    variant: str | None = None,
) -> Config:
    """The configuration of one run, from the catalogue, with `overrides` by field name on top.

    variant: the name under which an overridden run is filed; made from the overrides when not given.
    Raises ValueError for an unknown system, data set, profile or field, listing what is allowed.
    """
    for name, value in (("system", system), ("dataset", dataset), ("profile", profile)):
        check_choice(name, value, CHOICES[name])
    check_kind(system, dataset)
    overrides = dict(overrides or {})
    known = [f.name for f in fields(Config)]
    for name in overrides:
        check_choice("override", name, tuple(known[5:]))
    values: dict[str, object] = {}
    for _, table in layers(system, dataset, profile, seed):
        values |= {k: v for k, v in table.items() if k in known}
    values |= overrides
    if variant is None:
        variant = "_".join(f"{k}-{show(v)}" for k, v in sorted(overrides.items()))
    values |= dict(system=system, dataset=dataset, profile=profile, seed=seed, variant=variant)
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    missing = [f.name for f in fields(Config) if f.default is MISSING and f.name not in values]
    if missing:
        raise ValueError(f"catalogue.toml gives no value for {', '.join(missing)}")
    return Config(**values)


def check_kind(system: str, dataset: str) -> None:
    """Raises ValueError for a system and a data set of two kinds, naming the systems that are allowed."""
    kind = dataset_kind(dataset)
    if system_kind(system) != kind:
        allowed = ", ".join(systems(kind=kind))
        raise ValueError(f"system {system!r} is for {system_kind(system)}, {dataset} has {kind}; allowed: {allowed}")


def sized(profile: str, dataset: str) -> bool:
    """Whether a profile says how large a run on this data set is; one without such tables is for all data sets."""
    tables = set(catalogue()["profile"].get(profile, {})) & set(DATASETS)
    return not tables or dataset in tables


def check_sized(config: Config) -> None:
    """Raises ValueError for a run that would have the papers' length at a smaller profile, naming what is allowed."""
    if not sized(config.profile, config.dataset):
        allowed = [p for p in PROFILES if sized(p, config.dataset)]
        raise ValueError(f"profile {config.profile} has no size for {config.dataset}; allowed: {', '.join(allowed)}")


def show(value: object) -> str:
    if isinstance(value, tuple | list):
        return "-".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def origin(system: str, dataset: str, profile: str) -> list[tuple[str, object, str, str]]:
    """Where each field of a run comes from: (field, value, table of the catalogue, source)."""
    rows: dict[str, tuple[str, object, str, str]] = {}
    known = {f.name for f in fields(Config)}
    for name, table in layers(system, dataset, profile):
        rows |= {k: (k, v, name, table.get("source", "")) for k, v in table.items() if k in known}
    return list(rows.values())
