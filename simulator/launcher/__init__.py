# SPDX-License-Identifier: Apache-2.0
"""Our launcher over the installed simulator wolfpine 2.2: patches, time policy, cycle log, hang report.

Started by the run.sh of a simulator folder (see ../folder.py) as `python -m launcher`. Nothing of wolfpine is copied:
every change is a patch of an installed class at run time, in a named place with its reason beside it.
"""
