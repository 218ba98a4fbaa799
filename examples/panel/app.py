"""A Panel app to put under load: slow to open, slow to answer a click.

    panel serve app.py          # http://localhost:5006/app

The work is a plain sleep on the server's only thread, as calculations in a
callback are: while one user's runs, everybody else's waits. The page shows how
long the server itself took, so that what a browser saw can be held against it.
LOAD_SECONDS and RUN_SECONDS in the environment change how long that is.
"""

import os
import time

import panel as pn

LOAD_SECONDS = float(os.environ.get("LOAD_SECONDS", "0.5"))
RUN_SECONDS = float(os.environ.get("RUN_SECONDS", "0.5"))


def work(seconds):
    """Take so long, and return how long it really took."""
    began = time.perf_counter()
    time.sleep(seconds)
    return time.perf_counter() - began


def session():
    """Build the page of one visitor."""
    opened = work(LOAD_SECONDS)
    status = pn.pane.HTML("Ready")
    button = pn.widgets.Button(name="Run", button_type="primary")
    finished = 0

    def run(_click):
        nonlocal finished
        status.object = "Running …"
        took = work(RUN_SECONDS)
        finished += 1
        status.object = f"Finished run {finished} in {took:.3f} sec"

    button.on_click(run)
    return pn.Column(
        "# Half a second",
        f"The server took {opened:.3f} sec for this page.",
        pn.Row(button, status),
    )


pn.extension()
session().servable(title="Half a second")
