"""Run one service so that nothing of it outlives the one who asked for it.

    python -I -S guardian.py --life-fd 7 --stop-signal INT --grace 20 -- postgres -D …

The supervisor keeps the other end of the pipe `--life-fd`. When that end closes, for whatever reason (a clean stop,
a crash, `kill -9`), the guardian sends the stop signal, waits, then kills whatever is left. It is a child subreaper,
so a grandchild that left the process group (PostgreSQL's backends call setsid) still comes back to it. A byte before
the end of the pipe means that the supervisor itself said stop: then `--remove-orphaned` spares the folder.

Only the standard library: it starts in some 15 ms and must work without the project on its path.
"""

import argparse
import ctypes
import os
import select
import shutil
import signal
import sys
import time
from pathlib import Path

LINUX = sys.platform == "linux"
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
CLONE_NEWUSER = 0x10000000
COULD_NOT_START = 127
INNER_ID = 1000


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")


def die_with_parent(signal_number: int) -> None:
    """Ask the kernel for a signal when the parent dies. To be called after any change of credentials, which clears it."""
    if LINUX:
        _check(_libc().prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0), "prctl(PR_SET_PDEATHSIG)")


def become_subreaper() -> None:
    if LINUX:
        _check(_libc().prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl(PR_SET_CHILD_SUBREAPER)")


def enter_user_namespace() -> None:
    """Give this process another number in its own eyes: PostgreSQL refuses to run as uid 0."""
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    _check(_libc().unshare(CLONE_NEWUSER), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{INNER_ID} {outer_uid} 1")
    Path("/proc/self/gid_map").write_text(f"{INNER_ID} {outer_gid} 1")


def become_user(uid: int, gid: int) -> None:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def children_of(parents: set[int]) -> set[int]:
    """Every living descendant of these processes (Linux only; elsewhere the process group is all there is)."""
    parent_of: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                after_name = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parent_of[int(entry.name)] = int(after_name[1])
    found: set[int] = set()
    newest = set(parents)
    while newest:
        newest = {pid for pid, parent in parent_of.items() if parent in newest} - found
        found |= newest
    return found


def _signal(pid: int, signal_number: int) -> None:
    try:
        os.kill(pid, signal_number)
    except (ProcessLookupError, PermissionError):
        pass


class Guardian:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.stop_signal = signal.Signals[f"SIG{options.stop_signal}"]
        self.asked_to_stop = False
        self.orphaned = False
        self.child = 0
        self.status: int | None = None

    def run(self) -> int:
        become_subreaper()
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_write, False)
        os.set_blocking(wake_read, False)
        signal.set_wakeup_fd(wake_write)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._start()
        self._wait(wake_read, deadline=None, until_asked=True)
        if self.status is None:
            _signal(self.child, self.stop_signal)
            self._wait(wake_read, deadline=time.monotonic() + self.options.grace, until_asked=False)
        self._sweep()
        if self.orphaned and self.options.remove_orphaned:
            shutil.rmtree(self.options.remove_orphaned, ignore_errors=True)
        status = self.status or 0
        return -status if status < 0 else status

    def _on_stop(self, *_: object) -> None:
        self.asked_to_stop = True

    def _start(self) -> None:
        guardian_pid = os.getpid()
        self.child = os.fork()
        if self.child:
            return
        try:
            self._become_the_service(guardian_pid)
        except OSError as error:
            print(f"cannot start {self.options.command[0]}: {error}", file=sys.stderr, flush=True)
        os._exit(COULD_NOT_START)

    def _become_the_service(self, guardian_pid: int) -> None:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        if self.options.user_namespace:
            enter_user_namespace()
        elif self.options.run_as:
            uid, _, gid = self.options.run_as.partition(":")
            become_user(int(uid), int(gid))
        die_with_parent(self.stop_signal)
        if os.getppid() != guardian_pid:
            os._exit(COULD_NOT_START)
        os.set_inheritable(self.options.life_fd, False)
        if self.options.lock_fd is not None:
            os.set_inheritable(self.options.lock_fd, False)
        os.execvp(self.options.command[0], self.options.command)

    def _wait(self, wake_read: int, *, deadline: float | None, until_asked: bool) -> None:
        """Until the service ends, or the deadline, or (when told so) until somebody wants it to end."""
        watched = [wake_read, self.options.life_fd] if until_asked else [wake_read]
        while self.status is None and not (until_asked and self.asked_to_stop):
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return
            ready, _, _ = select.select(watched, [], [], left)
            if wake_read in ready:
                os.read(wake_read, 512)
            if self.options.life_fd in ready:
                self.orphaned = not os.read(self.options.life_fd, 1)
                return
            self._reap(os.WNOHANG)

    def _reap(self, flags: int) -> bool:
        """Collect the dead; False when there is no child left at all."""
        while True:
            try:
                pid, status = os.waitpid(-1, flags)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self.child:
                self.status = os.waitstatus_to_exitcode(status)

    def _sweep(self) -> None:
        """Kill what the service left behind."""
        while True:
            try:
                os.killpg(self.child, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
            if LINUX:
                for pid in children_of({os.getpid()}):
                    _signal(pid, signal.SIGKILL)
            if not self._reap(os.WNOHANG):
                return
            time.sleep(0.02)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--life-fd", type=int, required=True, help="end of file on it means: stop")
    parser.add_argument(
        "--lock-fd", type=int, help="kept open, never passed on: a lock held as long as the service runs"
    )
    parser.add_argument("--stop-signal", default="TERM", choices=["TERM", "INT", "QUIT"])
    parser.add_argument("--grace", type=float, default=10.0, help="seconds between the stop signal and SIGKILL")
    parser.add_argument("--user-namespace", action="store_true", help="run as another number than root in its own eyes")
    parser.add_argument("--run-as", metavar="UID:GID", help="run as this unprivileged user (needs root)")
    parser.add_argument("--remove-orphaned", metavar="FOLDER", help="throw it away when the supervisor died unawares")
    parser.add_argument("command", nargs="+")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(Guardian(parse(sys.argv[1:])).run())
