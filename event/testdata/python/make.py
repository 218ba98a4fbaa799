"""Writes the CSVs in this folder with Python Loadwright's own logger.

See README.md for the environment that it runs in.
"""
import json
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from unittest import mock

from loadwright.logger import Logger

HERE = Path(__file__).parent
TICKS = 512  # a second: multiples of 1/512 s are exact as float64 and in nanoseconds


def write(name: str, base: int, events: list) -> None:
    """Logs the events, whose start and stop are in ticks since base."""
    begins = sorted(range(len(events)), key=lambda i: events[i]["start"])
    ends = sorted(range(len(events)), key=lambda i: events[i]["stop"])
    assert ends == list(range(len(events))), "events stand in the order in which they end"
    moments = [(events[i]["start"], 0, i) for i in begins] + [(events[i]["stop"], 1, i) for i in ends]

    folder = Path(tempfile.mkdtemp())
    logger = Logger(path=str(folder), auto_save=False)
    spans = {i: ExitStack() for i in begins}
    for tick, ending, i in sorted(moments):
        with mock.patch("time.time", return_value=base + tick / TICKS):
            if ending:
                spans[i].close()
            else:
                event = events[i]
                spans[i].enter_context(logger.event(event["event"], str(event["user"])))
    logger.save()
    shutil.copy(folder / "loadwright.csv", HERE / f"{name}.csv")
    shutil.rmtree(folder)


for file in sorted(HERE.glob("*.json")):
    source = json.loads(file.read_text(encoding="utf-8"))
    write(file.stem, source["base"], source["events"])
