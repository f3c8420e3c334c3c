"""What the application is given beside the store: its log, its figures, how often a firm may ask, its keys."""

from dataclasses import dataclass, field

from fastapi import Request

from trimtab.api.limits import Buckets
from trimtab.desk.access import AbsentError, Principal
from trimtab.desk.identity import identify
from trimtab.desk.ports import Store
from trimtab.links.oidc import Provider
from trimtab.links.webhooks import Signing
from trimtab.watch.figures import Figures
from trimtab.watch.logs import Log

STRANGERS = 30
"""Refused signs-in and tokens that one address may show at once; one a second flows back."""


@dataclass(frozen=True, slots=True)
class Around:
    """The application's surroundings; the defaults log nowhere and limit nobody."""

    log: Log = field(default_factory=lambda: Log(None))
    figures: Figures = field(default_factory=Figures)
    limits: Buckets = field(default_factory=lambda: Buckets(None, 1))
    strangers: Buckets = field(default_factory=lambda: Buckets(None, 1))
    signing: Signing = field(default_factory=Signing)
    provider: Provider | None = None
    sign_in_key: bytes = b""

    def known(self, store: Store, request: Request, token: str) -> Principal:
        """The principal of a request, within the limit of its firm; AbsentError, or TooManyError.

        A bucket is its firm's only for those who have a role there: a stranger can neither empty it nor see it.
        """
        try:
            principal = identify(store, token)
        except AbsentError:
            self.stranger(request)
            raise
        request.state.user = principal.user_id
        firm = request.path_params.get("firm", "")
        key = ("firm", firm) if principal.roles_at(firm) else ("user", principal.user_id)
        state = self.limits.take(*key)
        if state is not None:
            request.state.limits = state.headers()
        return principal

    def stranger(self, request: Request) -> None:
        """Count a refused sign-in or token against the address it came from; TooManyError where those were many."""
        self.strangers.take("address", address(request))

    def patient(self, request: Request) -> None:
        """TooManyError where an address was refused too often: asked before a password is looked at, which is dear."""
        self.strangers.look("address", address(request))


def address(request: Request) -> str:
    """Where a request came from."""
    return request.client.host if request.client else ""
