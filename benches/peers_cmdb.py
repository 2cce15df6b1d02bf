"""Who suffers when an item fails, beside graph libraries."""

from __future__ import annotations

import datetime as dt
import platform
import random
import statistics

import itom
from peers_race import Race, version

UTC = dt.timezone.utc
LAYERS = [("business_service", 35), ("application_service", 70), ("application", 140),
          ("instance", 360), ("vm", 330), ("host", 60), ("infrastructure", 5)]


class Graph:
    """A layered service graph: every item needs a few of the layer below, mostly neighbours."""

    def __init__(self, items: int, pools: bool) -> None:
        r = random.Random(items)
        layers = [[f"{name}-{n}" for n in range(items * share // 1000)] for name, share in LAYERS]
        self.ids = [item for layer in layers for item in layer]
        self.edges: list[tuple[str, str]] = []
        self.groups: list[tuple[str, int, list[str]]] = []
        for layer, below in zip(layers, layers[1:]):
            for n, source in enumerate(layer):
                centre = n * len(below) // len(layer)
                picks = {self.pick(r, len(below), centre) for _ in range(r.randint(1, 5))}
                members = [below[m] for m in sorted(picks)]
                self.edges += [(source, member) for member in members]
                if pools and len(members) > 1 and r.random() < 0.5:
                    self.groups.append((source, r.randint(1, len(members)), members))
                else:
                    self.groups += [(source, 1, [member]) for member in members]
        low = layers[-1] + layers[-2]
        self.failures = [r.choice(low if n % 4 == 0 else self.ids) for n in range(120)]
        self.worst = r.sample(layers[-1], min(20, len(layers[-1])))

    @staticmethod
    def pick(r: random.Random, size: int, centre: int) -> int:
        near = (centre + r.randint(-2, 2)) % size
        return near if r.random() < 0.9 else int(size * r.random() ** 3)

    def load(self):
        """The graph in itom."""
        rows = [(s, m, k if len(ms) > 1 else None) for s, k, ms in self.groups for m in ms]
        sources, members, needed = (list(column) for column in zip(*rows))
        db = itom.cmdb.Cmdb()
        db.load(
            items={"id": self.ids, "class": [item.rsplit("-", 1)[0] for item in self.ids]},
            relations={"source": sources, "kind": ["depends_on"] * len(rows), "target": members,
                       "group": [None if k is None else "pool" for k in needed], "min_up": needed},
            at=dt.datetime(2026, 1, 1, tzinfo=UTC),
        )
        return db.at()

    def oracle(self):
        """The least set that is down with k-of-n groups, by a work list in plain Python."""
        groups_of: dict[str, list[int]] = {}
        spare = []
        for number, (_, needed, members) in enumerate(self.groups):
            spare.append(len(members) - needed)
            for member in members:
                groups_of.setdefault(member, []).append(number)

        def down(failed: str) -> set[str]:
            lost: dict[int, int] = {}
            found, todo = {failed}, [failed]
            while todo:
                for number in groups_of.get(todo.pop(), ()):
                    lost[number] = lost.get(number, 0) + 1
                    source = self.groups[number][0]
                    if lost[number] > spare[number] and source not in found:
                        found.add(source)
                        todo.append(source)
            return found

        return down


def cmdb(race: Race) -> None:
    networkx, rustworkx = race.peer("networkx"), race.peer("rustworkx")
    for items in (10_000, 100_000):
        plain, pooled = Graph(items, pools=False), Graph(items, pools=True)
        view, pooled_view = plain.load(), pooled.load()
        for what, failures in (("any", plain.failures), ("an infrastructure", plain.worst)):
            sizes = [len(view.impact([x]).down) for x in failures]
            work = f"cmdb: impact of {what} item of {items:,}, {statistics.mean(sizes):,.0f} down on average"
            if networkx:
                impact_networkx(race, networkx, plain, view, failures, work)
            if rustworkx:
                impact_rustworkx(race, rustworkx, plain, view, failures, work)
        impact_pooled(race, pooled, pooled_view, items)


def impact_networkx(race: Race, networkx, plain: Graph, view, failures, work: str) -> None:
    graph = networkx.DiGraph((provider, consumer) for consumer, provider in plain.edges)
    graph.add_nodes_from(plain.ids)
    race.run(
        work,
        version("networkx") + " descendants",
        lambda: [view.impact([x]).down for x in failures],
        lambda: [networkx.descendants(graph, x) for x in failures],
        units=len(failures),
        same=lambda ours, peer: ours == [d | {x} for d, x in zip(peer, failures)],
    )


def impact_rustworkx(race: Race, rustworkx, plain: Graph, view, failures, work: str) -> None:
    ids = plain.ids
    number = {item: n for n, item in enumerate(ids)}
    graph = rustworkx.PyDiGraph()
    graph.add_nodes_from(ids)
    graph.add_edges_from_no_data([(number[p], number[c]) for c, p in plain.edges])
    ours = lambda: [view.impact([x]).down for x in failures]
    numbers = lambda: [rustworkx.descendants(graph, number[x]) for x in failures]
    names = lambda: [{ids[n] for n in found} for found in numbers()]
    equal = lambda ours, peer: ours == [d | {x} for d, x in zip(peer, failures)]
    package = version("rustworkx")
    race.run(work, f"{package} descendants, as names", ours, names, units=len(failures), same=equal)
    race.run(
        work,
        f"{package} descendants, as numbers",
        ours,
        numbers,
        units=len(failures),
        same=lambda ours, peer: equal(ours, [{ids[n] for n in found} for found in peer]),
        note="the peer answers with node numbers, itom with names",
    )


def impact_pooled(race: Race, pooled: Graph, view, items: int) -> None:
    oracle = pooled.oracle()
    for what, failures in (("any", pooled.failures), ("an infrastructure", pooled.worst)):
        sizes = [len(oracle(x)) for x in failures]
        race.run(
            f"cmdb: impact of {what} item of {items:,}, k-of-n groups, "
            f"{statistics.mean(sizes):,.0f} down on average",
            f"work list in Python {platform.python_version()}",
            lambda: [view.impact([x]).down for x in failures],
            lambda: [oracle(x) for x in failures],
            units=len(failures),
            same=lambda ours, peer: ours == peer,
            note="written for this comparison: no package was found that has such groups",
        )
