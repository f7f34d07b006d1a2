"""Real pretrained networks behind one face per task. Importing this package loads data only, no network."""

from core.models import catalog, ours
from core.models.catalog import ModelCard, PackagedWeights

# Reading order is menu order: first of each task is what a page opens with.
MODELS: tuple[ModelCard, ...] = (
    catalog.EFFICIENTNET_LITE0,
    ours.EMOJI_VIT,
    ours.EMOJI_RESNET,
    catalog.RESNET_18,
    catalog.CONVNEXT_TINY,
    catalog.VIT_BASE,
    ours.EMOJI_DETECTOR,
    catalog.YOLOS_TINY,
    ours.EMOJI_SEGMENTER,
    catalog.SEGFORMER_B0,
    catalog.MINILM_L6,
    catalog.PARAPHRASE_MINILM_L3,
    catalog.SPAM_OR_HAM,
    catalog.TOPICS,
    catalog.DISTILBERT_SST2,
    catalog.DETAILS,
    catalog.BERT_NER,
    catalog.SMOLLM2_135M,
    catalog.SMOLLM2_360M,
    ours.TEXT_TO_EMOJI,
    ours.DIGITS_GAN,
    ours.DIGITS_VAE,
    ours.DIGITS_VAE_MAP,
    ours.DIGITS_DIFFUSION,
)
MODELS_BY_SLUG = {card.slug: card for card in MODELS}


def cards_for(task: str) -> tuple[ModelCard, ...]:
    """The catalog's models for ``task``, in menu order; the first needs no download."""
    return tuple(card for card in MODELS if card.task == task)


__all__ = ["MODELS", "MODELS_BY_SLUG", "ModelCard", "PackagedWeights", "cards_for"]
