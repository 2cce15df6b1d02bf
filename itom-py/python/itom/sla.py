"""What was promised: business time, SLA clocks, objectives and their error budgets.

`Calendar` measures open time, `Clock` follows one promise about one piece of work, `Objective` one
promise about many events, `availability` tells how much of a period a service was up.

Instants are aware `datetime` or numpy's `datetime64`; a naive `datetime` is refused. Columns are
lists, numpy, pandas, polars or pyarrow. A column with a time zone is read in it, and instants that
are answered come back in it. A column without one, such as any of `datetime64`, is silently read as
UTC, and so are its answers: a column of local times has to be given its zone first, in pandas
`s.dt.tz_localize("Europe/Paris")`. `Calendar` answers NaT to what is missing; everything else
refuses it by name and index.
"""

from ._itom import Calendar, Clock, Objective, availability
from ._itom import burn_alerts, occurrences, read_openslo
from ._itom import (
    DependencyGraph,
    attribution,
    availability_explained,
    availability_series,
    clopper_pearson,
    rbd,
    reliability,
    two_terminal,
    wilson,
)

__all__ = ["Calendar", "Clock", "Objective", "availability"]
__all__ += [
    "DependencyGraph",
    "attribution",
    "availability_explained",
    "availability_series",
    "clopper_pearson",
    "rbd",
    "reliability",
    "two_terminal",
    "wilson",
]
__all__ += ["occurrences"]

from ._itom import Ledger  # noqa: E402

__all__ += ["Ledger"]

from ._itom import (  # noqa: E402
    CalendarWindow,
    NominalDuration,
    RelativeTarget,
    Zone,
    ZoneDatabase,
    moved_breaches,
)

__all__ += [
    "CalendarWindow",
    "NominalDuration",
    "RelativeTarget",
    "Zone",
    "ZoneDatabase",
    "moved_breaches",
]

from ._itom import BreachForecast, auc, brier, reliability_curve  # noqa: E402

__all__ += ["BreachForecast", "auc", "brier", "reliability_curve"]

from ._itom import (  # noqa: E402
    Agreements,
    CreditPolicy,
    PriorityMatrix,
    RecordLog,
    Replay,
    attainment,
    chain,
    condition,
    delivery,
    distribution,
    dora,
    ecdf,
    histogram,
    replay,
    what_if,
)

__all__ += [
    "Agreements",
    "CreditPolicy",
    "PriorityMatrix",
    "RecordLog",
    "Replay",
    "attainment",
    "chain",
    "condition",
    "delivery",
    "distribution",
    "dora",
    "ecdf",
    "histogram",
    "replay",
    "what_if",
]

__all__ += ["burn_alerts", "read_openslo"]
