"""Strings: the way from a text to tokens and back, grammatical decoding, refusals, and the systems on them."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch

from rae_lib import data
from rae_lib.config import catalogue, resolve, systems
from rae_lib.data import archives, grammar, strings, writing
from rae_lib.evaluation import tasks
from rae_lib.evaluation.strings import decode
from rae_lib.evaluation.trained import Trained
from rae_lib.models import build, losses
from rae_lib.models.strings import GRU
from rae_lib.results import run
from rae_lib.training.loop import fit

SMILES = (
    "CC(C)(C)c1ccc2occ(CC(=O)Nc3ccccc3F)c2c1",
    "C[C@@H]1CC(Nc2cncc(-c3nncn3C)c2)C[C@@H](C)C1",
    "O=[N+]([O-])c1ccc[nH]1",
)
zinc = pytest.mark.skipif(not (archives.root() / "zinc.smi").is_file(), reason="$RAE_DATA has no zinc.smi")


def reference(rules: grammar.Grammar):
    """NLTK's chart parser of the same file, as text -> every derivation as production numbers."""
    nltk = pytest.importorskip("nltk")
    cfg = nltk.CFG.fromstring((Path(grammar.__file__).parent / f"grammars/{rules.name}.cfg").read_text())
    numbers = {production: i for i, production in enumerate(cfg.productions())}
    parser = nltk.ChartParser(cfg)
    assert len(numbers) == len(rules.productions)

    def parse(text: str) -> list[list[int]]:
        trees = parser.parse([part[1:-1] for part in rules.split(text)])
        return [[numbers[p] for p in tree.productions()] for tree in trees]

    return parse


def read_molecules(count: int) -> list[str]:
    return (archives.root() / "zinc.smi").read_text().split()[::120][:count]


def test_the_expressions_made_here_are_the_published_ones():
    made = strings.make_expressions()
    text = "\n".join(made) + "\n"
    assert len(set(made)) == 100_000 and hashlib.sha256(text.encode()).hexdigest() == strings.SHA256["expressions"]
    offline = archives.root() / "expressions.txt"
    if offline.is_file():
        assert [line.replace(" ", "") for line in offline.read_text().splitlines()] == made


@pytest.mark.parametrize("how", writing.WRITINGS)
def test_every_expression_comes_back_from_its_tokens_and_its_one_hot_string(how):
    found, own = data.load("expressions", writing=how), writing.find("expressions", how)
    assert {s: len(x) for s, x in found.images.items()} == {"train": 90_000, "val": 5_000, "test": 5_000}
    assert found.shape == (own.size, own.length) and found.kind == "strings"
    assert len({text for texts in found.texts.values() for text in texts}) == 100_000
    for split, tokens in found.images.items():
        assert tokens.dtype == torch.uint8 and tokens.max() < own.size
        for first in range(0, len(tokens), 20_000):
            part = slice(first, first + 20_000)
            sure = torch.nn.functional.one_hot(tokens[part].long(), own.size).float() * 50
            assert own.texts(own.choose(sure)) == found.texts[split][part]


@zinc
@pytest.mark.parametrize("how", writing.WRITINGS)
def test_two_thousand_molecules_come_back_from_their_one_hot_strings(how):
    own, texts = writing.find("zinc", how), read_molecules(2_000)
    assert len(texts) == 2_000
    for part in np.array_split(texts, 20):
        sure = torch.nn.functional.one_hot(own.tokens(part.tolist()).long(), own.size).float() * 50
        assert own.texts(own.choose(sure, torch.Generator().manual_seed(0))) == part.tolist()


def test_the_parser_agrees_with_nltk_on_expressions():
    rules = grammar.read("expressions")
    parse = reference(rules)
    for text in strings.make_expressions()[::2_003]:
        assert parse(text) == [rules.parse(text)]


def test_the_parser_agrees_with_nltk_on_a_few_molecules():
    rules = grammar.read("smiles")
    parse = reference(rules)
    assert all(parse(text) == [rules.parse(text)] for text in SMILES)


@zinc
@pytest.mark.long
def test_the_parser_agrees_with_nltk_on_two_thousand_molecules():
    rules = grammar.read("smiles")
    parse = reference(rules)
    for text in read_molecules(2_000):
        assert parse(text) == [rules.parse(text)]


@pytest.mark.parametrize("dataset", ["expressions", "zinc"])
@pytest.mark.parametrize("seed", [None, 0])
def test_every_decoded_derivation_is_grammatical_or_empty(dataset, seed):
    own = writing.find(dataset, "productions")
    logits = torch.randn(200, own.length, own.size, generator=torch.Generator().manual_seed(1))
    ends = [i for i, (_, right) in enumerate(own.grammar.productions) if len(right) == 1]
    logits[:, :, ends] += 3  # so that derivations end
    tokens = own.choose(logits, None if seed is None else torch.Generator().manual_seed(seed))
    texts = own.texts(tokens)
    assert 20 < sum(map(bool, texts))
    for text, row in zip(texts, tokens.tolist(), strict=True):
        if text:
            derivation = [token for token in row if token != own.grammar.filling]
            assert own.grammar.write(own.grammar.parse(text)) == text == own.grammar.write(derivation)
    logits[:, :, 0] += 100  # S -> S + T for ever, or the start of a chain that the rest may end
    assert dataset == "zinc" or set(own.texts(own.choose(logits))) == {""}


def choose_plainly(rules: grammar.Grammar, logits: np.ndarray, noise: np.ndarray) -> list[int]:
    """One string by a list as stack: the i-th usable production of a symbol gets the i-th noise of its place."""
    usable, stack, found = [*rules.usable, True], [rules.symbols[0]], []
    for scores, extra in zip(logits, noise, strict=True):
        symbol = stack.pop() if stack else rules.symbols[-1]
        options = [i for i, (left, _) in enumerate(rules.productions) if left == symbol and usable[i]]
        found.append(options[int(np.argmax(scores[options] + extra[: len(options)]))])
        stack += [s for s in reversed(rules.productions[found[-1]][1]) if s in rules.symbols]
    return found


@pytest.mark.parametrize("dataset", ["expressions", "zinc"])
@pytest.mark.parametrize("bias", [0, 2])
def test_the_batch_chooses_what_one_stack_a_string_chooses_with_the_same_noise(dataset, bias):
    own, times = writing.find(dataset, "productions"), 3
    logits = torch.randn(12, own.length, own.size, generator=torch.Generator().manual_seed(1)).round(decimals=1)
    logits[:, :, [i for i, (_, right) in enumerate(own.grammar.productions) if len(right) == 1]] += bias
    most = max(sum(left == s for left, _ in own.grammar.productions) for s in own.grammar.symbols)
    generators = [torch.Generator().manual_seed(2) for _ in range(2)]
    noise = -torch.empty(times * 12, own.length, most).exponential_(generator=generators[0]).log_()
    every = logits.repeat(times, 1, 1).numpy()
    sampled = [choose_plainly(own.grammar, *pair) for pair in zip(every, noise.numpy(), strict=True)]
    assert own.choose(logits, generators[1], times).tolist() == sampled
    assert torch.equal(*[g.get_state() for g in generators])
    likely = [choose_plainly(own.grammar, row, np.zeros((own.length, most), "f4")) for row in logits.numpy()]
    assert own.choose(logits).tolist() == likely  # many are equally likely: the first counts


def test_unused_productions_are_never_chosen_and_samples_follow_the_softmax():
    own = writing.find("zinc", "productions")
    unused = [i for i, usable in enumerate(own.grammar.usable) if not usable]
    assert [own.grammar.productions[i][1][-1] for i in unused] == ["class", "class"] and unused == [29, 31]
    logits = torch.randn(100, own.length, own.size)
    logits[:, :, unused] += 100
    assert not torch.isin(own.choose(logits, torch.Generator().manual_seed(0)), torch.tensor(unused)).any()
    left = own.grammar.productions[30][0]  # what uses them competes with what can be used alone
    assert own.alike[30].nonzero().flatten().tolist() == [30] and left == own.grammar.productions[29][0]
    letters = writing.find("expressions", "productions")
    skewed = torch.full((20_000, 15, 12), -50.0)
    skewed[:, 0, 3], skewed[:, 1, 7], skewed[:, 1, 8] = 50, float(np.log(0.25)), float(np.log(0.75))
    texts = letters.texts(letters.choose(skewed, torch.Generator().manual_seed(0)))
    assert set(texts) == {"x", "1"} and texts.count("x") / len(texts) == pytest.approx(0.25, abs=0.015)


@pytest.mark.parametrize("name", grammar.NAMES)
@pytest.mark.parametrize(
    "text", ["", " ", "x" * 10_000, "(" * 400, "é", "x\x00", "日本", "x+", ")(", "\n", "sin", "C(", "1 1 1"]
)
def test_what_is_no_string_of_the_grammar_is_refused_in_one_line(name, text):
    with pytest.raises(grammar.Unparsable) as error:
        grammar.read(name).parse(text)
    assert str(error.value) and "\n" not in str(error.value)


def test_a_text_that_is_too_long_for_its_data_set_is_refused():
    for how, message in (("productions", "productions; allowed: 15"), ("characters", "allowed: at most 19")):
        with pytest.raises(grammar.Unparsable, match=message):
            writing.find("expressions", how).tokens(["x+" * 20 + "x"])
    with pytest.raises(grammar.Unparsable, match="allowed: at most 19"):
        writing.find("expressions", "characters").tokens(["y"])
    with pytest.raises(ValueError, match="writing is 'words'; allowed: productions, characters"):
        writing.find("expressions", "words")


def test_another_file_of_molecules_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("RAE_DATA", str(tmp_path))
    (tmp_path / "zinc.smi").write_text("CCO\nCCN\n")
    with pytest.raises(ValueError, match="zinc: 2 strings of SHA-256 .*; allowed: 249455 strings"):
        data.load("zinc")
    monkeypatch.setattr(strings, "urlopen", lambda *_, **__: (_ for _ in ()).throw(OSError("no network")))
    (tmp_path / "zinc.smi").unlink()
    with pytest.raises(FileNotFoundError, match="zinc.smi is missing and downloading it .* failed .*no network"):
        data.load("zinc")


@pytest.mark.parametrize(
    ("system", "dataset", "count"),
    [
        ("gvae", "expressions", 169_203),
        ("cvae", "expressions", 171_118),
        ("gvae", "zinc", 5_044_056),
        ("cvae", "zinc", 4_337_203),
    ],
)
def test_the_networks_have_the_published_numbers_of_parameters(system, dataset, count):
    config = resolve(system, dataset, "paper")
    own = writing.find(dataset, config.writing)
    net = build(config, (own.size, own.length))
    assert sum(p.numel() for p in net.parameters()) == count


def test_the_loss_is_that_of_keras():
    """T times the mean binary cross-entropy over places and tokens, times D here; the mean KL, times d."""
    config = resolve("gvae", "expressions", "paper")
    assert config.beta == pytest.approx(12 / 25) and config.noise_scale == 0.01
    own, generator = writing.find("expressions", "productions"), torch.Generator().manual_seed(0)
    tokens, logits = own.tokens(["x+1", "sin(x)/2"]), torch.randn(2, 15, 12, generator=generator)
    total = 0.0
    for row, scores in zip(tokens.tolist(), logits.double().numpy(), strict=True):
        for token, score in zip(row, scores, strict=True):
            mask = np.array([left == own.grammar.productions[token][0] for left, _ in own.grammar.productions])
            p = np.clip(np.exp(score) * mask / (np.exp(score) * mask).sum(), 1e-7, 1 - 1e-7)
            total -= sum(np.log(p[k] if k == token else 1 - p[k]) for k in range(12))
    assert losses.token_cross_entropy(tokens, logits, own.alike).item() == pytest.approx(total / 2, rel=1e-5)


def test_the_recurrent_unit_is_that_of_keras_1():
    torch.manual_seed(0)
    unit, x, h = GRU(3, 4).double(), torch.randn(2, 5, 3).double(), torch.zeros(2, 4).double()
    w, b = unit.input.weight.chunk(3), unit.input.bias.chunk(3)
    u = (*unit.gates.weight.chunk(2), unit.state.weight)
    for place in range(5):
        update, reset = ((0.2 * (x[:, place] @ w[i].T + h @ u[i].T + b[i]) + 0.5).clamp(0, 1) for i in range(2))
        h = update * h + (1 - update) * (x[:, place] @ w[2].T + (reset * h) @ u[2].T + b[2]).tanh()
        assert torch.allclose(unit(x)[:, place], h, atol=1e-12)


@pytest.mark.parametrize("name", systems(kind="strings"))
def test_a_system_of_strings_keeps_the_contract_of_every_system(name):
    config = resolve(name, "expressions", "smoke")
    own, generator = writing.find("expressions", config.writing), torch.Generator().manual_seed(0)
    x = own.tokens(strings.make_expressions()[::12_500])
    system = build(config, (own.size, own.length))
    for player in system.players():
        terms = player.loss(x, generator)
        assert player.monitor in terms and all(term.dim() == 0 and term.isfinite() for term in terms.values())
        gradients = torch.autograd.grad(terms["loss"], player.parameters)
        assert all(g.isfinite().all() for g in gradients)
        assert sum(bool(g.any()) for g in gradients) == len(gradients)
    z = system.eval().encode(x)
    p = system.decode(z)
    assert z.shape == (8, config.latent) and p.shape == (8, own.length, own.size)
    assert torch.allclose(p.sum(2), torch.ones(8, own.length)) and system.reconstruct(x, generator).shape == p.shape
    prior = system.prior(5, generator)
    assert prior is None or prior.shape == (5, config.latent)
    again = build(config, (own.size, own.length))
    assert all(
        torch.equal(a, b) for a, b in zip(again.parameters(), build(config, own_shape(own)).parameters(), strict=True)
    )


def own_shape(own) -> tuple[int, int]:
    return own.size, own.length


@pytest.mark.parametrize(("name", "texts"), [("grae", ["x", "x+1", "sin(x)"]), ("cvae", ["x", "x+1"])])
def test_places_behind_the_last_choice_change_no_gradient(name, texts):
    config = resolve(name, "expressions", "smoke")
    own = writing.find("expressions", config.writing)
    x, system = own.tokens(texts), build(config, own_shape(own)).eval()
    z = torch.randn(len(texts), config.latent)
    places = losses.count_open(x, own.alike)
    assert 1 <= places < own.length if name == "grae" else places == own.length

    def gradients(loss):
        return torch.autograd.grad(loss, list(system.decoder.parameters()))

    whole = losses.token_cross_entropy(x, system.decoder(z), own.alike)
    assert torch.equal(system.decoder(z, places), system.decoder(z)[:, :places])
    assert system.error(x, z).item() == pytest.approx(whole.item(), abs=0.01)
    for short, long in zip(gradients(system.error(x, z)), gradients(whole), strict=True):
        torch.testing.assert_close(short, long, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["grae", "cvae"])
def test_training_learns_a_few_strings_by_heart(name):
    config = resolve(name, "expressions", "smoke", overrides={"lr": 1e-2, "hidden": 32, "plateau": False})
    texts = ["x+1+2", "sin(x)", "1/3+x", "exp(2)*x", "(x+3)/2", "3", "x*x*x", "sin(x*x)"]
    own = writing.find("expressions", config.writing)
    x, system = own.tokens(texts), build(config, own_shape(own))
    fit(system, x.repeat(8, 1), x, epochs=150, batch=64, seed=0)
    with torch.no_grad():
        back = own.texts(own.choose(system.decoder(system.encode(x))))
    assert sum(a == b for a, b in zip(texts, back, strict=True)) >= 6


@pytest.mark.slow
@pytest.mark.parametrize("name", systems(kind="strings"))
def test_a_smoke_run_stores_shares_and_texts(name, monkeypatch, tmp_path):
    monkeypatch.setenv("RAE_RESULTS", str(tmp_path))
    result = run.make(resolve(name, "expressions", "smoke"))
    found = {(r["metric"], r["set"]): r["value"] for r in result.records}
    assert 0 <= found["exact", "rec"] <= 1 and 0 <= found["valid", "gmm"] <= 1
    shown = result.raw["strings"]
    assert len(shown["interpolations"]) == 3 and all(len(path) == 7 for path in shown["interpolations"])
    assert all(isinstance(text, str) for texts in shown["samples"].values() for text in texts)


def test_decoding_a_trained_system_takes_its_noise_from_the_generator_it_is_given():
    config = resolve("grae", "expressions", "smoke")
    found = data.load_for(config)
    trained = Trained(build(config, found.shape).eval(), config, found, "cpu")
    z = torch.zeros(50, config.latent)
    first, again = (decode(trained, z, torch.Generator().manual_seed(3)) for _ in range(2))
    assert first == again and len(set(first)) > 1
    assert len(set(decode(trained, z))) == 1


def test_tasks_know_their_valid_texts_and_count_others_as_none():
    expressions, molecules = tasks.find("expressions"), tasks.find("zinc")
    assert expressions.form("1 / 3 + x") == "1/3+x" and expressions.form("1/x", True) is None
    assert molecules.form("OCC") == molecules.form("CCO") == "CCO"
    for text in ("", "é", "x" * 10_000, "((", "C1CC", "c1"):
        assert expressions.form(text) is None and molecules.form(text) is None
    scores = expressions.scorer([])(["1/3+x+sin(x*x)", "1/2+x+sin(x*x)", "(("])
    assert scores[:2] == pytest.approx([0, 0.0274], abs=1e-4) and np.isnan(scores[2])
    assert "<svg" in molecules.draw("CCO")
    with pytest.raises(ValueError, match="allowed: expressions, zinc"):
        tasks.find("mnist")


def test_every_profile_says_how_long_a_search_is():
    assert set(catalogue()["search"]) == {"smoke", "laptop", "overnight", "paper"}
    paper = catalogue()["search"]["paper"]
    assert (paper["trials"], paper["steps"], paper["batch"], paper["inducing"], paper["epochs"]) == (5, 5, 50, 500, 50)
