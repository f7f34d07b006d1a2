"""Training: labs that show how a network learns."""

from core.labs import LABS_BY_SLUG
from ui import frame, labs

frame.begin(__file__)
labs.panel(LABS_BY_SLUG["playground"])
frame.account()
