"""Remove what has expired: rows and folders that belong together, and folders without a row."""

import shutil
import time
from pathlib import Path

from core.jobs.record import DONE, QUEUED, RUNNING, is_id, job_folder, jobs_folder
from core.jobs.store import Store

_HOUR = 3600.0


def sweep(store: Store, keep_hours: int, keep_inputs_hours: int = 0, now: float | None = None) -> int:
    """Remove jobs that ended more than ``keep_hours`` ago (0: none) and orphaned folders; returns how many went.

    What a visitor brought goes ``keep_inputs_hours`` (0: with the rest) after its job was done; one that can still be
    restarted keeps it. Only folders named by an id of ours are touched, and links are never followed.
    """
    now = time.time() if now is None else now
    gone = 0
    if keep_hours:
        ended = f"updated < ? and state not in ('{QUEUED}', '{RUNNING}')"
        rows = store.connection.execute(f"select id from job where {ended}", (now - keep_hours * _HOUR,)).fetchall()
        for row in rows:
            # Guarded once more: it may have been restarted since.
            if store.update(f"delete from job where id = ? and {ended}", row["id"], now - keep_hours * _HOUR):
                _delete(job_folder(row["id"]))
                gone += 1
    if keep_inputs_hours:
        sql = "select id from job where state = ? and updated < ?"
        for row in store.connection.execute(sql, (DONE, now - keep_inputs_hours * _HOUR)).fetchall():
            _delete(job_folder(row["id"]) / "inputs")
    known = {row["id"] for row in store.connection.execute("select id from job")}
    for folder in jobs_folder().iterdir():
        # A folder is made a moment before its row, so a young one is left alone.
        if is_id(folder.name) and folder.name not in known and now - folder.lstat().st_mtime > _HOUR:
            _delete(folder)
            gone += 1
    return gone


def _delete(folder: Path) -> None:
    if folder.is_symlink():
        folder.unlink()
    else:
        shutil.rmtree(folder, ignore_errors=True)
