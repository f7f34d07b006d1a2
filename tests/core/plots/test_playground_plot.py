"""The playground's pictures show what the frame holds: places, signs, widths, classes by shape as well as colour."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from core.plots import playground as plots
from core.plots import theme

SPAN = 2.6


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    ramp = np.tile(np.linspace(-1, 1, 20), (20, 1))
    return {
        "surface": np.tile(np.linspace(0, 1, 60), (60, 1)),
        "x_train": np.array([[0.0, 1], [1, 0]], np.float32),
        "y_train": np.array([1, 0], np.uint8),
        "x_val": np.array([[-1.0, 1]], np.float32),
        "y_val": np.array([0], np.uint8),
        "layer_0": np.stack([ramp, ramp.T]),
        "layer_1": np.stack([ramp, -ramp, np.zeros((20, 20))]),
        "weight_1": np.array([[1.0, -0.5], [0.05, 0.2], [-1.0, 0.9]]),
        "bias_1": np.array([0.1, -0.2, 0.3]),
        "weight_2": rng.normal(size=(1, 3)),
        "bias_2": np.array([0.0]),
    }


def test_classes_differ_in_shape_and_roles_in_filling(arrays):
    points = plots.surface(arrays, SPAN).data[2:]
    seen = {t.marker.symbol: (t.marker.color, len(t.x)) for t in points}
    assert seen == {
        "circle": (theme.FOR, 1),
        "square": (theme.AGAINST, 1),
        "circle-open": (theme.FOR, 0),
        "square-open": (theme.AGAINST, 1),
    }


def test_the_surface_lies_where_the_grid_does(arrays):
    heat = plots.surface(arrays, SPAN).data[0]
    assert heat.z[0][0] == 0 and heat.z[0][-1] == 100 and heat.z[-1][0] == 0
    assert heat.x0 == -SPAN and heat.x0 + 59 * heat.dx == pytest.approx(SPAN)


def test_a_surface_without_numbers_is_undecided(arrays):
    arrays["surface"][:] = np.nan
    assert (np.array(plots.surface(arrays, SPAN).data[0].z) == 50).all()


def test_weights_are_lines_by_sign_and_size(arrays):
    made = plots.network(arrays, ("x1", "x2"), SPAN)
    lines = [t for t in made.data if t.mode == "lines"]
    drawn = sum(len(t.x) // 3 for t in lines)
    assert drawn == 6 + 3
    for line in lines:
        assert (line.line.color == theme.FOR) == (line.line.dash == "solid")
    thick = [t for t in lines if t.line.width == max(w for _, w in plots._WIDTHS)]
    assert sum(len(t.x) // 3 for t in thick) >= 3  # ±1 and 0.9 of the first layer


def test_neurons_are_told_in_words(arrays):
    nodes = plots.network(arrays, ("x1", "x2"), SPAN).data[-1]
    assert nodes.text[0] == "input x1"
    assert nodes.text[2].startswith("layer 1, neuron 1<br>bias +0.10<br>weights in +1.00, -0.50")
    assert nodes.text[4].endswith("answers the same everywhere")
    assert nodes.text[-1].startswith("output")
    assert len(nodes.x) == 2 + 3 + 1


def test_the_sheet_holds_every_neurons_picture(arrays):
    source = plots.network(arrays, ("x1", "x2"), SPAN).layout.images[0].source
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(source.split(",")[1]))).convert("RGBA"))
    shown = sheet[..., 3] > 0
    assert shown.sum() == (2 + 3 + 1) * 20 * 20
    orange, blue = np.array([0xD9, 0x77, 0x2B]), np.array([0x3B, 0x6F, 0xB6])
    assert (sheet[..., :3] == orange).all(axis=-1).any() and (sheet[..., :3] == blue).all(axis=-1).any()


@pytest.mark.parametrize("counts", [(1,), (12, 12), (1, 12, 1), (12,) * 6])
def test_pictures_never_overlap(counts):
    tall = max(8, *counts)
    places = [plots._places(n, k, len(counts) + 2, tall * 1.35, tall) for k, n in enumerate((7, *counts, 1))]
    for column in places:
        assert column.min() >= 0 and (np.diff(-column[:, 1]) > plots._SHOWN).all()
    xs = [column[0, 0] for column in places]
    assert (np.diff(xs) > plots._SHOWN).all()


def test_a_network_that_ran_away_is_still_drawn(arrays):
    for name in ("weight_1", "layer_1", "surface", "bias_1"):
        arrays[name] = np.full_like(arrays[name], np.nan)
    assert plots.network(arrays, ("x1", "x2"), SPAN).to_json()


def test_the_boundary_runs_where_the_output_is_one_half(arrays):
    """A surface that rises with x² + y² crosses one half on a circle."""
    axis = np.linspace(-SPAN, SPAN, 60)
    radius = np.hypot(*np.meshgrid(axis, axis))
    arrays["surface"] = np.clip(radius / 3, 0, 1)
    line = plots.surface(arrays, SPAN).data[1]
    ends = np.hypot(line.x, line.y)
    assert line.mode == "lines" and np.nanmax(np.abs(ends - 1.5)) < 0.02
    assert np.isnan(ends[2::3]).all() and len(ends) > 3 * 60


def test_crossings_of_a_saddle_and_of_a_plain():
    assert plots.crossings(np.array([[1.0, 0], [0, 1]]), 0.5).shape == (2, 2, 2)
    assert plots.crossings(np.zeros((5, 5)), 0.5).shape == (0, 2, 2)
    np.testing.assert_allclose(plots.crossings(np.array([[0.0, 1], [0, 1]]), 0.25)[0], [[0.25, 0], [0.25, 1]])
