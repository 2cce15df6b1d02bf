"""What is there: items, what depends on what, and what breaks when something does.

>>> import datetime as dt
>>> import itom
>>> db = itom.cmdb.Cmdb()
>>> new_year = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
>>> db.load(
...     items={"id": ["shop", "web-1", "web-2", "host"], "class": ["service", "app", "app", "host"]},
...     relations={
...         "source": ["shop", "shop", "web-1"],
...         "kind": ["depends_on", "depends_on", "runs_on"],
...         "target": ["web-1", "web-2", "host"],
...         "group": ["web", "web", None],
...         "min_up": [1, 1, None],
...     },
...     at=new_year,
... )
>>> impact = db.at().impact(["host"])
>>> sorted(impact.down), sorted(impact.at_risk)
(['host', 'web-1'], ['shop'])
>>> impact.why("shop").path
['host', 'web-1', 'shop']

The database is bitemporal: `at` says from when something holds, `known` when it became known, and
`db.at(valid=..., known=...)` answers what was so then by what was known then.

>>> june = dt.datetime(2026, 6, 1, tzinfo=dt.timezone.utc)
>>> db.apply([{"remove_item": {"id": "web-2"}}], at=june)
>>> sorted(db.at().impact(["host"]).down)
['host', 'shop', 'web-1']
>>> sorted(db.at(valid=new_year).impact(["host"]).down)
['host', 'web-1']
"""

from ._itom import (
    Cmdb,
    HealthMonitor,
    Impact,
    ItemSet,
    View,
    import_changes,
    read_aws_config,
    read_backstage,
    read_csv,
    read_kubernetes,
    read_netbox,
    read_records,
    read_resources,
    read_traces,
    records_from_tables,
)

__all__ = [
    "Cmdb",
    "HealthMonitor",
    "Impact",
    "ItemSet",
    "View",
    "import_changes",
    "read_aws_config",
    "read_backstage",
    "read_csv",
    "read_kubernetes",
    "read_netbox",
    "read_records",
    "read_resources",
    "read_traces",
    "records_from_tables",
]
