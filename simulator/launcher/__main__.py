# SPDX-License-Identifier: Apache-2.0
"""`python -m launcher`: see launch.py."""

import sys

from .host_end import host_ended_if_lost
from .launch import main

with host_ended_if_lost():
    status = main()
sys.exit(status)
