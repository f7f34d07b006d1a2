"""The playground against closed forms, and what its presets claim."""

import itertools
import re
import subprocess
import sys

import numpy as np
import pytest
import torch

from core import params
from core.labs.playground import experiment
from core.labs.playground.program import code
from core.labs.playground.settings import FEATURES, PRESETS, Settings
from core.labs.playground.words import silent_share, wilson

NAMED = {preset.title: preset for preset in PRESETS}


def make(**values):
    return params.make(Settings, values)


def after(steps, **values):
    """The first frame and the one ``steps`` steps later."""
    chosen = make(**values | {"speed": 100})
    made = list(itertools.islice(experiment.run(chosen), steps // 100 + 1))
    return made[0], made[-1]


def test_one_sgd_step_of_a_linear_model_is_the_hand_computed_one():
    """Mean squared error of ``w·x + b`` against ±1: the gradient is ``2/B · Xᵀ(Xw + b - t)``."""
    torch.manual_seed(0)
    x, y = torch.randn(7, 2), torch.tensor([0.0, 1, 1, 0, 1, 0, 0])
    net = experiment.network((2, 1), torch.nn.Tanh)
    w, b = net[0].weight.detach().clone()[0], net[0].bias.detach().clone()
    rest = x @ w + b - (2 * y - 1)
    experiment.learn(net, experiment.optimiser("sgd", net, 0.1, 0.0), x, y, "mse")
    torch.testing.assert_close(net[0].weight[0], w - 0.1 * 2 / 7 * x.T @ rest)
    torch.testing.assert_close(net[0].bias[0], (b - 0.1 * 2 / 7 * rest.sum())[0])


def test_weight_decay_and_l1_add_their_gradients():
    x, y = torch.zeros(3, 2), torch.tensor([1.0, 0, 1])
    for decay, l1, gradient in ((0.2, 0.0, lambda w: 0.2 * w), (0.0, 0.05, lambda w: 0.05 * w.sign())):
        torch.manual_seed(0)
        net = experiment.network((2, 1), torch.nn.Tanh)
        w = net[0].weight.detach().clone()
        experiment.learn(net, experiment.optimiser("sgd", net, 0.1, decay), x, y, "cross_entropy", l1)
        torch.testing.assert_close(net[0].weight.detach(), w - 0.1 * gradient(w))  # x = 0: the loss adds nothing


def test_losses_by_hand():
    logits, y = torch.tensor([0.0, 2.0]), torch.tensor([1.0, 0.0])
    expected = {
        "cross_entropy": (np.log(2) + 2 + np.log1p(np.exp(-2))) / 2,
        "mse": (1 + 9) / 2,
        "hinge": (1 + 3) / 2,
    }
    for kind, value in expected.items():
        assert experiment.loss_of(logits, y, kind).item() == pytest.approx(value, rel=1e-6)


def test_starting_weights():
    """Xavier: U(±√(6/(in+out))), He: U(±√(6/in)); biases 0."""
    for kind, bound in (("xavier", (6 / (200 + 100)) ** 0.5), ("he", (6 / 200) ** 0.5), ("zeros", 0.0)):
        torch.manual_seed(0)
        layer = experiment.network((200, 100, 1), torch.nn.ReLU, initialisation=kind)[0][0]
        assert layer.bias.abs().max() == 0
        assert 0.98 * bound <= layer.weight.abs().max() <= bound


def test_inputs_are_the_named_columns():
    points = np.array([[0.5, -1.0]])
    x = experiment.inputs(points, FEATURES["all"])[0].tolist()
    assert x == pytest.approx([0.5, -1, 0.25, 1, -0.5, np.sin(1.0), np.sin(-2.0)], rel=1e-5)


def test_the_surface_is_the_networks_output_on_the_plane():
    """Lower left corner and centre, against a forward pass through the frame's own weights."""
    frame = next(experiment.run(make(hidden="", dataset="gaussians")))
    w, b = frame.arrays["weight_1"][0], frame.arrays["bias_1"][0]
    corner = 1 / (1 + np.exp(-(w @ [-experiment.SPAN, -experiment.SPAN] + b)))
    right = 1 / (1 + np.exp(-(w @ [experiment.SPAN, -experiment.SPAN] + b)))
    assert frame.arrays["surface"][0, 0] == pytest.approx(corner, rel=1e-4)
    assert frame.arrays["surface"][0, -1] == pytest.approx(right, rel=1e-4)


def test_held_out_points_are_never_learnt_from():
    frame = next(experiment.run(make(points=100, test_share=0.3)))
    assert len(frame.arrays["x_val"]) == 30 and len(frame.arrays["x_train"]) == 70
    both = {tuple(p) for p in frame.arrays["x_val"]} & {tuple(p) for p in frame.arrays["x_train"]}
    assert not both


def test_it_stops_after_its_epochs():
    made = list(experiment.run(make(epochs=50, points=40, batch_size=24, speed=10)))
    assert made[-1].metrics["epoch"] == 50
    assert made[-1].step == 50  # 24 of 40 points are learnt from, in one batch an epoch


def test_live_changes_reach_the_optimizer_and_dropout():
    run = experiment.run(make(dropout=0.5))
    next(run)
    run.send(make(dropout=0.0, learning_rate=0.1, weight_decay=0.2))
    inside = run.gi_frame.f_locals
    assert inside["optimizer"].param_groups[0]["lr"] == 0.1
    assert inside["optimizer"].param_groups[0]["weight_decay"] == 0.2
    assert {m.p for m in inside["net"].modules() if isinstance(m, torch.nn.Dropout)} == {0.0}


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"hidden": "", "features": "squares", "dataset": "circles", "loss": "mse", "optimizer": "sgd"},
        {"dropout": 0.2, "normalisation": "batch", "l1": 0.001, "optimizer": "rmsprop", "loss": "hinge", "seed": 3},
        {"initialisation": "he", "activation": "leaky_relu", "batch_size": 1, "weight_decay": 0.01, "dataset": "xor"},
    ],
    ids=["default", "linear", "everything", "one-by-one"],
)
def test_the_exported_program_gives_the_labs_numbers(values, tmp_path):
    chosen = make(**values, speed=60) if "speed" not in values else make(**values)
    frame = next(itertools.islice(experiment.run(chosen), 1, None))
    program = tmp_path / "program.py"
    program.write_text(code(chosen, steps=60))
    done = subprocess.run([sys.executable, "-I", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    step, train, val, accuracy = re.findall(r"[\d.]+", done.stdout.splitlines()[-1])
    assert int(step) == frame.step == 60
    assert float(train) == pytest.approx(frame.metrics["train_loss"], abs=6e-5)
    assert float(val) == pytest.approx(frame.metrics["val_loss"], abs=6e-5)
    assert float(accuracy) == pytest.approx(100 * frame.metrics["val_accuracy"], abs=0.06)


def test_wilson_interval():
    """Newcombe 1998, table I: 81 of 263 gives .2553 to .3662."""
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(1.0, 10)[1] == 1.0 and wilson(0.0, 10)[0] == 0.0


def test_silent_neurons_are_counted():
    dead = np.zeros((1, 20, 20))
    arrays = {"layer_1": np.concatenate([dead, np.random.default_rng(0).normal(size=(3, 20, 20))])}
    assert silent_share(arrays, 1) == 0.25 and silent_share({}, 0) == 0.0


def test_what_the_presets_claim():
    """The default seed, at most 2,000 steps; margins are wide, but other seeds may differ."""
    first, last = after(1500, **NAMED["Spirals"].values)
    assert last.metrics["val_accuracy"] > 0.9
    _, last = after(1000, **NAMED["A straight line"].values)
    assert last.metrics["val_accuracy"] < 0.7
    _, last = after(1000, **NAMED["Better inputs"].values)
    assert last.metrics["val_accuracy"] > 0.97
    _, last = after(1000, **NAMED["No bend"].values)
    assert last.metrics["val_accuracy"] < 0.95
    first, last = after(1000, **NAMED["All zeros"].values)
    assert last.arrays["surface"].std() < 1e-6 and last.arrays["surface"].mean() != first.arrays["surface"].mean()
    first, last = after(1000, **NAMED["Saturated"].values)
    assert 0.66 < last.metrics["train_loss"] < 0.72
    first, last = after(2000, **NAMED["By heart"].values)
    assert last.metrics["train_loss"] < first.metrics["train_loss"] / 3
    assert last.metrics["val_loss"] > first.metrics["val_loss"]


def test_steps_too_long_recover_once_shortened():
    run = experiment.run(make(**NAMED["Steps too long"].values, speed=20))
    jumpy = [next(run).metrics["train_loss"] for _ in range(25)]
    run.send(make(**NAMED["Steps too long"].values | {"learning_rate": 0.3}, speed=20))
    calm = [next(run).metrics["train_loss"] for _ in range(25)]
    assert np.std(jumpy[5:]) > 3 * np.std(calm[5:]) and calm[-1] < np.mean(jumpy[5:])
