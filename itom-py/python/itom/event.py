"""What happened: events become alerts, alerts become incidents, incidents have a cause.

A `Correlator` takes events in, any order within the lateness, and keeps the alerts and incidents
they come down to; `rank_causes` asks what is behind a symptom; a `TemplateMiner` finds the log lines
that say the same.
"""

from ._itom import Correlator, TemplateMiner, rank_causes
from .types import (
    Alert,
    Cause,
    Event,
    Evidence,
    Incident,
    Link,
    Statistics,
    Step,
    Template,
    TemplateMatch,
    TemplateParameter,
    TemplateStatistics,
    TemplateUpdate,
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
    "Template",
    "TemplateMatch",
    "TemplateMiner",
    "TemplateParameter",
    "TemplateStatistics",
    "TemplateUpdate",
    "Update",
    "rank_causes",
]
