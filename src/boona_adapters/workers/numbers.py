"""What Prometheus is shown: how everything stands in the database, and what this process did.

Counts, ages, names of works and kinds of errors; nothing of anybody.
"""

from collections.abc import Callable, Iterable

from attrs import frozen
from prometheus_client import CollectorRegistry, Counter, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from boona_core.errors import BoonaError
from boona_core.usecases.planning import PlanRun
from boona_core.usecases.planning_calls import CallPlanRun
from boona_core.workload import Workload

_GAUGES = {
    "due_emails": ("boona_emails_due", "Emails that are queued and not put off"),
    "oldest_due_email": ("boona_email_oldest_due_seconds", "Since when the oldest of them could be sent"),
    "uncertain_emails": ("boona_emails_uncertain", "Emails of which nobody knows whether the server took them"),
    "failed_emails": ("boona_emails_failed", "Emails that failed for another reason than their recipient"),
    "lapsed_leases": ("boona_leases_lapsed", "Emails whose worker said nothing for longer than its lease"),
    "unpublished_events": ("boona_events_unpublished", "Events that the bus does not have yet"),
    "oldest_unpublished_event": ("boona_event_oldest_unpublished_seconds", "Since when the oldest of them waits"),
    "events_set_aside": ("boona_events_set_aside", "Messages of other systems that a person has to look at"),
    "pauses": ("boona_sending_paused", "1 while the queue rests after a failure of the mail server"),
}


@frozen
class StandingCollector(Collector):
    """Asks the database when Prometheus asks; a database that is away is 0 in ``boona_database_up``."""

    _workload: Callable[[], Workload]
    _held: Callable[[], bool]

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Nothing is asked before Prometheus does."""
        return ()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """How everything stands now."""
        up = GaugeMetricFamily("boona_database_up", "1 if the database answers")
        try:
            load, held = self._workload(), self._held()
        except BoonaError:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        for name, (metric, words) in _GAUGES.items():
            yield GaugeMetricFamily(metric, words, value=float(getattr(load, name)))
        yield GaugeMetricFamily("boona_on_hold", "1 while a restored database waits for a person", value=float(held))
        late = GaugeMetricFamily("boona_work_late_seconds", "How late a periodic work is", labels=["work"])
        failures = GaugeMetricFamily("boona_work_failures", "Failures since it was last done", labels=["work"])
        for work, standing in load.works.items():
            late.add_metric([work], 0.0 if standing.in_hand else standing.late)
            failures.add_metric([work], standing.failures)
        yield late
        yield failures


class Numbers:
    """The counters of this process, and the registry that shows them."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.looks = Counter("boona_looks", "Looks, by name and outcome", ["look", "outcome"], registry=self.registry)
        self.errors = Counter("boona_errors", "Errors, by their type", ["type"], registry=self.registry)
        self.reaped = Counter("boona_leases_reaped", "Emails taken back from silent workers", registry=self.registry)
        self.refused = Counter(
            "boona_refusals", "Contacts that the rules refused, by reason", ["reason"], registry=self.registry
        )
        self.published = Counter("boona_events_published", "Events that the bus took", registry=self.registry)
        self.consumed = Counter(
            "boona_events_consumed",
            "Messages of other systems, by what became of them",
            ["fate"],
            registry=self.registry,
        )
        self.emails = Counter("boona_emails", "Emails, by what became of them", ["outcome"], registry=self.registry)

    def watch(self, workload: Callable[[], Workload], held: Callable[[], bool]) -> None:
        """Show how everything stands in the database, too."""
        self.registry.register(StandingCollector(workload, held))

    def error(self, error: BaseException) -> None:
        """Something failed."""
        self.errors.labels(type(error).__name__).inc()

    def count_refusals(self, run: PlanRun | CallPlanRun) -> None:
        """A plan refused contacts."""
        refusals = run.plan.refusals if isinstance(run, PlanRun) else run.refusals
        for refusal in refusals:
            for reason in refusal.decision.reasons:
                self.refused.labels(reason.value).inc()

    def show(self, host: str, port: int) -> None:
        """Show everything on a port of this machine, for as long as the process lives."""
        start_http_server(port, addr=host, registry=self.registry)
