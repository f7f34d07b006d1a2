"""One attempt at a job: run its function, carry records to the store and the wish to stop back, say how it ended."""

import importlib
import json
import sqlite3
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, TextIO

from core.jobs.failures import is_disk_full, sentence
from core.jobs.record import CANCELLED, DONE, FAILED, STOP, Job, Task, check_entry
from core.jobs.store import Store

REPORT_EVERY = 0.2  # seconds; also how long a Stop takes to arrive
DEAF_AFTER = 1.0  # seconds after which a function that never asks whether to stop is ended between two records
EXIT_DISK_FULL, EXIT_UNTOLD = 28, 74


class Reporter(threading.Thread):
    """Carries progress to the store and the wish to stop back, whatever the job's function is busy with."""

    def __init__(self, job_id: str) -> None:
        super().__init__(daemon=True)
        self._job_id = job_id
        self._record: str | None = None
        self._asked_at = 0.0  # monotonic seconds; 0 while nobody asked to stop
        self._ended = threading.Event()
        self.heard = False

    def put(self, record: dict[str, Any]) -> None:
        """The newest record; the store sees at most five a second."""
        self._record = json.dumps(record)

    def stopping(self) -> bool:
        """What the task's function asks."""
        if self._asked_at:
            self.heard = True
        return self.heard

    def deaf(self) -> bool:
        """Whether the function was told to stop a while ago and has never asked."""
        return bool(self._asked_at) and not self.heard and time.monotonic() - self._asked_at > DEAF_AFTER

    def end(self) -> None:
        """Report the last record and end the thread."""
        self._ended.set()
        self.join()

    def run(self) -> None:
        """Report and listen until the end; a store that cannot be written now is tried again."""
        store = Store()
        sent, acknowledged, ended = None, False, False
        while not ended:
            ended = self._ended.wait(REPORT_EVERY)
            try:
                if (record := self._record) is not sent and record is not None:
                    store.report(self._job_id, record)
                    sent = record
                if not self._asked_at and store.wanted(self._job_id) == STOP:
                    self._asked_at = time.monotonic()
                if self.heard and not acknowledged:
                    store.acknowledge(self._job_id)
                    acknowledged = True
            except (sqlite3.Error, MemoryError):
                traceback.print_exc()
        store.close()


def load(entry: str) -> Callable[[Task], Iterator[dict[str, Any]]]:
    """The function that ``module:function`` names."""
    module, name = check_entry(entry).split(":")
    return getattr(importlib.import_module(module), name)


def work(job: Job, reporter: Reporter) -> str:
    """Run the job's function to its end; DONE, or CANCELLED if it ended because of a stop."""
    task = Task(job.folder, job.params, reporter.stopping)
    for part in (task.inputs, task.checkpoint, task.result):
        part.mkdir(exist_ok=True)
    records = load(job.entry)(task)
    for record in records:
        reporter.put(record)
        if reporter.deaf():
            if close := getattr(records, "close", None):
                close()
            return CANCELLED
    return CANCELLED if reporter.heard else DONE


def perform(store: Store, job: Job, log: TextIO) -> int:
    """Run a claimed job to its end and tell the store how it ended; returns the exit code."""
    reporter = Reporter(job.id)
    reporter.start()
    state, failure = DONE, None
    try:
        state = work(job, reporter)
    except (Exception, SystemExit) as error:  # the door between a job and its record: told, logged, never lost
        state, failure = FAILED, error
        with suppress(OSError, MemoryError):  # nothing left to write to, or with
            print(f"reference {job.id[:8]}", file=log)
            traceback.print_exc(file=log)
    return _tell(store, job, reporter, state, failure)


def _tell(store: Store, job: Job, reporter: Reporter, state: str, failure: BaseException | None) -> int:
    full = failure is not None and is_disk_full(failure)
    for _ in range(5):
        try:
            reporter.end()
            store.finish(job.id, job.attempts, state, sentence(failure, job.id[:8]) if failure else None)
            return 0
        except (sqlite3.Error, MemoryError) as error:
            full = full or is_disk_full(error)
            time.sleep(0.2)
    # The supervisor reads the exit code and tells it as soon as the store can be written.
    return EXIT_DISK_FULL if full else EXIT_UNTOLD
