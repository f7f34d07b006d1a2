"""Where weights come from: a visitor's folder, a package, the local cache, the Hub. The only ``from_pretrained``.

Names are checked before any library sees them, files are safetensors only, and code from the Hub never runs.
"""

import gc
import hashlib
import importlib
import importlib.util
import json
import os
import shutil
import socket
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

from filelock import FileLock

from core import config
from core.device import give_back
from core.errors import PlaygroundError, Unavailable
from core.models import MODELS_BY_SLUG, ModelCard, cards_for

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# A single safetensors file and small text files; never a sharded index (it names files to open), never a pickle.
WANTED = (
    "config.json",
    "generation_config.json",
    "preprocessor_config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "added_tokens.json",
    "chat_template.jinja",
)
CONNECT_SECONDS = 2.0
ONLINE_MEMORY_SECONDS = 60.0
RECIPE = 2  # raise it when a conversion changes, so that what was converted before is made anew

# Both libraries import their parts when they are first asked for; two threads that ask at once find half a module.
_loading = RLock()
_online: tuple[float, bool] = (-ONLINE_MEMORY_SECONDS, False)


def locate(card: ModelCard) -> Path:
    """The folder with ``card``'s weights in the layout of `transformers`.

    Order: the visitor's own folder, the packaged copy (checked, converted once), the local cache, the Hub.

    Raises:
        Unavailable: none of these has it; the sentence names a model that is here.
        PlaygroundError: the files are not what the catalog says they are.
    """
    if card.folder is not None:
        return _own(card)
    if MODELS_BY_SLUG.get(card.slug) != card:
        raise PlaygroundError(f"There is no model called {card.slug[:40]!r} here; choose one from the list.")
    if (packaged := _source(card)) is not None:
        return _from_package(card, packaged)
    return _from_hub(card)


def here(card: ModelCard) -> bool:
    """Whether ``card`` can be loaded without the network; costs a few looks at the disk."""
    return bool(origin_on_disk(card))


def origin(card: ModelCard) -> str:
    """Where `locate` would find it: ``yours``, ``package``, ``cache`` or ``Hub``."""
    return origin_on_disk(card) or "Hub"


def origin_on_disk(card: ModelCard) -> str:
    """As `origin`, or empty where only the Hub has it."""
    if card.folder is not None:
        return "yours" if _complete(card.folder) else ""
    if _source(card) is not None:
        return "package"
    return "cache" if _is_made(card) or _snapshot(card) is not None else ""


def online() -> bool:
    """Whether the Hub answers a connection; asked at most once a minute, for at most two seconds."""
    global _online
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}:
        return False
    asked, answer = _online
    if time.monotonic() - asked < ONLINE_MEMORY_SECONDS:
        return answer
    url = urlparse(os.environ.get("HF_ENDPOINT", "https://huggingface.co"))
    try:
        with socket.create_connection((url.hostname or "", url.port or 443), timeout=CONNECT_SECONDS):
            answer = True
    except OSError:
        answer = False
    _online = (time.monotonic(), answer)
    return answer


def missing(card: ModelCard) -> str:
    """The sentence for a model that cannot be had now."""
    other = next((c for c in cards_for(card.task) if c.slug != card.slug and here(c)), None)
    advice = f"try {other.title}, which is here" if other else "try again when this machine is online"
    return f"{card.title} is not on this machine and the Hub cannot be reached; {advice}."


def needs_preparing(card: ModelCard) -> bool:
    """Whether a package brings ``card`` and its one-time check or conversion is still to be done."""
    return _source(card) is not None and not _is_made(card)


def load_model(card: ModelCard, auto_class: str, **options: Any) -> "PreTrainedModel":
    """``card``'s network in evaluation mode through the ``transformers`` class named ``auto_class``.

    Raises:
        Unavailable: see `locate`.
        PlaygroundError: the files do not fit each other or are damaged.
    """
    from safetensors import SafetensorError

    folder = locate(card)
    try:
        with _loading:
            import transformers

            quiet()
            model = getattr(transformers, auto_class).from_pretrained(
                folder, local_files_only=True, use_safetensors=True, trust_remote_code=False, **options
            )
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
        raise PlaygroundError(
            f"The files of {card.title} are damaged or made for a different model; remove it and get it again."
        ) from error
    gc.collect()  # the files just read hang in a ring of references, and nobody may look for rings later
    give_back()
    return model.eval()


def load_tokenizer(card: ModelCard) -> "PreTrainedTokenizerBase":
    """``card``'s tokenizer, read from the same folder as its network."""
    folder = locate(card)
    with _loading:
        import transformers

        quiet()
        return transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)


def load_image_processor(card: ModelCard) -> Any:
    """``card``'s image processor; the PIL one, whatever else is installed, so that results are the same everywhere."""
    folder = locate(card)
    with _loading:
        import transformers

        quiet()
        return transformers.AutoImageProcessor.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, backend="pil"
        )


def label_names(model: "PreTrainedModel") -> tuple[str, ...]:
    """The names of a classifier's K classes in the order of its logits."""
    names: Any = model.config.id2label
    return tuple(str(names[i]) for i in range(len(names)))


def is_multi_label(model: Any) -> bool:
    """Whether a classifier judges each class by itself, by `transformers`' name for it in the configuration."""
    return getattr(getattr(model, "config", None), "problem_type", None) == "multi_label_classification"


def probs_of(logits: "Tensor", *, multi_label: bool) -> "Tensor":
    """Probabilities of ``logits (..., K)``: softmax, or each class by itself."""
    return logits.sigmoid() if multi_label else logits.softmax(-1)


def load_diffusers(card: ModelCard, class_name: str, subfolder: str = "") -> Any:
    """One part of ``card`` through the ``diffusers`` class named ``class_name``, in evaluation mode, in 32 bits.

    Raises:
        Unavailable: see `locate`.
        PlaygroundError: the files do not fit each other or are damaged.
    """
    import torch
    from safetensors import SafetensorError

    folder = locate(card) / subfolder
    try:
        with _loading:
            import diffusers

            diffusers.utils.logging.disable_progress_bar()
            diffusers.utils.logging.set_verbosity_error()
            part: Any = getattr(diffusers, class_name).from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
        raise PlaygroundError(
            f"The files of {card.title} are damaged or made for a different model; remove it and get it again."
        ) from error
    return part.to(torch.float32).eval() if isinstance(part, torch.nn.Module) else part


def load_gguf(folder: Path, name: str) -> tuple["PreTrainedModel", "PreTrainedTokenizerBase"]:
    """A causal language model and its tokenizer from a GGUF file, its weights expanded to 32 bits."""
    import transformers

    quiet()
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, local_files_only=True)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, gguf_file=name, local_files_only=True)
    return model, tokenizer


def read_encoder(folder: Path) -> tuple[Any, "PreTrainedTokenizerBase"]:
    """A text encoder and its tokenizer from a folder whose files were checked, for a conversion."""
    import transformers

    quiet()
    model = transformers.AutoModel.from_pretrained(folder, local_files_only=True, use_safetensors=True)
    return model.eval(), transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)


def merged(model: "PreTrainedModel", adapter: Path) -> "PreTrainedModel":
    """``model`` with the LoRA matrices in ``adapter``, a folder of our own, added to its weights."""
    import peft

    with warnings.catch_warnings():
        # peft 0.21 still asks transformers by a name that is going to be dropped.
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
        adapted: Any = peft.PeftModel.from_pretrained(model, str(adapter))
    return adapted.merge_and_unload()


def quiet() -> None:
    """No progress bars and no advice from the library on the server's console."""
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()


def _own(card: ModelCard) -> Path:
    assert card.folder is not None
    if not _complete(card.folder):
        raise Unavailable(f"The files of {card.title} are gone; fine-tune it again.")
    return card.folder


def _complete(folder: Path) -> bool:
    return (folder / "config.json").is_file() and (folder / "model.safetensors").is_file()


def _source(card: ModelCard) -> Path | None:
    """The packaged weights on disk, found without importing the package."""
    if card.package is None:
        return None
    spec = importlib.util.find_spec(card.package.module)
    for root in (spec.submodule_search_locations or ()) if spec else ():
        if (found := Path(root) / card.package.path).exists():
            return found
    return None


def _home(card: ModelCard) -> Path:
    return config.home() / "models" / card.slug


def _is_made(card: ModelCard) -> bool:
    made = _home(card) / "made.json"
    return made.is_file() and json.loads(made.read_text()).get("recipe") == RECIPE


def _from_package(card: ModelCard, source: Path) -> Path:
    package = card.package
    assert package is not None
    if not _is_made(card):
        root = Path(str(source).removesuffix(package.path))
        with _work_on(card) as todo:
            if todo:
                _check(card, root / package.checked, package.sha256)
                _make(card, source, package.convert)
    return _home(card) if package.convert else source


def _from_hub(card: ModelCard) -> Path:
    if card.convert and _is_made(card):
        return _home(card)
    snapshot = _snapshot(card) or _download(card)
    if not card.convert:
        return snapshot
    with _work_on(card) as todo:
        if todo:
            _make(card, snapshot, card.convert)
    return _home(card)


class _work_on:
    """Hold ``card``'s lock across processes; enters True where the work is still to be done."""

    def __init__(self, card: ModelCard) -> None:
        self._card = card
        (config.home() / "models").mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(config.home() / "models" / f"{card.slug}.lock")

    def __enter__(self) -> bool:
        self._lock.acquire()
        return not _is_made(self._card)

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def _check(card: ModelCard, file: Path, sha256: str) -> None:
    with file.open("rb") as stream:
        if hashlib.file_digest(stream, "sha256").hexdigest() != sha256:
            raise PlaygroundError(
                f"The packaged weights of {card.title} are not the published ones; install them again."
            )


def _make(card: ModelCard, source: Path, convert: str) -> None:
    """Convert into a folder beside the final one, then rename: a killed conversion leaves nothing half made."""
    final = _home(card)
    building = final.with_name(f".{card.slug}.building")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    if convert:
        module, _, function = convert.partition(":")
        run: Callable[[Path, Path], None] = getattr(importlib.import_module(module), function)
        run(source, building)
    (building / "made.json").write_text(json.dumps({"recipe": RECIPE, "from": source.name}))
    shutil.rmtree(final, ignore_errors=True)
    building.rename(final)


def _snapshot(card: ModelCard) -> Path | None:
    """The Hub's copy in the local cache, where it is whole."""
    from huggingface_hub import try_to_load_from_cache

    _validate(card)
    files = [
        try_to_load_from_cache(card.hub_id, name, revision=card.revision)
        for name in ("config.json", "model.safetensors")
    ]
    if not all(isinstance(file, str) for file in files):
        return None
    return Path(str(files[0])).parent


def _download(card: ModelCard) -> Path:
    import huggingface_hub
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError, RevisionNotFoundError

    if not card.on_hub and not card.convert:
        raise Unavailable(f"The files of {card.title}, which come with the playground, are gone; install it again.")
    _validate(card)
    if not online():
        raise Unavailable(missing(card))
    try:
        folder = Path(
            huggingface_hub.snapshot_download(
                card.hub_id, revision=card.revision, allow_patterns=list(WANTED), etag_timeout=5
            )
        )
    except (GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError) as error:
        raise Unavailable(f"The Hub does not hand out {card.title} any more; choose another model.") from error
    except (HfHubHTTPError, OSError) as error:
        raise Unavailable(f"The Hub broke off while sending {card.title}; try again in a minute.") from error
    if not _complete(folder):
        raise Unavailable(f"The Hub has no safetensors file of {card.title}; choose another model.")
    return folder


def _validate(card: ModelCard) -> None:
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id

    try:
        validate_repo_id(card.hub_id)
    except HFValidationError as error:
        raise PlaygroundError(
            f"{card.hub_id[:60]!r} is not a name on the Hub; choose a model from the list."
        ) from error
