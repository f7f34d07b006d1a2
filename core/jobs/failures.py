"""What went wrong in a job, as one sentence for the visitor; the rest stays in the job's log."""

import errno

from core.errors import PlaygroundError

OUT_OF_MEMORY = (
    "This job ran out of memory: choose a smaller model, fewer examples or a smaller batch, then restart it."
)
DISK_FULL = "The server's disk is full: what was saved before is kept; restart this job when there is room again."
DIED = (
    "This job's process ended {attempts} times without a word, which often means that memory ran out:"
    " Restart continues from what it had saved, a smaller model or batch needs less."
)
NOT_STARTED = "This job could not be started: try Restart, and tell the operator if it happens again."
SHORT_TOO_LONG = (
    "This was stopped after {seconds} seconds, the limit for work beside a page; what it had reached is kept."
)
NO_MEMORY = "This job waits for memory: it starts by itself as soon as other work on this server has ended."
NO_ROOM = "The server's disk is full: remove runs that you no longer need, or try again later."
TOO_LONG = "This job was stopped after {minutes} minutes, the limit on this server; what it had reached is kept."

_MEMORY_WORDS = (
    "allocate memory",
    "out of memory",
    "not enough memory",
    "bad_alloc",
    "could not create a primitive",  # oneDNN's words when it gets no room for a layer
    "failed to map segment",  # a library that cannot be loaded any more
    "can't start new thread",
)
_DISK_WORDS = ("no space left", "disk is full", "disk quota exceeded", "file too large")
_DISK_CODES = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def is_disk_full(error: BaseException) -> bool:
    """Whether ``error`` says that nothing more can be written; libraries wrap it, so their words count too."""
    if isinstance(error, OSError) and error.errno in _DISK_CODES:
        return True
    return any(word in str(error).lower() for word in _DISK_WORDS)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether ``error``, or what it was raised from, says that memory could not be had; each library has its words."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    if any(word in str(error).lower() for word in _MEMORY_WORDS):
        return True
    behind = error.__cause__ or error.__context__
    return behind is not None and is_out_of_memory(behind)


def sentence(error: BaseException, reference: str) -> str:
    """The sentence for ``error``; one that we did not foresee shows only ``reference``, which its log entry bears."""
    if isinstance(error, PlaygroundError):
        return str(error)
    if is_out_of_memory(error):
        return OUT_OF_MEMORY
    if is_disk_full(error):
        return DISK_FULL
    return f"Something went wrong in this job (reference {reference}): try again, or change its settings."
