"""`python -m common.supervisor demo`, and `… exec [--ephemeral] -- COMMAND` for one command on its servers."""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Mapping

from common.supervisor import demo
from common.supervisor.errors import CannotStart
from common.supervisor.stack import Stack, environment_of_running, locked, scratch_folder


def run_command(command: list[str], environment: Mapping[str, str]) -> int:
    return subprocess.run(command, env=dict(environment), check=False).returncode


def execute(command: list[str], *, ephemeral: bool) -> int:
    """Run one command with the servers up and their addresses in its environment; its exit code is ours."""
    if ephemeral:
        stack = Stack(scratch_folder("fonds-"), os.environ, ephemeral=True)
        try:
            return with_stack(stack, command)
        finally:
            stack.remove_data()
    data_dir = demo.data_dir_of(os.environ)
    running = environment_of_running(data_dir, os.environ)
    if running is not None:
        return run_command(command, running)
    with locked(data_dir) as lock:
        return with_stack(Stack(data_dir, os.environ, lock_fd=lock), command)


def with_stack(stack: Stack, command: list[str]) -> int:
    try:
        stack.start()
        return run_command(command, stack.environment_of_command())
    finally:
        stack.stop()


def main() -> int:
    parser = argparse.ArgumentParser(prog="common.supervisor", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("demo")
    one = verbs.add_parser("exec")
    one.add_argument("--ephemeral", action="store_true", help="throw the data away afterwards")
    one.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        if options.verb == "demo":
            demo.run()
            return 0
        command = [part for index, part in enumerate(options.command) if (index, part) != (0, "--")]
        return execute(command, ephemeral=options.ephemeral)
    except CannotStart as reason:
        print(reason, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
