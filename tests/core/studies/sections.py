"""Explanations of a picture and a text, with names that try to break out of a page."""

from core.attribution.metrics.deletion import Plan, trust_curves
from core.attribution.metrics.text_deletion import trust_text_curves
from core.attribution.result import explain_picture, explain_text
from core.studies.attribution_report import Section, html_report
from tests.core.studies.conftest import Bags, Planes, noise

HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)>'


def report() -> bytes:
    """The report of both."""
    return html_report(f"Report {HOSTILE}", HOSTILE, [picture_section(), text_section()], "Made on a Friday.")


def picture_section() -> Section:
    classifier, picture = Planes(0, labels=(HOSTILE, "red")), noise(1)
    pixels = classifier.pixels(picture)
    found = [
        explain_picture(classifier, pixels, name, 0, {}) for name in ("Integrated gradients", "Saliency", "Occlusion")
    ]
    curves = {one.method.name: trust_curves(classifier, pixels, one.values, 0, Plan(7, 5)) for one in found[:2]}
    return Section(
        HOSTILE,
        HOSTILE,
        ((HOSTILE, 0.7), ("red", 0.3)),
        tuple(found),
        classifier.seen(picture),
        curves,
        {"Saliency": {"x": HOSTILE}},
    )


def text_section() -> Section:
    classifier = Bags(0, labels=(HOSTILE, "praise"))
    encoding = classifier.encode(f"the {HOSTILE.replace(' ', '')} was lovely & warm")
    names = ("Token ablation", "Layer integrated gradients")
    found = [explain_text(classifier, encoding, name, 0, {}) for name in names]
    curves = {one.method.name: trust_text_curves(classifier, encoding, list(one.values), 0) for one in found}
    return Section("A text", HOSTILE, ((HOSTILE, 0.6), ("praise", 0.4)), tuple(found), None, curves)
