"""The pieces that a model reads, each in a box of its own."""

import html
from collections.abc import Sequence

from core.plots import theme

_TINTS = (theme.rgba(theme.CONTROL, 0.16), theme.rgba(theme.CONTROL, 0.32))


def token_boxes(tokens: Sequence[str]) -> str:
    """Safe HTML: neighbours in two shades of grey, so that one sees where a piece ends; every token is escaped."""
    boxes = (
        f'<span style="background:{_TINTS[i % 2]};padding:0.15em 0.35em;border-radius:0.3em;margin-right:2px;'
        f'white-space:pre">{html.escape(token)}</span>'
        for i, token in enumerate(tokens)
    )
    return f'<p style="line-height:2.1;margin:0;overflow-wrap:anywhere">{"<wbr>".join(boxes)}</p>'
