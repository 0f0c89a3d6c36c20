"""python -m layernorm_fused_rm doctor: checks this installation, one line a check, and says what to do."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from . import doctor, triage


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 if nothing was found wrong, 1 if something was."""
    parser = argparse.ArgumentParser(prog="python -m layernorm_fused_rm", description="Row-major LayerNorm for ttnn.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("doctor", help="check this installation; never opens a device", description=doctor.__doc__)
    parser.parse_args(arguments)
    return run_doctor()


def run_doctor() -> int:
    problems = 0
    for finding in doctor.check_all():
        print(finding, flush=True)
        problems += not finding.is_ok
    if doctor.list_cards() and not doctor.is_simulated():
        print("\n" + triage.advice())
    print("\nno problem found" if problems == 0 else f"\n{problems} problem{'s' if problems > 1 else ''} found")
    return 1 if problems else 0
