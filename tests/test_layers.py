"""The layer rules, read from the imports: app → pages → ui → core, and no capability imports another."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAVY = {"torch", "transformers", "diffusers", "captum", "peft", "sklearn"}
FORBIDDEN = {
    "core": {"streamlit", "ui", "pages", "app", "tests", "benchmarks"},
    "ui": HEAVY | {"pages", "app", "tests"},
    "pages": HEAVY | {"plotly", "app", "tests"},
    "app.py": HEAVY | {"plotly", "pages", "core", "tests"},
}
CAPABILITIES = {"attribution", "finetuning", "labs", "rl", "causality", "jobs", "labworker"}
LIGHT = (  # what pages import at their top must not pull torch in
    "core.errors",
    "core.params",
    "core.config",
    "core.device",
    "core.lab",
    "core.topics",
    "core.jobs",
    "core.models",
    "core.models.hub",
    "core.data.samples",
    "core.data.images",
    "core.data.tables",
    "core.data.archives",
    "core.data.texts",
    "core.finetuning.shelf",
)


def sources(place: str) -> list[Path]:
    path = ROOT / place
    return [path] if path.suffix else sorted(path.rglob("*.py"))


def imports(path: Path, *, top_level: bool = False) -> set[str]:
    """Every module that ``path`` imports for running (what only type checkers see does not count)."""
    tree = ast.parse(path.read_text())
    checked = {
        id(n)
        for i in ast.walk(tree)
        if isinstance(i, ast.If) and "TYPE_CHECKING" in ast.unparse(i.test)
        for n in ast.walk(i)
    }
    found = set()
    for node in tree.body if top_level else ast.walk(tree):
        if id(node) in checked:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("layer", FORBIDDEN)
def test_a_layer_imports_only_what_lies_below_it(layer: str) -> None:
    crossed = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources(layer)
        for name in imports(path)
        if name.split(".")[0] in FORBIDDEN[layer]
    }
    assert not crossed


@pytest.mark.parametrize("capability", sorted(CAPABILITIES))
def test_a_capability_does_not_import_another(capability: str) -> None:
    crossed = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources(f"core/{capability}")
        for name in imports(path)
        if name.startswith("core.")
        and (parts := name.split("."))[1] in (CAPABILITIES | {"studies"}) - {capability}
        and not (capability == "labworker" and parts[1] == "labs")  # the worker runs the registered labs
    }
    assert not crossed


def test_only_plots_and_the_showing_helpers_know_plotly() -> None:
    users = {
        str(path.relative_to(ROOT))
        for place in ("core", "ui", "pages")
        for path in sources(place)
        for name in imports(path)
        if name.split(".")[0] == "plotly" and path.parent.name != "plots"
    }
    assert users <= {"ui/figures.py", "ui/living.py"}


def test_only_the_hub_module_loads_pretrained_things() -> None:
    callers = {
        str(path.relative_to(ROOT))
        for place in ("core", "ui", "pages")
        for path in sources(place)
        if ".from_pretrained(" in path.read_text() and path.parent.name != "takeaway"  # scripts that leave with a model
    }
    assert callers == {"core/models/hub.py"}


def test_no_circle_between_modules() -> None:
    names = {
        path: ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for place in ("core", "ui")
        for path in sources(place)
    }
    known = set(names.values())

    def needs(path: Path) -> set[str]:
        found = imports(path, top_level=True) & known
        # "from package import module" needs the module; the package itself only where it gives a name of its own.
        packages = {name for name in found if any(other.startswith(f"{name}.") for other in found)}
        return found - packages - {names[path]}

    graph = {name: needs(path) for path, name in names.items()}
    seen: dict[str, int] = {}

    def walk(name: str, trail: tuple[str, ...]) -> None:
        assert seen.get(name) != 1, f"circle: {' → '.join((*trail, name))}"
        if name not in seen:
            seen[name] = 1
            for other in sorted(graph[name]):
                walk(other, (*trail, name))
            seen[name] = 2

    for name in graph:
        walk(name, ())


@pytest.mark.parametrize("module", LIGHT)
def test_what_pages_import_at_once_is_light(module: str) -> None:

    code = (
        f"import sys, {module}; heavy = {HEAVY!r} & set(sys.modules); sys.exit(f'pulls in {{heavy}}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_no_page_and_no_module_is_too_long() -> None:
    long = {
        f"{path.relative_to(ROOT)}: {lines}"
        for place in ("core", "ui", "pages", "tests", "benchmarks")
        for path in sources(place)
        if (lines := len(path.read_text().splitlines())) > (250 if place == "pages" else 400)
    }
    assert not long


def test_visitors_words_never_reach_raw_html() -> None:
    users = {
        str(path.relative_to(ROOT))
        for place in ("ui", "pages")
        for path in sources(place)
        if "unsafe_allow_html" in path.read_text()
    }
    assert not users
