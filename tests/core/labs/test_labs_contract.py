"""What every lab promises: controls that act, runs that repeat, frames that travel, presets that fit."""

import itertools
import json
import random
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from core import params
from core.labs import LABS, LABS_BY_SLUG
from core.params import Choice, FloatRange, IntList, IntRange, Toggle
from core.topics import TOPICS

each_lab = pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.slug)
KNOBS = [pytest.param(lab, p, id=f"{lab.slug}-{p.name}") for lab in LABS for p in lab.params]
FRAMES = 5
# Controls that bite only beside another value, or not at the end of their range.
BESIDE: dict[str, dict[str, Any]] = {"playground.epochs": {"points": 20, "batch_size": 100, "speed": 20}}
VALUE = {"playground.epochs": 50}


def settings(lab, **values):
    return params.make(lab.settings, values)


def frames(lab, chosen, count=FRAMES):
    return list(itertools.islice(lab.run(chosen), count))


def another(lab, param) -> Any:
    """A second value of a control, not its default."""
    if value := VALUE.get(f"{lab.slug}.{param.name}"):
        return value
    match param:
        case IntRange() | FloatRange():
            return param.high if param.default != param.high else param.low
        case Choice():
            return next(option for option in param.options if option != param.default)
        case Toggle():
            return not param.default
        case IntList():
            return (param.low, param.high) if param.default != (param.low, param.high) else (param.high,)


def told(lab, chosen) -> tuple[str, list]:
    """All that a visitor gets to see of a run, as comparable text."""
    made = frames(lab, chosen)
    drawn = json.dumps({title: figure.to_json() for title, figure in lab.figures(chosen, made).items()})
    return drawn, [(f.step, dict(f.metrics)) for f in made]


@each_lab
def test_its_names_and_words(lab):
    assert LABS_BY_SLUG[lab.slug] is lab and lab.slug.isidentifier()
    assert lab.summary.endswith(".") and lab.title and lab.topics
    assert lab.live <= {p.name for p in lab.params}


@each_lab
def test_the_map_of_the_field_and_the_lab_agree(lab):
    assert set(lab.topics) == {topic.name for topic in TOPICS if topic.lab == lab.slug}


@each_lab
def test_frames_begin_before_learning_and_travel(lab):
    made = frames(lab, settings(lab))
    assert made[0].step == 0 and [f.step for f in made] == sorted({f.step for f in made})
    for frame in made:
        json.dumps({"step": frame.step, "metrics": dict(frame.metrics)})
        assert all(type(v) is float for v in frame.metrics.values())
        assert frame.arrays and all(isinstance(a, np.ndarray) and not a.dtype.hasobject for a in frame.arrays.values())
        assert sum(a.nbytes for a in frame.arrays.values()) < 500_000
    keys = [set(f.metrics) for f in made]
    assert all(k == keys[0] for k in keys)


@each_lab
def test_the_same_seed_gives_the_same_run(lab):
    assert told(lab, settings(lab)) == told(lab, settings(lab))


@each_lab
def test_a_frame_is_not_changed_by_the_next(lab):
    run = lab.run(settings(lab))
    first = next(run)
    kept = {name: array.copy() for name, array in first.arrays.items()}
    for _ in range(3):
        next(run)
    for name, array in kept.items():
        np.testing.assert_array_equal(first.arrays[name], array, err_msg=name)


@pytest.mark.parametrize(("lab", "param"), KNOBS)
def test_every_control_changes_what_is_seen(lab, param):
    beside = BESIDE.get(f"{lab.slug}.{param.name}", {})
    plain, turned = settings(lab, **beside), settings(lab, **beside | {param.name: another(lab, param)})
    assert told(lab, plain) != told(lab, turned)


@pytest.mark.parametrize(("lab", "param"), KNOBS)
def test_live_controls_act_at_once_and_others_are_ignored(lab, param):
    beside = BESIDE.get(f"{lab.slug}.{param.name}", {})
    after = []
    for value in (param.default, another(lab, param)):
        run = lab.run(settings(lab, **beside))
        next(run)
        run.send(settings(lab, **beside | {param.name: value}))
        after.append([(f.step, dict(f.metrics)) for f in itertools.islice(run, 3)])
    assert (after[0] != after[1]) == (param.name in lab.live)


@each_lab
def test_figures_are_light_and_named(lab):
    chosen = settings(lab)
    figures = lab.figures(chosen, frames(lab, chosen))
    assert figures and all(isinstance(figure, go.Figure) for figure in figures.values())
    assert sum(len(figure.to_json()) for figure in figures.values()) < 150_000
    assert sum(len(row) for row in lab.layout) == len(figures) + 1, "a place for each figure and one for the words"
    for title, figure in figures.items():
        assert figure.layout.height, f"{title} needs a fixed height"
        assert figure.layout.uirevision or figure.layout.template.layout.uirevision


@each_lab
def test_words_and_readings(lab):
    chosen = settings(lab)
    for count in (1, FRAMES):
        made = frames(lab, chosen, count)
        assert lab.says(chosen, made).endswith(".")
        assert all(text for text in lab.readings(chosen, made).values())


@each_lab
def test_presets_fit_and_explain_themselves(lab):
    titles = [p.title for p in lab.presets]
    assert len(set(titles)) == len(titles)
    for preset in lab.presets:
        chosen = settings(lab, **preset.values)
        assert preset.says.endswith(".")
        made = frames(lab, chosen, 2)
        assert lab.says(chosen, made) and lab.figures(chosen, made)


@each_lab
def test_random_settings_never_break_it(lab):
    """Twelve draws from all controls at once: frames, figures and words come, or a plain sentence."""
    rng = random.Random(0)
    for _ in range(12):
        values = {p.name: _random(p, rng) for p in lab.params}
        chosen = settings(lab, **values)
        try:
            made = frames(lab, chosen, 3)
        except params.PlaygroundError as error:
            assert str(error).endswith("."), values
            continue
        assert lab.figures(chosen, made) and lab.says(chosen, made), values


def _random(param, rng):
    match param:
        case IntRange():
            return rng.randint(param.low, param.high)
        case FloatRange():
            return rng.uniform(param.low, param.high)
        case Choice():
            return rng.choice(param.options)
        case Toggle():
            return rng.random() < 0.5
        case IntList():
            return tuple(rng.randint(param.low, param.high) for _ in range(rng.randint(0, param.max_length)))
