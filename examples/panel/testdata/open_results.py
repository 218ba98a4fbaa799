"""open_results.py FILE...

Opens events files with Python Loadwright's reader and viewer, holds what they
see against the files as the csv module reads them, and prints it. The viewer
has colours for events called load and interact, and fails on any other.
"""

import csv
import math
import sys
import warnings

import pandas as pd
import panel as pn

from loadwright import LoadTestViewer
from loadwright.io import read_loadwright_file

COLUMNS = ["event", "user", "start", "stop", "start_seconds", "stop_seconds", "duration"]


def check(name, seen, wanted):
    """Stop unless the two are the same, floats but for rounding."""
    same = math.isclose(seen, wanted, abs_tol=1e-9) if isinstance(wanted, float) else seen == wanted
    if not same:
        sys.exit(f"{name}: Python Loadwright sees {seen!r}, the file says {wanted!r}")


def check_reader(path, rows):
    """The reader finds every row, with the types that it wants."""
    data = read_loadwright_file(path)
    check("columns", list(data.columns[: len(COLUMNS)]), COLUMNS)
    check("index", list(data.index), list(range(len(rows))))
    for column in ("event", "user"):
        check(column, list(data[column]), [row[column] for row in rows])
    for column in ("start_seconds", "stop_seconds", "duration"):
        check(f"type of {column}", str(data[column].dtype), "float64")
        check(column, list(data[column]), [float(row[column]) for row in rows])
    for column in ("start", "stop"):
        check(f"type of {column}", str(data[column].dtype), "datetime64[ns]")
        check(column, list(data[column]), [pd.Timestamp(row[column]) for row in rows])
    lengths = (data["stop"] - data["start"]).dt.total_seconds() - data["duration"]
    check("stop - start - duration, at most", float(lengths.abs().max()), 0.0)
    return data


def check_viewer(path, rows):
    """The viewer draws its three plots, with every aggregation."""
    viewer = LoadTestViewer(data=path)
    check("segments", len(viewer.segment_plot().data), len(rows))
    for aggregation in viewer.param.aggregation.objects:
        viewer.aggregation = aggregation
        lines = viewer.duration_plot()
        points = lines.traverse(lambda plot: len(plot), ["Scatter"])
        check(f"points with aggregation {aggregation}", sum(points), len(rows))
    active = viewer.active_users_plot().traverse(lambda plot: plot.data["active_users"].max(), ["Scatter"])
    check("most active users", 1 <= max(active) <= len({row["user"] for row in rows}), True)
    pn.panel(viewer).get_root()  # as when it is served


def main(paths):
    """Check all files."""
    warnings.simplefilter("ignore")  # of old libraries about older ones
    for path in paths:
        with open(path, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        data = check_reader(path, rows)
        check_viewer(path, rows)
        means = ", ".join(
            f"{event} {len(group)} rows, mean {group['duration'].mean():.3f} s"
            for event, group in data.groupby("event", sort=False)
        )
        print(f"{path}: {len(data)} rows: {means}")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
