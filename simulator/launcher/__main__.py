"""`python -m launcher`: see launch.py."""

import sys

from .launch import main

sys.exit(main())
