"""Drawing handwritten digits with networks of our own: which, how, and what there is to say of the result."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from core.models import MODELS_BY_SLUG, shipped
from core.params import make, params_of
from core.plots import digits as plots
from ui import digit_ways, frame, model_card, params, source
from ui.kept import of_everybody, of_this_session
from ui.stoppable import Stoppable
from ui.words import count, literal, percent

if TYPE_CHECKING:
    from core.models.digit_reader import DigitReader
    from core.models.drawn_digits import AtOnce, ByDiffusion, Drawn

DIGITS = "Digits"  # this mode of the page
VAE, GAN, DIFFUSION, ALL = "VAE", "GAN", "Diffusion", "All three"
SLUGS = {VAE: "digits-vae", GAN: "digits-gan", DIFFUSION: "digits-diffusion"}
SURE = 0.9
USUAL = 0.18  # median distance of the unseen digits that ship from the nearest learned one
COMPARED = 8  # digits of each network side by side
COLUMNS = 8  # of the picture to take away


@dataclass(frozen=True)
class Result:
    """What was drawn.

    Attributes:
        asked: the digits asked for, None where a network chose itself; empty where it cannot be asked.
        noisy, guesses: ``(T + 1, N, 28, 28)`` the pictures at hand after each step, and what the network expected;
            None where one pass was enough.
    """

    drawn: "Drawn"
    asked: tuple[int | None, ...]
    seconds: float
    noisy: np.ndarray | None = None
    guesses: np.ndarray | None = None


@st.cache_resource(max_entries=4, show_spinner="Loading the network…")
def network(slug: str) -> Any:
    """The drawing network called ``slug``, loaded once for everybody."""
    from core.models.digit_diffusion import DigitDiffusion
    from core.models.gan import GAN as Gan
    from core.models.vae import VAE as Vae

    kinds = {SLUGS[GAN]: Gan, SLUGS[DIFFUSION]: DigitDiffusion}
    return kinds.get(slug, Vae).load(MODELS_BY_SLUG[slug])


@st.cache_resource(show_spinner=False)
def reader() -> "DigitReader":
    """The network that reads digits."""
    from core.models.digit_reader import DigitReader

    return DigitReader.shipped()


def show() -> None:
    """The whole mode: controls in the sidebar, the digits, and what can be done with them."""
    with st.sidebar, frame.stopping():
        kind = st.segmented_control(
            "Network",
            [*(kind for kind, slug in SLUGS.items() if slug in MODELS_BY_SLUG), ALL],
            default=VAE,
            required=True,
            key="digits.network",
            bind="query-params",
        )
        asked = settings(kind)
    with frame.plain_errors():
        if kind == ALL:
            side_by_side(asked)
            return
        if (result := draw(kind, asked)) is None:
            return
        st.html(plots.sheet(cells(result)))
        st.caption(
            "Small, below each: the most alike of the 6,009 digits that the network learned from. Framed: the reader "
            "is less than 90 % sure, or reads another digit than was asked for."
        )
        tabs(kind, result)
        frame.account(result.seconds)


def settings(kind: str) -> "AtOnce | ByDiffusion":
    """The controls of one network, with what it is."""
    from core.models.drawn_digits import AtOnce, ByDiffusion

    form = ByDiffusion if kind in (DIFFUSION, ALL) else AtOnce
    shown = params_of(form)
    if kind == ALL:
        shown = tuple(param for param in shown if param.name != "count")
    else:
        card = MODELS_BY_SLUG[SLUGS[kind]]
        st.caption(literal(card.about))
        model_card.show(card)
    values = params.form(shown, f"digits.{kind.lower().replace(' ', '-')}")
    return make(form, values | ({"count": COMPARED} if kind == ALL else {}))


def draw(kind: str, asked: "AtOnce | ByDiffusion", key: str = "digits.line") -> Result | None:
    """What ``kind`` draws, kept for everybody; None where a visitor stopped it before there was anything."""
    from core.models.drawn_digits import ByDiffusion

    name = ("digits", kind, asked)
    if (held := of_everybody().get(name)) is not None:
        return held
    if isinstance(asked, ByDiffusion):
        return diffuse(asked, name, key)
    from core.models import drawn_digits

    start = time.perf_counter()
    drawn = drawn_digits.at_once(network(SLUGS[kind]), asked, reader())
    return of_everybody().put(name, Result(drawn, (), time.perf_counter() - start))


def diffuse(asked: "ByDiffusion", name: tuple, key: str) -> Result | None:
    """Step by step, with a line that can stop it; what was found before a stop stays."""
    from core.models import drawn_digits

    line = Stoppable(asked, key)
    if line.stopped:
        found = of_this_session().get(name)
        return _result(found, asked) if found else None
    steps = of_this_session().put(name, [])
    for step in drawn_digits.by_diffusion(network(SLUGS[DIFFUSION]), asked, lambda: False):
        steps.append(step)
        line.tell("Taking out the noise", step.number / step.total)
    line.done()
    return of_everybody().put(name, _result(steps, asked))


def _result(steps: list, asked: "ByDiffusion") -> Result:
    from core.models import drawn_digits

    noisy = np.stack([drawn_digits.as_images(step.noisy) for step in steps])
    guesses = np.stack([drawn_digits.as_images(step.guess) for step in steps])
    return Result(drawn_digits.looked_at(steps[-1].noisy, reader()), asked.labels, steps[-1].seconds, noisy, guesses)


def cells(result: Result, brief: bool = False) -> list[plots.Cell]:
    """Each digit with what is read in it; framed where it is in doubt or not what was asked for."""
    drawn, made = result.drawn, []
    for at, (digit, prob) in enumerate(zip(drawn.read, drawn.probs, strict=True)):
        wanted = result.asked[at] if result.asked else None
        words = f"reads {digit}, {_brief(float(prob))}"
        if wanted is not None and wanted != digit:
            words = f"asked {wanted}, {words}"
        amiss = prob < SURE or (wanted is not None and wanted != digit)
        near = None if brief else drawn.near[at]
        note = f"{drawn.distances[at]:.2f} away"
        made.append(plots.Cell(drawn.images[at], f"A drawn digit: {words}", words, near, note, bool(amiss)))
    return made


def _brief(prob: float) -> str:
    return ">99 %" if prob > 0.99 else percent(prob)


def tabs(kind: str, result: Result) -> None:
    """The network's own ways first, then words, code, and the picture to take."""
    own = {VAE: ["Walk", "Map", "Rebuild"], GAN: ["Walk"], DIFFUSION: ["From noise"]}[kind]
    titles = [*own, "What this says", "The code that ran", "Take away"]
    opened = dict(zip(titles, st.tabs(titles, key=f"digits.tabs.{kind}", on_change="rerun"), strict=True))
    for title, tab in opened.items():
        if not tab.open:
            continue
        with tab:
            match title:
                case "Walk" | "Map" | "Rebuild":
                    digit_ways.SHOWN[title](network, reader(), kind == GAN)
                case "From noise":
                    from_noise(result)
                case "What this says":
                    st.write(sentences(result))
                case "The code that ran":
                    code(kind)
                case "Take away":
                    sheet = plots.png(plots.grid(result.drawn.images, COLUMNS), 3)
                    st.download_button("Digits, PNG", sheet, "digits.png", "image/png", icon=":material/download:")


def from_noise(result: Result) -> None:
    """One step of all pictures, and all steps of one."""
    assert result.noisy is not None and result.guesses is not None
    last = len(result.noisy) - 1
    if last < 1:
        st.caption("It was stopped before the first step.")
        return
    step = st.slider("After step", 0, last, last // 2, key=f"digits.step.{last}")
    st.markdown("**At hand**")
    st.html(
        plots.strip(result.noisy[step], [f"Picture {n + 1} after step {step}" for n in range(len(result.noisy[0]))])
    )
    st.markdown("**What the network expects it to become**")
    st.html(plots.strip(result.guesses[step], [f"Expected picture {n + 1}" for n in range(len(result.noisy[0]))]))
    which = st.slider("One digit's whole way", 1, len(result.noisy[0]), 1, key=f"digits.which.{len(result.noisy[0])}")
    for frames, what in ((result.noisy, "at hand"), (result.guesses, "expected")):
        alts = [f"Picture {which}, {what} after step {n}" for n in range(last + 1)]
        st.html(plots.strip(frames[:, which - 1], alts, chosen=step))
    st.caption(f"Above what is at hand after 0 to {last} steps, below what the network expects; framed: step {step}.")


def sentences(result: Result) -> str:
    """The result in words."""
    drawn, total = result.drawn, len(result.drawn.read)
    sure = int((drawn.probs >= SURE).sum())
    words = f"{sure} of {count(total, 'digit')} are read without doubt, which means {percent(SURE)} or more"
    if result.asked and None not in result.asked:
        right = sum(a == b for a, b in zip(result.asked, drawn.read.tolist(), strict=True))
        words += f", and {right} as the digit that was asked for"
    return (
        f"{words}; {len(set(drawn.read.tolist()))} of the ten kinds appear. The nearest learned digit of all is "
        f"{drawn.distances.min():.2f} away; 0 would be a copy, and an unseen real digit is {USUAL} away as a rule. "
        "What reads them is a network too, which learned from other digits than those that draw."
    )


def code(kind: str) -> None:
    """The network's own source and how it was asked."""
    from core.models import digit_diffusion, drawn_digits, gan, vae

    match kind:
        case "VAE":
            source.show(vae.VAE, drawn_digits.at_once)
        case "GAN":
            source.show(gan.GAN, drawn_digits.at_once)
        case _:
            source.show(digit_diffusion.DigitDiffusion.sample)


def side_by_side(asked: "AtOnce | ByDiffusion") -> None:
    """As many digits of each network from one seed, and how good each is by the figures of its card."""
    from core.models.drawn_digits import AtOnce

    start = time.perf_counter()
    for column, kind in zip(st.columns(len(SLUGS), gap="large"), SLUGS, strict=True):
        with column:
            st.subheader(kind, anchor=False)
            mine = asked if kind == DIFFUSION else AtOnce(count=asked.count, seed=asked.seed)
            if (result := draw(kind, mine, "digits.all")) is None:
                continue
            st.html(plots.sheet(cells(result, brief=True), side=72))
            st.caption(f"{result.seconds:.2g} s for {len(result.drawn.read)} digits when they were drawn.")
            for figure in shipped.facts(SLUGS[kind]).figures:
                st.write(model_card.figure_in_words(figure))
    st.caption(
        "Precision: drawn digits as near to a real one as real ones are to each other. Coverage: real digits with a "
        "drawn one as near. The controls ask the diffusion; the others take its seed and cannot be asked for a digit."
    )
    frame.account(time.perf_counter() - start)
