"""``python -m core.models.pin``: ask the Hub which commit each model is at now, and print it for the catalog."""

import sys

from core.models import MODELS, hub

TIMEOUT_SECONDS = 10


def main() -> int:
    """Print ``slug  commit  whether the row already says so``; 1 where the Hub was not asked or did not answer."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    if not hub.online():
        print("The Hub cannot be reached from here, so no revision was read; try again online.", file=sys.stderr)
        return 1
    failed = 0
    for card in MODELS:
        try:
            commit = HfApi().model_info(card.hub_id, timeout=TIMEOUT_SECONDS).sha
        except (HfHubHTTPError, OSError) as error:
            print(f"{card.slug}\tno answer\t{type(error).__name__}", file=sys.stderr)
            failed = 1
            continue
        told = "as in the catalog" if commit == card.revision else f"the catalog says {card.revision or 'unverified'}"
        print(f"{card.slug}\t{commit}\t{told}", flush=True)
    if not failed:
        print('Write these into core/models/catalog.py as revision, with revision_source="huggingface.co, <date>".')
    return failed


if __name__ == "__main__":
    sys.exit(main())
