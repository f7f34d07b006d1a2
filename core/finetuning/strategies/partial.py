"""Partial fine-tune: a probe first, then the network's last blocks learn together with the new layer."""

from collections.abc import Generator

from core.finetuning.run import Progress, Run, Training
from core.finetuning.strategies.beginning import begin, begun, says
from core.finetuning.strategies.engine import Plan, fit, plain_batches, plain_loss
from core.finetuning.strategies.learning import unfreeze
from core.finetuning.strategies.resume import State
from core.finetuning.strategies.settings import PartialSettings


def train(run: Run) -> Training:
    """The probe chooses the depth; the last blocks below it go on learning."""
    settings: PartialSettings = run.settings
    # Also a resumed run probes, which takes a moment since features are kept: it must cut the network as before.
    probed = yield from begin(run, any_depth=True)
    if probed is None:
        return None
    run.backbone.cut(probed.depth)
    learning = unfreeze(run.backbone, [*run.backbone.last_blocks(settings.unfrozen_blocks), run.backbone.head])

    def first() -> Generator[Progress, None, State | None]:
        yield from ()
        return begun(run, probed, learning)

    blocks = f"the last {settings.unfrozen_blocks} blocks" if settings.unfrozen_blocks > 1 else "the last block"
    plan = Plan(learning, first, plain_loss(run), plain_batches(run), lambda state: says(blocks, state))
    return (yield from fit(run, plan))
