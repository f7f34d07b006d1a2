"""vision."""

from ui import frame

frame.begin(__file__)
