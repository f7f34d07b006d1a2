"""One SQLite table with every job, and the statements that worker and supervisor need.

What visitors ask goes through `core.jobs.queue`, where each statement names the owner.
"""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from core.jobs.lock import take
from core.jobs.record import CANCELLED, DONE, QUEUED, RUNNING, STOP, STOPPING, Job, job_folder, jobs_folder

_SCHEMA = """
create table if not exists job (
    id text primary key, owner text not null, entry text not null, params text not null,
    state text not null, want text not null default '', progress text not null default '{}', error text,
    attempts integer not null default 0, pid integer not null default 0,
    place integer not null, created real not null, updated real not null
);
create index if not exists job_state on job (state, place);
create index if not exists job_owner on job (owner, created);
"""
# A visitor sees only how many are before him, never whose. Whatever runs is before whatever waits.
SELECT_JOB = """
select job.*, case when state = 'queued' then (
    select count(*) from job as other
    where (other.state = 'running' and other.place > 0) or (other.state = 'queued' and other.place < job.place)
) else 0 end as ahead from job
"""


class Store:
    """A connection to the table; short-lived in the app, kept open by worker and supervisor. One thread each."""

    def __init__(self) -> None:
        folder = jobs_folder()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / "jobs.db"
        self.connection = sqlite3.connect(path, timeout=10, isolation_level=None)
        self.connection.row_factory = sqlite3.Row
        self.connection.execute("pragma synchronous = normal")
        if self.connection.execute("pragma user_version").fetchone()[0] == 0:
            self._create()

    def _create(self) -> None:
        # The change to WAL does not wait for a lock as other statements do, so only one process may try it at a time.
        only = take(jobs_folder() / "create.lock", patience=10)
        try:
            self.connection.execute("pragma journal_mode = wal")
            self.connection.executescript(_SCHEMA)
            self.connection.execute("pragma user_version = 1")
        finally:
            if only:
                only.release()

    def __enter__(self) -> "Store":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection."""
        self.connection.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that no other writer can come between; an exception undoes it."""
        self.connection.execute("begin immediate")
        try:
            yield self.connection
        except BaseException:
            self.connection.execute("rollback")
            raise
        self.connection.execute("commit")

    def update(self, sql: str, *values: Any) -> int:
        """Run one statement and say how many rows it changed."""
        return self.connection.execute(sql, values).rowcount

    def jobs(self, where: str, *values: Any) -> list[Job]:
        """The jobs that match, in the order of the queue."""
        return [_job(row) for row in self.connection.execute(f"{SELECT_JOB} where {where} order by place", values)]

    def active(self) -> list[sqlite3.Row]:
        """Id, entry, state, want, attempts and pid of all that run or wait, in the order of the queue."""
        columns = "id, entry, state, want, attempts, pid"
        sql = f"select {columns} from job where state in ('{QUEUED}', '{RUNNING}') order by place"
        return self.connection.execute(sql).fetchall()

    def claim(self, job_id: str, pid: int) -> Job | None:
        """Turn a waiting job into a running one of process ``pid``; None if it is not waiting (any more)."""
        sql = "update job set state = ?, want = '', error = null, attempts = attempts + 1, pid = ?, updated = ?"
        if not self.update(f"{sql} where id = ? and state = ?", RUNNING, pid, time.time(), job_id, QUEUED):
            return None
        return self.jobs("id = ?", job_id)[0]

    def report(self, job_id: str, progress: str) -> None:
        """Keep the newest progress record, given as JSON."""
        sql = "update job set progress = ?, updated = ? where id = ? and state = ?"
        self.update(sql, progress, time.time(), job_id, RUNNING)

    def wanted(self, job_id: str) -> str:
        """What is wanted of a running job: nothing, STOP, or STOPPING once its function has heard it."""
        row = self.connection.execute("select want from job where id = ?", (job_id,)).fetchone()
        return row["want"] if row else STOP

    def acknowledge(self, job_id: str) -> None:
        """Note that the job's function knows of the stop and is putting its things away."""
        self.update("update job set want = ? where id = ? and want = ?", STOPPING, job_id, STOP)

    def ask_stop(self, job_id: str, sentence: str) -> None:
        """Ask a running job to stop for a reason of ours, told by ``sentence``."""
        sql = "update job set want = ?, error = ? where id = ? and state = ? and want = ''"
        self.update(sql, STOP, sentence, job_id, RUNNING)

    def tell(self, job_id: str, sentence: str) -> None:
        """Say what a waiting job waits for; gone when it begins."""
        sql = "update job set error = ? where id = ? and state = ? and error is not ?"
        self.update(sql, sentence, job_id, QUEUED, sentence)

    def finish(self, job_id: str, attempt: int, state: str, error: str | None = None) -> bool:
        """End the given attempt of a job; False if that attempt had ended before.

        A cancelled job keeps the sentence that `ask_stop` gave it.
        """
        kept = "error" if state == CANCELLED else "null"
        sql = f"update job set state = ?, error = coalesce(?, {kept}), want = '', pid = 0, updated = ?"
        sql += " where id = ? and attempts = ? and state in (?, ?)"
        assert error is None or state != DONE
        return bool(self.update(sql, state, error, time.time(), job_id, attempt, RUNNING, QUEUED))

    def requeue(self, job_id: str, attempt: int) -> bool:
        """Let a job whose process died in the given attempt wait for another, in its old place."""
        sql = "update job set state = ?, pid = 0, updated = ? where id = ? and state = ? and attempts = ?"
        return bool(self.update(sql, QUEUED, time.time(), job_id, RUNNING, attempt))

    def count_failed_start(self, job_id: str, attempt: int) -> None:
        """Count a process that died before it could claim its job."""
        sql = "update job set attempts = attempts + 1 where id = ? and state = ? and attempts = ?"
        self.update(sql, job_id, QUEUED, attempt)


def _job(row: sqlite3.Row) -> Job:
    return Job(
        id=row["id"],
        owner=row["owner"],
        entry=row["entry"],
        params=json.loads(row["params"]),
        state=row["state"],
        progress=json.loads(row["progress"]),
        error=row["error"],
        attempts=row["attempts"],
        created=row["created"],
        updated=row["updated"],
        folder=job_folder(row["id"]),
        ahead=row["ahead"],
        stopping=row["want"] != "",
    )
