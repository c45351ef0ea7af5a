"""The search in code space: its process, its batches, that it finds what is hidden and survives being killed."""

import math

import pytest
import torch

botorch = pytest.importorskip("botorch", reason="BoTorch is not installed: rae-lib[structures]")

import gpytorch  # noqa: E402
from small import seeded  # noqa: E402

from rae_lib.search.improvement import Believer, Proposing, climb, draw_uniform, propose_batch  # noqa: E402
from rae_lib.search.loop import Bayesian, PriorSampling, propose_uniformly, run_search  # noqa: E402
from rae_lib.search.process import SparseProcess, Training, fit_process  # noqa: E402

OPTIMUM = torch.tensor([1.5, -1.0, 0.5], dtype=torch.float64)
SMALL = Bayesian(Training(inducing=40, epochs=5, batch=200), Proposing(candidates=300, steps=50))


def score(z: torch.Tensor) -> torch.Tensor:
    """Distance to the planted optimum."""
    return (z.double() - OPTIMUM).norm(dim=1)


def evaluate(z: torch.Tensor, source: torch.Generator) -> tuple[list[str | None], torch.Tensor]:
    """With noise of the generator, as a sampled decoding has; codes far outside have no text."""
    noise = 0.01 * torch.rand(len(z), generator=source, dtype=torch.float64)
    texts = [f"{row[0]:.3f}" if row.norm() < 4 else None for row in z]
    return texts, score(z) + noise


@pytest.fixture
def codes() -> torch.Tensor:
    return torch.randn(400, 3, generator=seeded(), dtype=torch.float64)


@pytest.fixture
def process(codes) -> SparseProcess:
    """With a posterior that is neither the prior nor the best one."""
    made = SparseProcess(codes[:30])
    made.solve(codes, torch.sin(codes.sum(1)), rounds=3)
    with torch.no_grad():
        made.mean.add_(0.1 * torch.randn(30, generator=seeded(1), dtype=torch.float64))
        made.log_scale.add_(0.3)
    return made


class Reference(gpytorch.models.ApproximateGP):
    """The same process in GPyTorch."""

    def __init__(self, process: SparseProcess):
        q = gpytorch.variational.CholeskyVariationalDistribution(len(process.mean))
        jitter = 1e-3 * process.log_scale.exp().item()
        strategy = gpytorch.variational.VariationalStrategy(
            self, process.inducing.detach().clone(), q, jitter_val=jitter
        )
        super().__init__(strategy)
        strategy.variational_params_initialized.fill_(1)
        self.mean_module = gpytorch.means.ZeroMean()
        kernel = gpytorch.kernels.RBFKernel(ard_num_dims=process.inducing.shape[1])
        self.covar_module = gpytorch.kernels.ScaleKernel(kernel)
        self.likelihood = gpytorch.likelihoods.GaussianLikelihood()
        self.double()
        kernel.lengthscale = (0.5 * process.log_squares).exp().detach()
        self.covar_module.outputscale = process.log_scale.exp().detach()
        self.likelihood.noise = process.log_noise.exp().detach()
        q.variational_mean.data = process.mean.detach().clone()
        q.chol_variational_covar.data = process.root.detach().tril()

    def forward(self, x):
        return gpytorch.distributions.MultivariateNormal(self.mean_module(x), self.covar_module(x))


def test_the_bound_and_its_gradients_are_gpytorchs(process, codes):
    targets = torch.sin(codes.sum(1))
    ours = process.bound(codes, targets, 5000)
    ours.backward()
    model = Reference(process)
    theirs = gpytorch.mlls.VariationalELBO(model.likelihood, model, num_data=5000)(model(codes), targets)
    theirs.backward()
    # GPyTorch adds its jitter to the variance of every f(x) too.
    jitter = 1e-3 * process.log_scale.exp() / (2 * process.log_noise.exp())
    assert ours.item() == pytest.approx((theirs + jitter).item(), abs=1e-6)
    strategy = model.variational_strategy
    assert torch.allclose(process.inducing.grad, strategy.inducing_points.grad, rtol=1e-4, atol=1e-7)
    assert torch.allclose(process.mean.grad, strategy._variational_distribution.variational_mean.grad, atol=1e-7)
    root = strategy._variational_distribution.chol_variational_covar.grad.tril()
    assert torch.allclose(process.root.grad, root, rtol=1e-4, atol=1e-7)


def test_the_best_posterior_is_where_the_bound_has_no_gradient(process, codes):
    targets = torch.sin(codes.sum(1))
    process.solve(codes, targets)
    process.bound(codes, targets, len(codes)).backward()
    assert process.mean.grad.abs().max() < 1e-8
    assert process.root.grad.tril().abs().max() < 1e-8
    process.solve(codes, targets, rounds=500)
    process.zero_grad()
    process.bound(codes, targets, len(codes)).backward()
    assert process.log_noise.grad.abs() < 1e-4


def test_predictions_are_gpytorchs(process, codes):
    model = Reference(process).eval()
    x = torch.randn(20, 3, generator=seeded(2), dtype=torch.float64)
    with torch.no_grad():
        theirs = model(x)
    mean, variance = Believer(process).predict(x)
    assert torch.allclose(mean, theirs.mean, atol=1e-6)
    assert torch.allclose(variance, theirs.variance - 1e-3 * process.log_scale.exp(), atol=1e-6)


def test_believing_is_conditioning_on_the_posterior_mean(process):
    x = torch.randn(6, 3, generator=seeded(2), dtype=torch.float64)
    model = Reference(process).eval()
    with torch.no_grad():
        joint = model(x).covariance_matrix - 1e-3 * process.log_scale.exp() * torch.eye(6)
    believer = Believer(process)
    before, _ = believer.predict(x)
    believer.believe(x[:1])
    believer.believe(x[1:2])
    after, variance = believer.predict(x)
    known = joint[:2, :2] + 1e-3 * believer.scale * torch.eye(2)
    expected = joint.diagonal() - (joint[:, :2] @ torch.linalg.inv(known) * joint[:, :2]).sum(1)
    assert torch.allclose(after, before)
    assert torch.allclose(variance, expected, atol=1e-6)


def test_improvement_is_botorchs_and_its_maximum_is_in_the_box(process):
    believer = Believer(process)
    improvement = botorch.acquisition.LogExpectedImprovement(believer, best_f=-0.5, maximize=False)
    x = torch.randn(5, 3, generator=seeded(3), dtype=torch.float64)
    mean, variance = believer.predict(x)
    u = (-0.5 - mean) / variance.sqrt()
    normal = torch.distributions.Normal(0, 1)
    expected = variance.sqrt() * (u * normal.cdf(u) + normal.log_prob(u).exp())
    assert torch.allclose(improvement(x[:, None]).exp(), expected, rtol=1e-5)
    box = torch.tensor([[-1.0] * 3, [2.0] * 3], dtype=torch.float64)
    found = climb(improvement, box, draw_uniform(box, 100, seeded()), 150)
    others = draw_uniform(box, 500, seeded(4))
    assert ((found >= box[0]) & (found <= box[1])).all()
    assert improvement(found[:, None]) >= improvement(others[:, None]).max() - 1e-6


def test_a_batch_goes_where_nothing_is_believed_yet(process):
    box = torch.tensor([[-2.0] * 3, [2.0] * 3], dtype=torch.float64)
    proposing, believer = Proposing(candidates=200), Believer(process)
    first = propose_batch(believer, box, 1, proposing=proposing, generator=seeded())
    mean, before = Believer(process).predict(first)
    _, after = believer.predict(first)
    assert after < 0.1 * before
    found = propose_batch(Believer(process), box, 8, proposing=proposing, generator=seeded())
    assert torch.equal(found[:1], first)
    assert torch.pdist(found).max() > 0.5


@pytest.mark.filterwarnings("error")
def test_it_finds_a_planted_optimum_better_than_its_baselines(codes):
    prior = PriorSampling(lambda n, source: torch.randn(n, 3, generator=source))
    found = {}
    for name, propose in (("bayesian", SMALL), ("uniform", propose_uniformly), ("prior", prior)):
        found[name] = run_search(propose, codes, score(codes), evaluate, generator=seeded(1), steps=3, batch=8)
    smallest = {name: search.scores.min().item() for name, search in found.items()}
    assert smallest["bayesian"] < 0.2 < score(codes).min()
    assert smallest["bayesian"] < 0.5 * min(smallest["uniform"], smallest["prior"])
    report = found["bayesian"].reports[0]
    assert report["rmse"] < 0.2 * score(codes).std()
    assert report["loglik"] > -math.log(score(codes).std() * math.sqrt(2 * math.pi * math.e))
    assert found["uniform"].reports == [{}, {}, {}]


def test_equal_seeds_give_equal_searches(codes):
    first, second = (
        run_search(SMALL, codes, score(codes), evaluate, generator=seeded(1), steps=1, batch=3) for _ in "ab"
    )
    assert torch.equal(first.codes, second.codes)
    other = run_search(SMALL, codes, score(codes), evaluate, generator=seeded(2), steps=1, batch=3)
    assert not torch.equal(first.codes, other.codes)


class Killed(Exception):
    pass


@pytest.mark.parametrize("propose", [SMALL, propose_uniformly])
@pytest.mark.parametrize("calls", [0, 1, 2])
def test_a_killed_search_comes_to_the_same_end(codes, tmp_path, propose, calls):
    whole = run_search(propose, codes, score(codes), evaluate, generator=seeded(1), steps=3, batch=2)
    left = [calls]

    state = tmp_path / "search.pt"
    run = {"steps": 3, "batch": 2, "state": state}

    def plain(z, source):
        if not left[0]:
            raise Killed
        left[0] -= 1
        return evaluate(z, source)

    with pytest.raises(Killed):
        run_search(propose, codes, score(codes), plain, generator=seeded(1), **run)
    again = run_search(propose, codes, score(codes), evaluate, generator=seeded(1), **run)
    assert torch.equal(again.codes, whole.codes)
    assert torch.equal(again.scores, whole.scores)
    assert (again.texts, again.reports) == (whole.texts, whole.reports)
    assert not list(tmp_path.glob("*.partial"))


def test_a_finished_search_is_read_and_a_damaged_state_is_set_aside(codes, tmp_path):
    state = tmp_path / "search.pt"
    run = {"steps": 2, "batch": 3, "state": state}
    whole = run_search(propose_uniformly, codes, score(codes), evaluate, generator=seeded(1), **run)

    def never(z, source):
        raise AssertionError("evaluated again")

    again = run_search(propose_uniformly, codes, score(codes), never, generator=seeded(1), **run)
    assert torch.equal(again.scores, whole.scores)
    state.write_bytes(state.read_bytes()[:100])
    again = run_search(propose_uniformly, codes, score(codes), evaluate, generator=seeded(1), **run)
    assert torch.equal(again.scores, whole.scores)


def test_the_state_of_another_search_is_refused(codes, tmp_path):
    run = {"steps": 1, "batch": 3, "state": tmp_path / "search.pt"}
    run_search(propose_uniformly, codes, score(codes), evaluate, generator=seeded(1), **run)
    with pytest.raises(ValueError, match="other codes, scores, settings or seed"):
        run_search(propose_uniformly, codes, score(codes), evaluate, generator=seeded(2), **run)
    with pytest.raises(ValueError, match="other codes"):
        run_search(propose_uniformly, codes + 1, score(codes), evaluate, generator=seeded(1), **run)
    with pytest.raises(ValueError, match="other codes"):
        run_search(SMALL, codes, score(codes), evaluate, generator=seeded(1), **run)


def test_bad_requests_are_refused_before_any_work(codes):
    def never(z, source):
        raise AssertionError("work was done")

    def attempt(z=codes, scores=None, steps=1, batch=3):
        scores = score(codes) if scores is None else scores
        run_search(never, z, scores, never, generator=seeded(), steps=steps, batch=batch)

    broken = codes.clone()
    broken[3, 1] = math.nan
    for message, request in (
        ("allowed: \\(n, d\\)", {"z": codes[:, 0]}),
        ("allowed: \\(n, d\\)", {"z": codes[:300]}),
        ("10 or more", {"z": codes[:5], "scores": score(codes[:5])}),
        ("1 values of the codes", {"z": broken}),
        ("1 values of the scores", {"scores": torch.cat([score(codes[1:]), torch.tensor([math.inf])])}),
        ("nothing to learn", {"scores": torch.ones(400)}),
        ("steps is 0", {"steps": 0}),
        ("batch is 2.5", {"batch": 2.5}),
    ):
        with pytest.raises(ValueError, match=message):
            attempt(**request)


def test_what_evaluate_returns_is_checked(codes):
    for texts, scores in ((["a"], torch.zeros(3)), (["a"] * 3, torch.zeros(2)), (["a"] * 3, [0, math.nan, 0])):
        with pytest.raises(ValueError, match="evaluate gave"):
            run_search(
                propose_uniformly,
                codes,
                score(codes),
                lambda z, source, result=(texts, scores): result,
                generator=seeded(),
                batch=3,
            )


def test_equal_codes_have_no_length_scale(codes):
    with pytest.raises(ValueError, match="codes are equal"):
        fit_process(torch.zeros(50, 3, dtype=torch.float64), torch.randn(50).double(), Training(), seeded())


def test_the_best_texts_are_different_ones(codes):
    def same(z, source):
        return ["b", "a", "a", None], torch.tensor([2.0, 1.0, 1.0, 0.0])

    search = run_search(propose_uniformly, codes, score(codes), same, generator=seeded(), steps=1, batch=4)
    assert search.best() == [("a", 1.0), ("b", 2.0)]
