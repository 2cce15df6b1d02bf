"""What happened: events become alerts, alerts become incidents, incidents have a cause.

A `Correlator` takes events in, any order within the lateness, and keeps the alerts and incidents
they come down to; `rank_causes` asks what is behind a symptom.
"""

from ._itom import Correlator, rank_causes
from .types import (
    Alert,
    Cause,
    Event,
    Evidence,
    Incident,
    Link,
    Statistics,
    Step,
    Update,
)

__all__ = [
    "Alert",
    "Cause",
    "Correlator",
    "Event",
    "Evidence",
    "Incident",
    "Link",
    "Statistics",
    "Step",
    "Update",
    "rank_causes",
]
