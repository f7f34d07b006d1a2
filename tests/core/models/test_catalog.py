"""What holds for every row of the catalog."""

import re
import subprocess
import sys
from dataclasses import replace

import pytest
from huggingface_hub.utils import validate_repo_id

from core.config import ROOT
from core.errors import PlaygroundError
from core.models import MODELS, MODELS_BY_SLUG, cards_for, catalog, hub

every_card = pytest.mark.parametrize("card", MODELS, ids=lambda card: card.slug)


@every_card
def test_a_row_is_complete(card):
    assert re.fullmatch(r"[a-z0-9.-]+", card.slug) and card.task in catalog.TASKS
    assert card.about.endswith(".") and card.limits.endswith(".") and card.licence
    assert (card.parameters > 1_000_000 and card.megabytes > 10) or card.shipped
    assert card.parameters > 10_000 and card.megabytes >= 1
    validate_repo_id(card.hub_id)


@every_card
def test_a_revision_is_a_commit_with_a_source_or_says_unverified(card):
    if card.revision is None:
        assert card.revision_source == (catalog.HERE_ONLY if "/" not in card.hub_id else "unverified")
        assert bool(card.package and card.shipped) or "/" in card.hub_id
    else:
        assert re.fullmatch(r"[0-9a-f]{40}", card.revision) and card.revision_source not in ("", "unverified")


def test_slugs_are_unique_and_each_task_opens_with_a_model_that_needs_no_download():
    assert len(MODELS_BY_SLUG) == len(MODELS)
    for task in (catalog.IMAGE_CLASSIFICATION, catalog.TEXT_ENCODING, catalog.TEXT_GENERATION):
        assert hub.origin(cards_for(task)[0]) == "package"


def test_the_catalog_imports_no_network():
    code = "import sys, core.models, core.models.hub; print(sorted({'torch', 'transformers'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "hub_id",
    ["../..", "/etc/passwd", "https://evil.example/x", "a b/c", "x" * 200, "a/..", "a/b\nc", "gооgle/vit"],
)
def test_what_is_not_in_the_catalog_is_refused_before_any_library_sees_it(hub_id, monkeypatch):
    monkeypatch.setattr(hub, "_from_hub", lambda card: pytest.fail("went on to the Hub"))
    stranger = replace(MODELS_BY_SLUG["vit-base"], hub_id=hub_id)
    with pytest.raises(PlaygroundError, match="choose one from the list"):
        hub.locate(stranger)


@pytest.mark.parametrize("hub_id", ["../..", "/etc/passwd", "https://evil.example/x", "a b/c", "a/b\nc"])
def test_a_wrong_name_in_a_row_is_told_in_a_sentence(hub_id):
    with pytest.raises(PlaygroundError, match="not a name on the Hub"):
        hub._snapshot(replace(MODELS_BY_SLUG["vit-base"], hub_id=hub_id))
