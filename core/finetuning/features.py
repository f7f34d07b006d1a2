"""Each example through the frozen network once, in a stream of batches; what is known already is read back."""

import time
from collections.abc import Callable, Generator, Iterator, Sequence

import torch
from torch import Tensor

from core.finetuning import ranks
from core.finetuning.backbone import Backbone
from core.finetuning.feature_cache import FeatureCache, prune
from core.finetuning.run import Progress

KEEP_EVERY = 10.0  # seconds after which new features go to disk, so that a killed run loses no more


def features(
    backbone: Backbone, stopping: Callable[[], bool] = lambda: False
) -> Generator[Progress, None, Tensor | None]:
    """``(N, F)`` of all examples; yields how far it is. None where Stop came first (what was computed is kept).

    Processes that train together share the work.
    """
    keys = backbone.keys()
    cache = FeatureCache(backbone.fingerprint, backbone.feature_width)
    known = cache.get(keys)
    # Each process answers for its own part, so it does not matter what another has put into the cache meanwhile.
    mine = ranks.share(list({key: row for row, key in enumerate(keys)}.values()))
    missing = [row for row in mine if keys[row] not in known]
    start = kept = time.perf_counter()
    fresh: list[tuple[bytes, Tensor]] = []
    stopped, count = False, 0
    for rows, rowwise in _batches(backbone, missing):
        fresh += [(keys[row], feature) for row, feature in zip(rows, rowwise, strict=True)]
        now = time.perf_counter()
        if now - kept > KEEP_EVERY:
            _keep(cache, known, fresh)
            kept, fresh = now, []
        if stopped := stopping():
            break
        count += len(rows)
        yield {
            "fraction": count / len(missing),
            "done": len(mine) - len(missing) + count,
            "total": len(mine),
            "examples_per_second": count / (now - start),
        }
    _keep(cache, known, fresh)
    own = {} if stopped else {keys[row]: known[keys[row]] for row in mine}
    for others, they_stopped in ranks.gathered((own, stopped)):
        known |= others
        stopped = stopped or they_stopped
    prune()
    return None if stopped else torch.stack([known[key] for key in keys])


def _batches(backbone: Backbone, rows: Sequence[int]) -> Iterator[tuple[list[int], Tensor]]:
    for batch, inputs in backbone.answer_batches(rows):
        yield batch, backbone.features(inputs).float().cpu().clone()


def _keep(cache: FeatureCache, known: dict[bytes, Tensor], fresh: list[tuple[bytes, Tensor]]) -> None:
    if fresh:
        keys = [key for key, _ in fresh]
        cache.put(keys, torch.stack([feature for _, feature in fresh]))
        known.update(fresh)
