"""``python -m core.models.prepare``: check and convert every packaged model once, so that no visitor waits for it."""

import sys
import time

from core.errors import PlaygroundError
from core.models import MODELS, hub


def main() -> int:
    """Print one line a model; 1 where a package's weights are not what they should be."""
    failed = 0
    for card in MODELS:
        if not hub.needs_preparing(card):
            continue
        start = time.perf_counter()
        try:
            hub.locate(card)
        except PlaygroundError as error:
            print(error, file=sys.stderr)
            failed = 1
        else:
            print(f"{card.title}: ready in {time.perf_counter() - start:.1f} s", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
