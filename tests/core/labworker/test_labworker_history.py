"""Curves stay short, in order and up to date, however long a run is."""

import numpy as np

from core.labworker.history import MOST, History


def test_thinned_in_order_with_the_last_frame_whole():
    history = History()
    assert history.frames() == ()
    for step in range(5_001):
        history.add([{"step": step, "metrics": {"loss": float(step)}}], {"surface": np.full(1, step)})
    frames = history.frames()
    steps = [f.step for f in frames]
    assert len(frames) <= MOST
    assert steps == sorted(set(steps)) and steps[0] == 0 and steps[-1] == 5_000
    assert frames[-1].arrays["surface"][0] == 5_000
    gaps = np.diff(steps[:-1])
    assert (gaps == gaps[0]).all()


def test_a_message_without_frames_changes_nothing():
    history = History()
    history.add([{"step": 0, "metrics": {}}], {"surface": np.ones(1)})
    history.add([], {})
    assert "surface" in history.frames()[-1].arrays
