"""Figures in Prometheus's form."""

from prometheus_client.parser import text_string_to_metric_families

from trimtab.watch.figures import Figures, Standing

STANDING = Standing(
    nights={"green": 3, "red": 1},
    business_date=86400.0,
    accounts={"enrolled": 10, "evaluated": 9},
    red_firms=1,
    shards={"done": 2},
    evaluation_seconds=1.5,
    solve_seconds=0.5,
    queues={"effects": 4},
)


def values(page: bytes) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page.decode())
        for sample in family.samples
    }


def test_requests_and_the_store_s_standing() -> None:
    figures = Figures()
    figures.answered("GET", "/v1/firms/{firm}/lots", 200, 0.02)
    figures.answered("GET", "/v1/firms/{firm}/lots", 200, 0.3)
    found = values(figures.page(STANDING))
    assert found["trimtab_requests_total", "GET", "/v1/firms/{firm}/lots", "200"] == 2
    assert found["trimtab_request_seconds_sum", "/v1/firms/{firm}/lots"] == 0.32
    assert found["trimtab_request_seconds_bucket", "0.025", "/v1/firms/{firm}/lots"] == 1
    assert found["trimtab_nights", "red"] == 1
    assert found["trimtab_night_accounts", "evaluated"] == 9
    assert found["trimtab_night_red_firms",] == 1
    assert found["trimtab_night_business_date",] == 86400
    assert found["trimtab_night_evaluation_seconds",] == 1.5
    assert found["trimtab_night_solve_seconds",] == 0.5
    assert found["trimtab_queue", "effects"] == 4
    assert values(figures.page(STANDING)) == found
