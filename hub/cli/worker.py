"""A worker of `hub serve`: the application, and two duties that come with having siblings and a parent."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import threading
from multiprocessing.connection import wait
from pathlib import Path

from prometheus_client import multiprocess

from hub import app

_LIVE = re.compile(r"gauge_live[a-z]*_(\d+)\.db", re.ASCII)


def create() -> app.Front:
    """The factory uvicorn starts each worker with."""
    follow_parent()
    forget_dead(Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]))
    return app.create()


def follow_parent() -> None:
    """End as on SIGTERM when the parent ends, by kill -9 too: an orphan would hold the port, and its database is gone."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent watch", daemon=True).start()


def forget_dead(directory: Path) -> None:
    """Take back the live gauges of workers that died: nobody is in flight in them any more."""
    for path in directory.glob("gauge_live*.db"):
        named = _LIVE.fullmatch(path.name)
        if named and not _alive(int(named[1])):
            multiprocess.mark_process_dead(int(named[1]), str(directory))  # type: ignore[no-untyped-call]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
