import pytest

from core.plots import finetuning as plots

HISTORY = [
    {"epoch": e, "train_loss": 1 / e, "val_loss": 1.2 / e, "train_accuracy": 1 - 0.3 / e, "val_accuracy": 1 - 0.4 / e}
    for e in range(1, 6)
]


def test_curves_name_themselves_at_their_ends() -> None:
    figure = plots.accuracy_curves(HISTORY, best_epoch=4)
    texts = [note.text for note in figure.layout.annotations]
    assert texts == ["training 94", "validation 92", "kept"]
    assert list(figure.data[1].y) == pytest.approx([100 * r["val_accuracy"] for r in HISTORY])
    heights = [note.y for note in figure.layout.annotations[:2]]
    assert abs(heights[0] - heights[1]) >= 10


@pytest.mark.parametrize("history", [[], HISTORY[:1], HISTORY])
def test_curves_of_any_length_draw(history: list) -> None:
    for draw in (plots.loss_curves, plots.accuracy_curves):
        figure = draw(history)
        assert all(len(trace.x) == len(history) for trace in figure.data)
