"""What happened: events become alerts, alerts become incidents, incidents have a cause.

A `Correlator` takes events in, any order within the lateness, and keeps the alerts and incidents
they come down to; `rank_causes` asks what is behind a symptom. `learn_dependencies` finds out from
history which types of alarms cause which others, a `DependencyLearner` does while they come in. A
`TemplateMiner` finds the log lines that say the same.
"""

from ._itom import (
    Correlator,
    DependencyLearner,
    TemplateMiner,
    learn_dependencies,
    rank_causes,
)
from .types import (
    Alert,
    Cause,
    Event,
    Evidence,
    Incident,
    LearnedDependency,
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
    "DependencyLearner",
    "Event",
    "Evidence",
    "Incident",
    "LearnedDependency",
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
    "learn_dependencies",
    "rank_causes",
]
