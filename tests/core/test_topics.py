"""Every topic of the field is listed, and every target exists."""

import pytest

from core.labs import LABS_BY_SLUG
from core.topics import TOPICS, Topic
from ui.navigation import PAGES_BY_SLUG, ROOT

MISSION = """neuron, ReLU, sigmoid, tanh, weight initialisation, backpropagation, gradient descent, mean squared error,
cross-entropy, batch normalisation, dropout, hyper-parameter optimisation, cross-validation, ANN, CNN, RNN, LSTM, GRU,
attention, Transformer, autoencoder, VAE, GAN, diffusion, reinforcement learning, explainability, transfer learning,
causality"""


def test_no_topic_of_the_field_is_forgotten() -> None:
    assert {t.name for t in TOPICS} == {" ".join(name.split()) for name in MISSION.split(",")}


@pytest.mark.parametrize("topic", TOPICS, ids=lambda t: t.name)
def test_its_target_exists(topic: Topic) -> None:
    if topic.page is None:
        assert topic.lab is None and not topic.does
        return
    assert topic.does
    assert (ROOT / PAGES_BY_SLUG[topic.page].file).exists()
    if topic.lab is not None:
        assert topic.name in LABS_BY_SLUG[topic.lab].topics


def test_labs_name_only_known_topics() -> None:
    known = {t.name for t in TOPICS}
    assert all(set(lab.topics) <= known for lab in LABS_BY_SLUG.values())
