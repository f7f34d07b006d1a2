"""The playground as a stand-alone program: the very functions of the experiment, called with a visitor's settings."""

import inspect

from core.data.toy import TOY_SETS_BY_NAME
from core.labs.playground import experiment
from core.labs.playground.settings import FEATURES, Settings

_PROGRAM = '''"""{title}: the network of the 2-D playground as a program of its own. Needs numpy and torch."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

torch.set_num_threads(1)  # a net this small is faster on one
Points = tuple[np.ndarray, np.ndarray]


{functions}


points, labels = draw({dataset}, {points}, noise={noise}, seed={seed})
held_out = round(len(points) * {test_share})
x_all, y_all = inputs(points, {names}), torch.tensor(labels, dtype=torch.float32)
x, y, x_val, y_val = x_all[held_out:], y_all[held_out:], x_all[:held_out], y_all[:held_out]

torch.manual_seed({seed})
net = network({sizes}, nn.{activation}, "{normalisation}", {dropout}, "{initialisation}")
optimizer = optimiser("{optimizer}", net, learning_rate={learning_rate}, weight_decay={weight_decay})

queue, batch_size = torch.empty(0, dtype=torch.long), min({batch_size}, len(x))
for step in range({steps} + 1):
    if step % {every} == 0:
        print(f"step {{step:5d}}  train loss {{judge(net, x, y, '{loss}')[0]:.4f}}"
              f"  held-out loss {{judge(net, x_val, y_val, '{loss}')[0]:.4f}}"
              f"  held-out accuracy {{judge(net, x_val, y_val, '{loss}')[1]:.1%}}")
    if len(queue) < batch_size:  # a new epoch: every training point in a new order, a short rest dropped
        queue = torch.randperm(len(x))
    batch, queue = queue[:batch_size], queue[batch_size:]
    learn(net, optimizer, x[batch], y[batch], "{loss}", l1={l1})
'''


_LESSON = (
    experiment.draw,
    experiment.inputs,
    experiment.network,
    experiment.optimiser,
    experiment.loss_of,
    experiment.learn,
    experiment.judge,
)


def code(settings: Settings, steps: int = 1000) -> str:
    """The same experiment as a program: the very functions above, called with ``settings`` for ``steps`` steps."""
    toy = TOY_SETS_BY_NAME[settings.dataset]
    sources = (inspect.getsource(f).strip() for f in (toy.draw, *_LESSON))
    values = {name: getattr(settings, name) for name in Settings.__dataclass_fields__}
    names = FEATURES[settings.features]
    return _PROGRAM.format(
        **values
        | {
            "title": toy.title,
            "functions": "\n\n\n".join(sources),
            "dataset": toy.draw.__name__,
            "names": names,
            "sizes": (len(names), *settings.hidden, 1),
            "activation": experiment.ACTIVATIONS[settings.activation].__name__,
            "steps": steps,
            "every": max(steps // 20, 1),
        }
    )
