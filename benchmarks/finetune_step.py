"""Steps of a full fine-tune against Trainer's loop, padded to 128 tokens or per batch, and where their losses end."""

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
import transformers

from benchmarks.finetune_text_probe import BASE, rows
from benchmarks.finetuning import EPOCHS, Rows, snippets
from benchmarks.lines import Line, at_least, at_most
from core.data.labelled import LabelledTexts
from core.finetuning import backbones
from core.finetuning.run import Run
from core.finetuning.split import Split
from core.finetuning.strategies.engine import Plan, Stepper, plain_batches, plain_loss
from core.finetuning.strategies.learning import unfreeze
from core.finetuning.strategies.resume import State
from core.finetuning.strategies.settings import TextFullSettings
from core.models import MODELS_BY_SLUG, hub

SEEDS = (42, 43, 44)
BATCH = 16
RATE = 5e-5


def measure() -> list[Line]:
    """Epochs in turn of ours and of both references, all with batches of 16; examples per second of training alone."""
    torch.set_num_threads(1)
    hub.quiet()
    train, val = snippets(400, 200)
    ours, dynamic = [], []
    for seed in SEEDS:
        ours.append(epochs(train, val, seed))
        dynamic.append(reference(train, val, seed, padded=False))
    padded = reference(train, val, SEEDS[0], padded=True, count=1)
    mine, theirs = (statistics.median(s for s, _ in runs) for runs in (ours, dynamic))
    loss, their_loss = (statistics.mean(v for _, v in runs) for runs in (ours, dynamic))
    note = f"seconds of an epoch over 400 snippets, batches of {BATCH}"
    return [
        at_least("finetune-step", mine, padded[0], "s", 6, note),
        at_least("finetune-step-dynamic", mine, theirs, "s", 2.4, note),
        at_most("finetune-step-loss", loss, their_loss, "", 1.05, f"validation loss after {EPOCHS} epochs, 3 seeds"),
    ]


def epochs(train: LabelledTexts, val: LabelledTexts, seed: int) -> tuple[float, float]:
    """Seconds of an epoch of our loop, and the validation loss after `EPOCHS` of them, from an empty last layer."""
    both = LabelledTexts(train.examples + val.examples, train.targets + val.targets, train.labels, ())
    settings = TextFullSettings(
        seed=seed, batch_size=BATCH, learning_rate=RATE, num_train_epochs=EPOCHS, warmup_ratio=0
    )
    parts = Split(tuple(range(len(train))), tuple(range(len(train), len(both))), ())
    backbone = backbones.load(MODELS_BY_SLUG[BASE], both, settings)
    torch.manual_seed(seed)
    torch.nn.init.normal_(backbone.head.weight, std=0.02)  # as the reference's
    with tempfile.TemporaryDirectory() as folder:
        run = Run(both, parts, settings, backbone, Path(folder), lambda: False)
        learning = unfreeze(backbone, [*backbone.body(), backbone.head])
        plan = Plan(learning, lambda: iter(()), plain_loss(run), plain_batches(run), lambda _: "")  # pyright: ignore
        optimizer = torch.optim.AdamW(learning.parameters.values(), lr=RATE, weight_decay=0.0, fused=True)
        stepper = Stepper(run, plan, optimizer)
        state = State(0, 0, learning.snapshot(), torch.empty(0), 0, 9e9, [], {})
        seconds = []
        for number in range(EPOCHS):
            start = time.perf_counter()
            batches = plan.batches(seed + number)
            learning.train_mode()
            for batch in batches:
                stepper.step(batch, batch, seed, 1 - state.step / (EPOCHS * len(batches)))
                state.step += 1
            seconds.append(time.perf_counter() - start)
        record: dict[str, Any] = {"epoch": EPOCHS}
        stepper.judge(state, record)
    return statistics.median(seconds), record["val_loss"]


def reference(
    train: LabelledTexts, val: LabelledTexts, seed: int, *, padded: bool, count: int = EPOCHS
) -> tuple[float, float]:
    """The same by Trainer, its defaults but for the batch; the seconds are those that it says it trained."""
    folder = hub.locate(MODELS_BY_SLUG[BASE])
    torch.manual_seed(seed)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder, num_labels=2)
    data: Rows = rows(tokenizer, train, padded=padded)
    with tempfile.TemporaryDirectory() as place:
        arguments = transformers.TrainingArguments(
            place, num_train_epochs=count, seed=seed, use_cpu=True, report_to=[], save_strategy="no",
            logging_strategy="no", disable_tqdm=True, dataloader_pin_memory=False,
            per_device_train_batch_size=BATCH, learning_rate=RATE,
        )  # fmt: skip
        trains = transformers.Trainer(
            model, arguments, train_dataset=data, processing_class=None if padded else tokenizer
        )
        seconds = trains.train().metrics["train_runtime"] / count
        trains.data_collator = transformers.DataCollatorWithPadding(tokenizer)
        logits = trains.predict(rows(tokenizer, val, padded=False)).predictions
    return seconds, float(F.cross_entropy(torch.from_numpy(logits), torch.tensor(val.targets)))
