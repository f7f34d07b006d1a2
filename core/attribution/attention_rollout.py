"""Attention rollout: multiply the attention of all blocks, so that the last token's view reaches back to the input."""

import torch
from torch import Tensor

from core.attribution.base import Attribution, Encoding, Method, spread
from core.attribution.grad_cam import enlarged
from core.attribution.transformer import Attentions, attentions, needs_attention, patches
from core.attribution.watch import Watched
from core.params import Choice


def rollout(run: Attentions, target: int) -> Tensor:
    """``(B, T)``: how much each input token reaches what the answer is read from (Abnar 2020).

    Heads are averaged, half of every token stays where it is (the shortcut). The same for every class.
    """
    flow = torch.eye(run.last.shape[1]).to(run.last)
    for weights in run.weights:
        mean = weights.detach().mean(1)  # (B, T, T)
        flow = (0.5 * mean + 0.5 * torch.eye(mean.shape[-1]).to(mean)) @ flow
    return (run.reads(target)[:, None] @ flow)[:, 0]


def relevance(run: Attentions, target: int) -> Tensor:
    """``(B, T)``: the same with each head's attention weighed by how much the class's logit asks for it (Chefer 2021).

    What speaks against the class is dropped; the shortcut is kept whole, and its own share taken off at the end.
    """
    slopes = torch.autograd.grad(run.logits[:, target].sum(), run.weights, retain_graph=True)
    eye = torch.eye(run.last.shape[1]).to(run.last)
    flow = eye
    for weights, slope in zip(run.weights, slopes, strict=True):
        asked = (weights.detach() * slope).clamp(min=0).mean(1)  # (B, T, T)
        flow = flow + asked @ flow
    return (run.reads(target)[:, None] @ (flow - eye))[:, 0]


_BY = {"attention": rollout, "gradient": relevance}


def _picture(classifier: Watched, pixels: Tensor, target: int, *, weigh: str) -> Attribution:
    run = attentions(classifier.model, classifier.forward, pixels)
    coarse = patches(_BY[weigh](run, target))[:, None]  # (B, 1, g, g)
    return Attribution(spread(enlarged(coarse, pixels)), target)


def _text(classifier: Watched, encoding: Encoding, target: int, *, weigh: str) -> Attribution:
    run = attentions(
        classifier.model,
        classifier.forward,
        encoding.input_ids,
        encoding.attention_mask,
        embedding=classifier.embedding_layer,
    )
    values = _BY[weigh](run, target)  # (1, T)
    # A model's own marks gather much attention that says nothing about the text.
    own = torch.tensor([[word is None for word in encoding.word_ids]], device=values.device)
    return Attribution(values.masked_fill(own, 0.0), target)


_PARAMS = (
    Choice(
        "weigh",
        "Weigh heads by",
        tuple(_BY),
        "gradient",
        help="Attention alone is the same for every class; the gradient asks which of it this class uses.",
        titles=("Attention alone", "The class's gradient"),
    ),
)
PICTURE = Method(
    name="Attention rollout",
    kind="image",
    family="attention",
    attribute=_picture,
    signed=False,
    params=_PARAMS,
    reference="https://arxiv.org/abs/2005.00928",
    summary="Follows attention back through all blocks to the patches; where a model looks is not yet why it answers.",
    fits=needs_attention,
)
TEXT = Method(
    name="Word attention rollout",
    kind="text",
    family="attention",
    attribute=_text,
    signed=False,
    params=_PARAMS,
    reference="https://arxiv.org/abs/2005.00928",
    summary="Follows attention back through all blocks to the words; where a model looks is not yet why it answers.",
    fits=needs_attention,
)
