"""The errors that a visitor reads: what is wrong, the value, what to do, in one sentence."""


class PlaygroundError(Exception):
    """Bad input or a missing thing, told in one plain sentence that says what to do.

    Everything else that is raised is a bug: it crashes where tests see it, and a page shows only a reference.
    """


class Unavailable(PlaygroundError):
    """A model or data set that cannot be had on this machine now; the sentence offers one that can."""


class Busy(PlaygroundError):
    """The machine is at its limit; the sentence says when to try again."""


class NotFound(PlaygroundError):
    """No such thing, or not this visitor's: both read the same."""
