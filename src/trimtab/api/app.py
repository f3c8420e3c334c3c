"""The application: every router over one store, and every refusal as a problem."""

from fastapi import Depends, FastAPI

from trimtab.api.authenticate import authenticated
from trimtab.api.problems import tell_problems
from trimtab.api.routes.halts import halts
from trimtab.api.routes.operations import operations
from trimtab.api.routes.proposals import proposals
from trimtab.api.routes.reads import reads
from trimtab.api.routes.session import sessions
from trimtab.desk.ports import Store


def make_app(store: Store) -> FastAPI:
    """The application over a store."""
    app = FastAPI(title="Trimtab", version="1", docs_url=None, redoc_url=None)
    tell_problems(app)
    who = Depends(authenticated(store))
    app.include_router(operations(store))
    for made in (sessions, reads, halts, proposals):
        app.include_router(made(store, who))
    return app
