"""The application: every router over one store, and every refusal as a problem."""

from fastapi import Depends, FastAPI

from trimtab.api.around import Around
from trimtab.api.authenticate import authenticated
from trimtab.api.observe import Observed
from trimtab.api.problems import tell_problems
from trimtab.api.routes.halts import halts
from trimtab.api.routes.hooks import hooks
from trimtab.api.routes.operations import operations
from trimtab.api.routes.proposals import proposals
from trimtab.api.routes.reads import reads
from trimtab.api.routes.session import sessions
from trimtab.api.routes.sign_in import sign_in_routes
from trimtab.desk.ports import Store


def make_app(store: Store, around: Around | None = None) -> FastAPI:
    """The application over a store, in its surroundings."""
    app = FastAPI(title="Trimtab", version="1", docs_url=None, redoc_url=None)
    given = around or Around()
    app.add_middleware(Observed, log=given.log, figures=given.figures)
    tell_problems(app)
    who = Depends(authenticated(store, given))
    app.include_router(operations(store, who, given.figures))
    app.include_router(sessions(store, who, given))
    app.include_router(hooks(store, who, given))
    app.include_router(sign_in_routes(store, given))
    for made in (reads, halts, proposals):
        app.include_router(made(store, who))
    return app
