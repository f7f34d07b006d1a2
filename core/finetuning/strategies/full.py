"""Full fine-tune: a probe first, then all of the network learns except its token embeddings."""

from core.finetuning.run import Run, Training
from core.finetuning.strategies.beginning import begin_here, says
from core.finetuning.strategies.engine import Plan, fit, plain_batches, plain_loss
from core.finetuning.strategies.learning import unfreeze


def train(run: Run) -> Training:
    """From the probe's head, so that the network is not torn about by an empty one (Kumar et al. 2022).

    Token embeddings stay: of thousands of words a small set shows few, and moving those alone would do harm.
    """
    learning = unfreeze(run.backbone, [*run.backbone.body(), run.backbone.head])
    plan = Plan(
        learning,
        lambda: begin_here(run, learning),
        plain_loss(run),
        plain_batches(run),
        lambda state: says("the whole network", state),
    )
    return (yield from fit(run, plan))
