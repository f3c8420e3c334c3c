"""Sign-in by an identity provider: OpenID Connect's authorization code with PKCE, state and nonce.

What a sign-in must remember until the browser comes back goes with the browser, sealed with the store's key.
"""

import base64
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import errors, jwk, jwt

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
"""Signatures of id tokens that are taken: never `none`, and none that a shared secret makes."""
PATIENCE_SECONDS = 600
_SECONDS, _LEEWAY = 10.0, 60


class ProviderAwayError(Exception):
    """The provider does not answer as it should; the message says what it was asked for."""


class NotVouchedError(Exception):
    """The provider did not vouch for anybody, or not to us, or not now."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One sign-in on its way: what must come back, what proves it is ours, and until when (seconds since 1970)."""

    state: str
    nonce: str
    verifier: str
    until: int

    def sealed(self, key: bytes) -> str:
        """As it goes with the browser."""
        said = base64.urlsafe_b64encode(json.dumps(asdict(self)).encode())
        return f"{said.decode()}.{hmac.digest(key, said, 'sha256').hex()}"


def opened(sealed: str, key: bytes, *, now: int) -> Flow:
    """A sign-in as the browser brings it back; NotVouchedError where it is not ours or too late."""
    said, _, seal = sealed.partition(".")
    if not hmac.compare_digest(hmac.digest(key, said.encode(), "sha256").hex().encode(), seal.encode()):
        raise NotVouchedError
    flow = Flow(**json.loads(base64.urlsafe_b64decode(said)))
    if flow.until < now:
        raise NotVouchedError
    return flow


def begun(now: int) -> Flow:
    """A new sign-in."""
    state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
    return Flow(state, nonce, verifier, now + PATIENCE_SECONDS)


@dataclass(frozen=True, slots=True)
class Provider:
    """An identity provider, and what we are to it. `redirect_url` is our own page that it sends browsers back to."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_url: str

    def start_url(self, flow: Flow) -> str:
        """Where to send the browser."""
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_url,
            "scope": "openid",
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": create_s256_code_challenge(flow.verifier),
            "code_challenge_method": "S256",
        }
        at = str(self._described()["authorization_endpoint"])
        return f"{at}{'&' if '?' in at else '?'}{urlencode(asked)}"

    def subject(self, flow: Flow, *, code: str, state: str, now: int) -> str:
        """The id of the person for whom the provider vouches; NotVouchedError."""
        if not hmac.compare_digest(state.encode(), flow.state.encode()):
            raise NotVouchedError
        described = self._described()
        said = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_url,
            "code_verifier": flow.verifier,
        }
        own = httpx.BasicAuth(self.client_id, self.client_secret)
        answer = self._asked("POST", str(described["token_endpoint"]), data=said, auth=own)
        if answer.status_code != 200:
            raise NotVouchedError
        keys = self._asked("GET", str(described["jwks_uri"]))
        return self._checked(_object(answer).get("id_token"), _object(keys), flow, now)

    def _checked(self, token: object, keys: Mapping[str, Any], flow: Flow, now: int) -> str:
        """The subject of an id token that was made by the provider, for us, for this sign-in, and just now."""
        wanted = jwt.JWTClaimsRegistry(
            now=now,
            leeway=_LEEWAY,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": flow.nonce},
        )
        try:
            said = jwt.decode(str(token), jwk.KeySet.import_key_set(keys), algorithms=list(ALGORITHMS))  # type: ignore[arg-type]
            wanted.validate(said.claims)
        except (errors.JoseError, ValueError, KeyError, TypeError):
            raise NotVouchedError from None
        audience, party = said.claims["aud"], said.claims.get("azp", self.client_id)
        if party != self.client_id or (
            isinstance(audience, list) and len(audience) > 1 and "azp" not in said.claims
        ):
            raise NotVouchedError
        return str(said.claims["sub"])

    def _described(self) -> Mapping[str, Any]:
        """What the provider says of itself; it must be the one that was asked."""
        said = _object(self._asked("GET", f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"))
        if said.get("issuer") != self.issuer:
            raise ProviderAwayError("the provider says that it is another issuer")
        return said

    def _asked(self, method: str, url: str, **more: Any) -> httpx.Response:
        try:
            return httpx.request(method, url, timeout=_SECONDS, follow_redirects=False, **more)
        except httpx.HTTPError:
            raise ProviderAwayError("the provider does not answer") from None


def _object(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        said = None
    if answer.status_code != 200 or not isinstance(said, dict):
        raise ProviderAwayError("the provider does not answer as a provider does")
    return said
