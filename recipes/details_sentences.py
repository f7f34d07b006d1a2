"""Sentences with names, dates and amounts whose places are known, made from templates; and real mails marked by hand.

What counts as what:

- **name**: what a person is called: first name, last name, both, initials beside a name, nicknames. Not titles (Mrs),
  bare initials, companies, places, products or addresses.
- **date**: a day, week, month, season, quarter, year, decade or century that is named or told from now (Friday, 3 May,
  next week, tomorrow, 1992, two weeks ago). Not times of day, durations, ages, or how often something happens.
- **amount**: a number (in figures or words; "a dollar" has one too) with money, per cent or a unit of measure (weight,
  length, area, volume, data, power, temperature). Not counts of things, times, durations, ages, versions or codes.

The check set is `details_marks.csv`: 400 sentences drawn with a fixed seed from 400 mails of `recipes.mails`, marked by
hand before any model had seen them, without their words: the mail's number, and first and last character of each mark.
"""

import csv
import random
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from core.data.marked import Mark, MarkedTexts
from recipes import definitions, mails

KINDS = ("name", "date", "amount")
MARKED = {
    **dict.fromkeys(("who", "full", "given", "family", "reversed", "short", "hard"), "name"),
    **dict.fromkeys(("date", "day", "sent", "told", "period", "year", "month", "weekday"), "date"),
    **dict.fromkeys(("amount", "money", "percent", "measure"), "amount"),
}
"""Gap of a template → what its words are."""
KEPT = {"first": "test_first", "last": "test_last"}
"""Lists of words → those that take their place in sentences for judging."""
MARKS = Path(__file__).with_name("details_marks.csv")
SENTENCE = "sentence"  # the label of a row that says where a chosen sentence is

_GAP = re.compile(r"\{([^{}]+)\}")
_RANGE = re.compile(r"(\d+)-(\d+)")
# A definition with one of these may hold a date, an amount or a name.
_TELLING = re.compile(
    r"\d|[A-Z]|\b(one|two|three|four|five|six|seven|eight|nine|ten|hundred|thousand|million|dollars?|pounds?|cents?|"
    r"percent|kilo\w*|grams?|met(er|re)s?|inch(es)?|feet|foot|miles?|lit(er|re)s?|gallons?|degrees?|acres?|today|now|year|"
    r"day|month|week|century|january|february|march|april|may|june|july|august|september|october|november|december|"
    r"spring|summer|autumn|winter|\w+day)\b"
)


@cache
def sections(name: str) -> dict[str, tuple[str, ...]]:
    """The lines below each title in brackets of ``details_<name>.txt``, without comments."""
    found: dict[str, list[str]] = {}
    title = ""
    for line in Path(__file__).with_name(f"details_{name}.txt").read_text(encoding="utf-8").splitlines():
        if head := re.fullmatch(r"\[(\w+)\]", line):
            title = head[1]
        elif line and not line.startswith("#"):
            found.setdefault(title, []).append(line)
    return {title: tuple(own) for title, own in found.items()}


@cache
def words() -> dict[str, list[str]]:
    """The lists that fill gaps: ours, and from WordNet ``noun`` and ``gloss``."""
    found: dict[str, list[str]] = {}
    for title, part in sections("words").items():
        found[title] = []
        for entry in " ".join(" ".join(part).split()).split(" | "):
            times, star, rest = entry.partition("* ")
            found[title] += [rest] * int(times) if star and times.isdigit() else [entry]
    rows = definitions.load()
    found["noun"] = [word for _, _, word in rows if re.fullmatch(r"[a-z ]+", word)]
    found["gloss"] = [text for text, _, _ in rows if len(text) < 120 and not _TELLING.search(text)]
    return found


def templates(part: str) -> tuple[str, ...]:
    """The templates of ``train`` or ``test``."""
    return sections("templates")[part]


def said(gap: str, dice: random.Random, *, test: bool) -> str:
    """Words for one gap, its own gaps filled too."""
    if span := _RANGE.fullmatch(gap):
        low, high = span.groups()
        return str(dice.randint(int(low), int(high))).zfill(len(low))
    lists = words()
    chosen = dice.choice(lists[KEPT.get(gap, gap) if test else gap])
    if test and gap in ("given", "family"):  # no invented name where names are kept apart
        chosen = "{first}" if gap == "given" else "{last}"
    return _GAP.sub(lambda inner: said(inner[1], dice, test=test), chosen)


def filled(template: str, dice: random.Random, *, test: bool = False) -> tuple[str, tuple[Mark, ...]]:
    """``template`` with words in its gaps, and where the marked ones are."""
    text, marks, after = "", [], 0
    for gap in _GAP.finditer(template):
        text += template[after : gap.start()]
        kind, literal, own = gap[1].partition("=")
        start = len(text)
        text += own if literal else said(gap[1], dice, test=test)
        kind = kind if literal else MARKED.get(gap[1], "")
        if kind:
            marks.append(_without_article(text, Mark(start, len(text), kind)))
        after = gap.end()
    return text + template[after:], tuple(marks)


def sentences(part: str, count: int, seed: int) -> MarkedTexts:
    """``count`` texts of one to three sentences; those of ``test`` have templates and names of their own."""
    dice = random.Random(seed)
    pool = templates(part)
    texts, marks, used = [], [], []
    for at in range(count):
        many = dice.choices((1, 2, 3), (6, 3, 1))[0] if part == "train" else 1
        text, found = "", []
        for turn in range(many):
            chosen = pool[at % len(pool)] if turn == 0 else dice.choice(pool)
            own, places = filled(chosen, dice, test=part == "test")
            own = own[0].upper() + own[1:] if dice.random() < 0.5 else own
            text += " " if text else ""
            found += [Mark(mark.start + len(text), mark.end + len(text), mark.label) for mark in places]
            text += own
        texts.append(text)
        marks.append(tuple(found))
        used.append(pool[at % len(pool)])
    names = tuple(f"{part} {i + 1}" for i in range(count))
    return MarkedTexts(tuple(texts), tuple(marks), KINDS, names, tuple(used))


def check_set(part: str) -> MarkedTexts:
    """The ``dev`` or ``test`` half of the sentences from real mails.

    Raises:
        FileNotFoundError: the mails were not prepared yet.
    """
    texts = [text for text, _ in mails.every()]
    with MARKS.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["part"] == part]
    found: list[tuple[int, int, int, list[Mark]]] = []
    for row in rows:
        mail, start, end = int(row["mail"]), int(row["start"]), int(row["end"])
        if row["label"] == SENTENCE:
            found.append((mail, start, end, []))
        else:
            _, begin, _, own = found[-1]
            own.append(Mark(start - begin, end - begin, row["label"]))
    return MarkedTexts(
        tuple(texts[mail][start:end] for mail, start, end, _ in found),
        tuple(tuple(own) for *_, own in found),
        KINDS,
        tuple(f"mail {mail}" for mail, *_ in found),
    )


def drawn() -> list[tuple[int, int, int]]:
    """How the check set was chosen: number of a mail, first and last character of one of its sentences, 400 times."""
    every, dice, found = mails.every(), np.random.default_rng(5), []
    for label, wanted in (("ham", 220), ("spam", 180)):
        of_label = [i for i in dice.permutation(len(every)) if every[i][1] == label]
        taken = 0
        for i in of_label:
            fits = [(a, b) for a, b in _spans(every[i][0]) if 25 <= b - a <= 260]
            if fits and taken < wanted:
                found.append((int(i), *fits[int(dice.integers(len(fits)))]))
                taken += 1
    dice.shuffle(found)
    return found


def together(*several: MarkedTexts) -> MarkedTexts:
    """One after the other."""

    def joined(name: str) -> tuple:
        return tuple(value for one in several for value in getattr(one, name))

    return MarkedTexts(joined("examples"), joined("marks"), KINDS, joined("names"), joined("concepts"))


def shares(data: Sequence[MarkedTexts]) -> dict[str, int]:
    """How many marks of each kind ``data`` has."""
    labels = [mark.label for one in data for marks in one.marks for mark in marks]
    return {kind: labels.count(kind) for kind in KINDS}


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """The sentences of a text, roughly."""
    start = 0
    for gap in re.finditer(r"(?<=[.!?])\s+(?=[A-Z\"'(\[])", text):
        yield start, gap.start()
        start = gap.end()
    yield start, len(text)


def _without_article(text: str, mark: Mark) -> Mark:
    """A date begins after its article: the 3rd of May."""
    if mark.label == "date" and text[mark.start : mark.end].lower().startswith("the "):
        return Mark(mark.start + 4, mark.end, mark.label)
    return mark
