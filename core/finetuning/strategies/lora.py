"""LoRA: small matrices beside the layers learn, then they are added to the weights (Hu et al. 2021)."""

import warnings
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft.utils import ModulesToSaveWrapper
from torch import nn

from core.finetuning import ranks
from core.finetuning.backbone import Backbone
from core.finetuning.run import Progress, Run, Training
from core.finetuning.strategies.beginning import begin_here, says
from core.finetuning.strategies.engine import Plan, fit, plain_batches, plain_loss
from core.finetuning.strategies.learning import Learning, freeze, unfreeze
from core.finetuning.strategies.resume import State
from core.finetuning.strategies.settings import LoraSettings

ADAPTER = "adapter"
Begin = Callable[[Run, Learning], Generator[Progress, None, State | None]]
"""Makes the state before the first epoch."""


def train(run: Run, begin: Begin = begin_here) -> Training:
    """A probe (or what ``begin`` does instead), then the matrices and the new layer; both are merged in at the end."""
    settings: LoraSettings = run.settings
    backbone, name = run.backbone, _head_name(run.backbone)
    torch.manual_seed(settings.seed)  # the matrices begin at random
    adapted = adapt(backbone, settings)
    learning = unfreeze(backbone, [*_matrices(backbone.model), backbone.head], around=backbone.blocks())
    plan = Plan(
        learning,
        lambda: begin(run, learning),
        plain_loss(run),
        plain_batches(run),
        lambda state: says(f"matrices of rank {settings.lora_r} beside its layers", state),
    )
    outcome = yield from fit(run, plan)
    folder = run.checkpoint / ADAPTER
    if outcome is not None and ranks.is_first():
        save_adapter(adapted, folder)
    backbone.model = adapted.merge_and_unload()
    backbone.head = backbone.model.get_submodule(name)
    freeze(backbone)
    return outcome and replace(outcome, adapter=folder)


def adapt(backbone: Backbone, settings: LoraSettings) -> PeftModel:
    """Put matrices beside every linear layer and ungrouped convolution of the blocks; the head learns whole."""
    blocks = {id(inner) for block in backbone.blocks() for inner in block.modules()}
    named = backbone.model.named_modules()
    targets = [name for name, module in named if id(module) in blocks and _takes_matrices(name, module)]
    head = _head_name(backbone)
    config = LoraConfig(
        r=settings.lora_r,
        lora_alpha=settings.lora_alpha,
        lora_dropout=settings.lora_dropout,
        target_modules=targets,
        modules_to_save=[head],
    )
    with warnings.catch_warnings():
        # peft 0.21 still asks transformers by a name that is going to be dropped.
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
        adapted: Any = get_peft_model(backbone.model, config)
    wrapper = backbone.model.get_submodule(head)
    assert isinstance(wrapper, ModulesToSaveWrapper)
    backbone.head = wrapper.modules_to_save["default"]  # pyright: ignore[reportAttributeAccessIssue]
    return adapted


def save_adapter(adapted: PeftModel, folder: Path) -> None:
    """The matrices and the head as peft's own folder, without the place on this server where the network lay."""
    for config in adapted.peft_config.values():
        config.base_model_name_or_path = ""
    adapted.save_pretrained(str(folder))
    (folder / "README.md").unlink(missing_ok=True)  # a template with nothing filled in


def _takes_matrices(name: str, module: nn.Module) -> bool:
    if "squeeze_excite" in name:
        return False
    return isinstance(module, nn.Linear) or (isinstance(module, nn.Conv2d) and module.groups == 1)


def _matrices(model: nn.Module) -> list[nn.Module]:
    return [module for name, module in model.named_modules() if name.endswith(("lora_A", "lora_B"))]


def _head_name(backbone: Backbone) -> str:
    return next(name for name, module in backbone.model.named_modules() if module is backbone.head)
