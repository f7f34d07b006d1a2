"""The networks that we trained from nothing and ship whole, one row each; their recipes are in ``recipes/``."""

from core.models.catalog import PackagedWeights

_LICENCE = "MIT"


def weights(name: str, sha256: str, checked: str = "model.safetensors") -> PackagedWeights:
    """The folder ``name`` of ``core/models/weights``; ``sha256`` is that of its file ``checked``."""
    return PackagedWeights(
        distribution="this repository",
        module="core.models",
        path=f"weights/{name}",
        checked=f"weights/{name}/{checked}",
        sha256=sha256,
    )
