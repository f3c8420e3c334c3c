"""Figures for Prometheus: what this process answered, and, at each scrape, how nights and queues stand in the store."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 10.0)


@dataclass(frozen=True, slots=True)
class Standing:
    """How the store stands: nights by state; of the newest its date (seconds since 1970), accounts, firms that are
    red, shards by state and seconds spent; effects that wait, and deliveries that wait or were given up.
    """

    nights: Mapping[str, int]
    business_date: float | None
    accounts: Mapping[str, int]
    red_firms: int
    shards: Mapping[str, int]
    evaluation_seconds: float
    solve_seconds: float
    queues: Mapping[str, int]

    def families(self) -> Iterator[GaugeMetricFamily]:
        """Each figure under its name."""
        yield _family("trimtab_nights", "Nights in the store, by state.", "state", self.nights)
        yield _family("trimtab_night_accounts", "Accounts of the newest night.", "what", self.accounts)
        yield _family("trimtab_night_shards", "Shards of the newest night, by state.", "state", self.shards)
        yield _family(
            "trimtab_queue", "Effects and deliveries that wait, or were given up.", "queue", self.queues
        )
        single = {
            "trimtab_night_red_firms": ("Firms whose newest day is red.", self.red_firms),
            "trimtab_night_evaluation_seconds": (
                "Seconds spent on the newest night.",
                self.evaluation_seconds,
            ),
            "trimtab_night_solve_seconds": ("Of these, seconds in the solver.", self.solve_seconds),
        }
        for name, (what, value) in single.items():
            yield GaugeMetricFamily(name, what, value=value)
        if self.business_date is not None:
            what = "Business date of the newest night, in seconds since 1970."
            yield GaugeMetricFamily("trimtab_night_business_date", what, value=self.business_date)


def _family(name: str, what: str, label: str, values: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, what, labels=[label])
    for said, value in sorted(values.items()):
        family.add_metric([said], value)
    return family


class _Now(Collector):
    """The store's standing at one scrape."""

    def __init__(self, standing: Standing) -> None:
        self._standing = standing

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The families."""
        yield from self._standing.families()


class Figures:
    """What this process counts of itself; routes are named by their pattern, never by what was in it."""

    def __init__(self) -> None:
        self.registry = own = CollectorRegistry()
        labels = ["method", "route", "status"]
        self.requests = Counter("trimtab_requests", "Requests answered.", labels, registry=own)
        what = "Seconds to an answer."
        self.latency = Histogram("trimtab_request_seconds", what, ["route"], buckets=_BOUNDS, registry=own)
        self.limited = Counter("trimtab_limited", "Requests refused for their rate.", registry=own)
        what = "Attempts to deliver a webhook."
        self.deliveries = Counter("trimtab_deliveries", what, ["outcome"], registry=own)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        self.requests.labels(method, route, str(status)).inc()
        self.latency.labels(route).observe(seconds)

    def page(self, standing: Standing) -> bytes:
        """All figures in Prometheus's text form, with the store's standing."""
        now = CollectorRegistry()
        now.register(_Now(standing))
        return generate_latest(self.registry) + generate_latest(now)
