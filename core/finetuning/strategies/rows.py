"""The strategies themselves, as rows that pages can read."""

from core.finetuning.strategies import settings
from core.finetuning.strategies.base import IMAGE, TEXT, Strategy

PROBE = Strategy(
    name="probe",
    title="Probe",
    trains="A new last layer learns on top of the pretrained network, which stays as it is: seconds.",
    recommended=True,
    settings={IMAGE: settings.ProbeSettings, TEXT: settings.TextProbeSettings},
    entry="core.finetuning.strategies.probe:train",
)
PARTIAL = Strategy(
    name="partial",
    title="Probe, then the last blocks",
    trains="After a probe, the network's last blocks learn together with the new layer: minutes, often more accurate.",
    recommended=False,
    settings={IMAGE: settings.ImagePartialSettings, TEXT: settings.TextPartialSettings},
    entry="core.finetuning.strategies.partial:train",
)
LORA = Strategy(
    name="lora",
    title="LoRA",
    trains="After a probe, small matrices beside every layer learn while the weights stay: what was learned is tiny.",
    recommended=False,
    settings={IMAGE: settings.ImageLoraSettings, TEXT: settings.TextLoraSettings},
    entry="core.finetuning.strategies.lora:train",
)
FULL = Strategy(
    name="full",
    title="Full",
    trains="After a probe, the whole network learns: the slowest, worth it with many examples unlike its own.",
    recommended=False,
    settings={IMAGE: settings.ImageFullSettings, TEXT: settings.TextFullSettings},
    entry="core.finetuning.strategies.full:train",
)
CONTRASTIVE = Strategy(
    name="contrastive",
    title="Contrastive, for few texts",
    trains="Texts of one class are drawn together, others pushed apart, then a new layer learns: for a dozen a class.",
    recommended=False,
    settings={TEXT: settings.ContrastiveSettings},
    entry="core.finetuning.strategies.contrastive:train",
)
