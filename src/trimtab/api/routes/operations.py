"""Health, readiness and figures, for whoever runs the service."""

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from trimtab.desk.access import Principal
from trimtab.desk.figures import standing
from trimtab.desk.ports import Store
from trimtab.watch.figures import Figures


def operations(store: Store, who: Principal, figures: Figures) -> APIRouter:
    """The routes of operations. Figures are sums over all firms, so that they are the desk's to read."""
    router = APIRouter(tags=["operations"])

    @router.get("/healthz")
    def healthz() -> dict[str, str]:
        """Whether the process answers."""
        return {"status": "alive"}

    @router.get("/readyz")
    def readyz() -> JSONResponse:
        """Whether the store can be worked with, and if not why."""
        why = store.unready()
        said = {"status": "ready"} if why is None else {"status": "not ready", "why": why}
        return JSONResponse(said, 200 if why is None else 503)

    @router.get("/metrics")
    def metrics(principal: Principal = who) -> Response:
        """Figures in the words of Prometheus."""
        return Response(figures.page(standing(store, principal)), media_type="text/plain; version=0.0.4")

    return router
