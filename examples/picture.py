# SPDX-License-Identifier: Apache-2.0
"""The demo's picture: input, output and error of every row, one line of pixels a row."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from examples.normalise import NamedRows, Result, error_in_ulp

LABELLED_ROWS = 80  # more would not be readable
COLOURS = ("tab:blue", "tab:orange")


def draw(rows: NamedRows, results: list[Result], path: Path) -> None:
    """Writes a PNG with three panels that share the row axis."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    count = len(rows.x)
    height = min(max(4.0, 0.16 * count), 14.0)
    figure, axes = pyplot.subplots(
        1, 3, figsize=(14, height), sharey=True, width_ratios=(4, 4, 3), layout="constrained"
    )
    _draw_values(figure, axes[0], rows.x, "input")
    _draw_values(figure, axes[1], results[0].y, f"output of {results[0].operation}")
    _draw_errors(axes[2], rows, results)
    if rows.labels and count <= LABELLED_ROWS:
        axes[0].set_yticks(range(count), rows.labels, fontsize=6)
    else:
        axes[0].set_ylabel("row")
    figure.suptitle(f"{rows.name}: {count} rows of {rows.x.shape[1]}")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _draw_values(figure, axis, values: np.ndarray, title: str) -> None:
    """Colours from the 1st to the 99th percentile: a few large weights would leave the rest without contrast."""
    limit = float(np.percentile(np.abs(values), 99)) or 1.0
    image = axis.imshow(values, aspect="auto", cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest")
    axis.set_title(title)
    axis.set_xlabel("element of the row")
    figure.colorbar(image, ax=axis, shrink=0.6)


def _draw_errors(axis, rows: NamedRows, results: list[Result]) -> None:
    for result, colour in zip(results, COLOURS):
        errors = error_in_ulp(rows, result)
        largest = np.nanmax(np.where(np.isnan(errors).all(axis=1, keepdims=True), 0.0, errors), axis=1)
        style = {"color": colour, "markersize": 4, "linewidth": 0.6, "label": result.operation}
        axis.plot(largest, np.arange(len(largest)), ".-", **style)
    axis.axvline(0.5, color="grey", linewidth=0.8, linestyle="--", label="correct rounding")
    axis.set_xscale("log")
    axis.set_title("largest error of the row")
    axis.set_xlabel("bfloat16 ULP")
    axis.legend(fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.07))
