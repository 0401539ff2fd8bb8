"""Become the account the server may run as, tie its life to the hub's, then become the server.

Run as a script between hub and server, never imported by the hub: `python -I -S launch.py ACCOUNT PARENT PROGRAM ARGUMENT…`.
A program of its own rather than a `preexec_fn`, which is not safe in a process with threads. ACCOUNT is

- `self`       the hub's own account,
- `namespace`  root, seen by the server as user 1000 of a user namespace: nothing is created on the system, no mode is changed,
- `UID:GID`    another account.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1


def enter_namespace() -> None:
    """Map user 1000 of a new user namespace to the present user. Raises OSError where the kernel forbids it."""
    user, group = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWUSER):
        raise OSError(ctypes.get_errno(), "user namespaces are not permitted")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"1000 {user} 1")
    Path("/proc/self/gid_map").write_text(f"1000 {group} 1")


def become(account: str) -> None:
    """Take on the account for good."""
    if account == "namespace":
        enter_namespace()
    elif account != "self":
        user, _, group = account.partition(":")
        os.setgroups([])
        os.setgid(int(group))
        os.setuid(int(user))


def die_with(parent: int) -> None:
    """Ask the kernel for SIGINT (PostgreSQL's fast shutdown) when the hub's main thread ends, by kill -9 too.

    Comes after `become`: a change of credentials clears the request.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
    if os.getppid() != parent:  # the hub died before the request stood: nobody would ever send the signal
        raise ProcessLookupError("the hub is gone")


def main() -> None:
    """Never returns: becomes the program, or ends with status 126 and one line of reason."""
    account, parent, *command = sys.argv[1:]
    try:
        become(account)
        die_with(int(parent))
        os.execv(command[0], command)  # noqa: S606 - no shell is the point
    except OSError as reason:
        sys.stderr.write(f"{account}: {reason}\n")
        sys.exit(126)


if __name__ == "__main__":
    main()
