# SPDX-License-Identifier: Apache-2.0
"""The benchmark: this operation beside ttnn.layer_norm, the composite of conversions around it, and a copy, in one run.

`./bench` runs it. cases.py: what is measured; providers.py: who is measured; layouts.py, report_pipeline.py: whom
only `--layouts` and `--providers report` ask for; measure.py: how; table.py, plots.py: what comes
out of it; host_time.py: what a call costs the host.
"""
