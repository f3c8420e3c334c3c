"""Health and readiness tell the database's own state."""

import psycopg
from tests.database import AUDIT_KEY, app_url, owner_url
from tests.unit.api.test_app import Client

from trimtab.api.app import make_app
from trimtab.store.server import Server
from trimtab.store.session import PostgresStore


def test_ready_is_what_the_database_is(cluster: Server, database: str) -> None:
    with PostgresStore(app_url(cluster, database), audit_key=AUDIT_KEY) as store:
        client = Client(make_app(store))
        assert client.get("/readyz").json() == {"status": "ready"}
        with psycopg.connect(owner_url(cluster, database), autocommit=True) as owner:
            owner.execute("update alembic_version set version_num = '0001'")
            old = client.get("/readyz")
            owner.execute("drop table alembic_version")
            none = client.get("/readyz")
        assert old.status_code == none.status_code == 503
        assert "has schema 0001, not" in old.json()["why"]
        assert "has schema none, not" in none.json()["why"]
    with PostgresStore(app_url(cluster, "nowhere"), audit_key=AUDIT_KEY) as store:
        client = Client(make_app(store))
        away = client.get("/readyz")
        assert (away.status_code, away.json()["why"]) == (503, "the database cannot be reached")
        assert client.get("/healthz").status_code == 200
        lost = client.get("/v1/firms", headers={"Authorization": "Bearer x"})
        assert (lost.status_code, lost.json()["type"]) == (503, "urn:trimtab:store-away")
