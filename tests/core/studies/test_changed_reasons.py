"""Ranking a held-out part by how much its reasons changed, in process and as a job."""

from dataclasses import replace

import pytest

from core.attribution import METHODS_BY_NAME
from core.plots.difference import chances
from core.studies import changed_reasons
from core.studies.changed_reasons import Changed, files, most_changed, ranked, read, run, summary
from tests.core.studies.conftest import Bags, Planes, pictures, texts

IG, ABLATION = METHODS_BY_NAME["Integrated gradients"], METHODS_BY_NAME["Token ablation"]


def test_the_same_model_changes_no_reasons_and_another_does():
    data = pictures(4)
    same = list(most_changed(Planes(0), Planes(0), data, range(4), IG, n_steps=5))
    other = list(most_changed(Planes(0), Planes(1), data, range(4), IG, n_steps=5))
    assert [one.change for one in same] == pytest.approx([0] * 4) and not any(one.flipped for one in same)
    assert all(one.change > 0.4 for one in other)
    assert [one.name for one in other] == ["0.png", "1.png", "2.png", "3.png"]


def test_the_most_changed_come_first_and_what_cannot_be_compared_last():
    def one(row: int, agreement: float | None) -> Changed:
        return Changed(row, str(row), 0, (0,), (row % 2,), 0.2, 0.8, agreement)

    order = ranked([one(0, 0.9), one(1, None), one(2, -0.5), one(3, 0.1)])
    assert [c.row for c in order] == [2, 3, 0, 1]
    assert summary(order).startswith("2 of 4 answers changed.")
    figure = chances(order, ("<i>a</i>", "b"))
    assert [list(trace.customdata) for trace in figure.data[1:]] == [[2, 0], [3, 1]]  # pyright: ignore
    assert "<i>" not in str(figure.data)


def test_stop_keeps_what_is_done():
    asked: list[Changed] = []
    found = most_changed(Bags(0), Bags(1), texts(6), range(6), ABLATION, stopping=lambda: len(asked) >= 2)
    for one in found:
        asked.append(one)
    assert len(asked) == 2


def test_the_job_ranks_the_held_out_part_and_goes_on_after_a_stop(tuned, make_task):
    data = texts(60)
    card, report, folder = tuned(data, "all-minilm-l6-v2")
    params = {"method": "Token ablation", "settings": {}}
    count = len(report.answers)
    calls = iter(range(10_000))
    task = make_task(params, files(card, report, folder), stopping=lambda: next(calls) > 40)
    records = list(run(task))
    some = len(read(task.folder))
    assert 0 < some < count and (task.result / changed_reasons.TABLE).is_file()
    again = list(run(replace(task, stopping=lambda: False)))
    changes = read(task.folder)
    assert len(changes) == count and again[-1]["fraction"] == 1 and len(again) == count - some + 1
    assert records[-1]["done"] == some
    by_row = {answer.index: answer for answer in report.answers}
    for one in changes:
        assert one.after == (by_row[one.row].predicted,)
        assert one.prob_after == pytest.approx(by_row[one.row].prob_of_target, abs=1e-3)
    assert list(changes) == sorted(changes, key=lambda one: -one.change)
    csv = (task.result / changed_reasons.TABLE).read_text("utf-8-sig")
    assert csv.splitlines()[0].startswith("name,class,answer before") and len(csv.splitlines()) == count + 1
