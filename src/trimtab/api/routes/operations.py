"""Health, readiness and figures, for whoever runs the service."""

from fastapi import APIRouter, Response
from prometheus_client import CollectorRegistry, Counter, generate_latest

from trimtab.desk.ports import Store


def operations(store: Store) -> APIRouter:
    """The routes of operations; they need no principal and tell nothing of any firm."""
    router = APIRouter(tags=["operations"])
    registry = CollectorRegistry()
    asked = Counter("trimtab_requests", "Requests that were answered as ready or not.", registry=registry)

    @router.get("/healthz")
    def healthz() -> dict[str, str]:
        """Whether the process answers."""
        return {"status": "alive"}

    @router.get("/readyz")
    def readyz() -> dict[str, str]:
        """Whether the store answers."""
        asked.inc()
        with store.reader():
            return {"status": "ready"}

    @router.get("/metrics")
    def metrics() -> Response:
        """Figures in the words of Prometheus."""
        return Response(generate_latest(registry), media_type="text/plain; version=0.0.4")

    return router
