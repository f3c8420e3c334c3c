"""The application: every router over one store, and every refusal as a problem."""

from fastapi import Depends, FastAPI

from trimtab.api.around import Around
from trimtab.api.authenticate import authenticated
from trimtab.api.observe import Observed
from trimtab.api.problems import ANSWERS, tell_problems
from trimtab.api.routes.agreements import agreements
from trimtab.api.routes.books import books
from trimtab.api.routes.documents import documents
from trimtab.api.routes.drafts import drafts
from trimtab.api.routes.halts import halts
from trimtab.api.routes.hooks import hooks
from trimtab.api.routes.nights import nights
from trimtab.api.routes.operations import operations
from trimtab.api.routes.people import people
from trimtab.api.routes.proposals import proposals
from trimtab.api.routes.reads import reads
from trimtab.api.routes.recommendations import recommendations
from trimtab.api.routes.session import sessions
from trimtab.api.routes.shadow import shadow
from trimtab.api.routes.sign_in import sign_in_routes
from trimtab.api.routes.wishes import wishes
from trimtab.desk.ports import Store


def make_app(store: Store, around: Around | None = None) -> FastAPI:
    """The application over a store, in its surroundings."""
    app = FastAPI(title="Trimtab", version="1", docs_url=None, redoc_url=None)
    given = around or Around()
    app.add_middleware(Observed, log=given.log, figures=given.figures)
    tell_problems(app)
    who = Depends(authenticated(store, given))
    app.include_router(operations(store, who, given.figures), responses=ANSWERS)
    app.include_router(sessions(store, who, given), responses=ANSWERS)
    app.include_router(hooks(store, who, given), responses=ANSWERS)
    app.include_router(sign_in_routes(store, given), responses=ANSWERS)
    for made in (
        books, documents, drafts, proposals, halts, agreements, people, recommendations, shadow, nights, wishes,
        reads,
    ):  # fmt: skip
        app.include_router(made(store, who), responses=ANSWERS)
    return app
