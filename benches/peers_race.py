"""Two sides of a piece of work, timed by turns in one process."""

from __future__ import annotations

import importlib
import importlib.metadata
import statistics
import time

NO_ANSWER = "no single answer"


class Race:
    """Collects the rows, and what could not be run."""

    def __init__(self, repeats: int) -> None:
        self.repeats, self.rows, self.skipped = repeats, [], []

    def peer(self, name: str):
        """The module, or None and a line under `skipped`."""
        try:
            return importlib.import_module(name)
        except ImportError as error:
            self.skipped.append({"peer": name, "why": str(error)})
            return None

    def run(self, work, peer, ours, theirs, *, units, same=None, note=""):
        """Times both by turns; `same` compares the two answers, without it there is no single one.

        `units` is how many pieces of work there are, or how many ours and the peer have.
        """
        ours_units, peer_units = units if isinstance(units, tuple) else (units, units)
        ours(), theirs()  # what is made once is made before
        times, ratios = {"ours": [], "peer": []}, []
        for _ in range(self.repeats):
            ours_s, our_answer = timed(ours)
            peer_s, peer_answer = timed(theirs)
            times["ours"].append(ours_s)
            times["peer"].append(peer_s)
            ratios.append(peer_s / peer_units / (ours_s / ours_units))
        row = {
            "domain": work.split(":")[0],
            "work": work,
            "peer": peer,
            "units": ours_units,
            "ours_us_per_unit": 1e6 * statistics.median(times["ours"]) / ours_units,
            "peer_us_per_unit": 1e6 * statistics.median(times["peer"]) / peer_units,
            "ratio": statistics.median(ratios),
            "ratio_least": min(ratios),
            "ratio_most": max(ratios),
            "repeats": self.repeats,
            "same_answer": NO_ANSWER if same is None else bool(same(our_answer, peer_answer)),
            "note": note,
        }
        self.rows.append(row)
        print(f"{work}; {peer}: {row['ratio']:.3g}x, same answer: {row['same_answer']}", flush=True)


def timed(work):
    start = time.process_time()
    answer = work()
    return time.process_time() - start, answer


def version(package: str) -> str:
    return f"{package} {importlib.metadata.version(package)}"
