# SPDX-License-Identifier: Apache-2.0
"""python -m layernorm_fused_rm COMMAND, or layernorm-fused-rm COMMAND: what there is to do without writing a script.

Neither ttnn nor the planner is imported before a command needs it: `doctor` says what an installation lacks.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from . import doctor, plan_command, run_command, triage


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 if all is well, 1 if the doctor or a run found something wrong, 2 if there is no such call."""
    options = _parser().parse_args(arguments)
    return options.run(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m layernorm_fused_rm",
        description="LayerNorm and RMSNorm over rows for ttnn: COMMAND --help says more.",
        epilog="Where the package is installed, layernorm-fused-rm COMMAND is the same.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    plain = argparse.RawDescriptionHelpFormatter
    checked = commands.add_parser(
        "doctor",
        help="check this installation; never opens a device",
        description=doctor.__doc__,
        epilog="example:\n  python -m layernorm_fused_rm doctor\n\nThe exit status is 1 if something was found.",
        formatter_class=plain,
    )
    checked.set_defaults(run=lambda options: run_doctor())
    # Both take a shape and a call's options.
    for name, command, purpose in (
        ("plan", plan_command, "show the plan of a call, as text, JSON or a picture; needs no device"),
        ("run", run_command, "run a call on the device at hand, and judge its results"),
    ):
        described = commands.add_parser(
            name,
            usage="%(prog)s SHAPE [OPTION...]",
            help=purpose,
            description=command.DESCRIPTION,
            epilog=command.EXAMPLES,
            formatter_class=plain,
        )
        command.add_options(described)
        described.set_defaults(run=command.run)
    return parser


def run_doctor() -> int:
    problems = 0
    for finding in doctor.check_all():
        print(finding, flush=True)
        problems += not finding.is_ok
    if doctor.list_cards() and not doctor.is_simulated():
        print("\n" + triage.advice())
    print("\nno problem found" if problems == 0 else f"\n{problems} problem{'s' if problems > 1 else ''} found")
    return 1 if problems else 0
