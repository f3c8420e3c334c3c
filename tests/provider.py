"""An identity provider in a process: authlib's own authorization server behind a small HTTP server.

It checks the client, the redirect address, the code, PKCE and the nonce by authlib's rules; people are signed in at
once as `user` asks. Claims of id tokens may be spoiled on purpose, so that what must be refused can be sent.
"""

import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from authlib.oauth2.rfc6749 import (
    AuthorizationCodeMixin,
    AuthorizationServer,
    ClientMixin,
    OAuth2Request,
    grants,
)
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core.grants import OpenIDCode
from joserfc import jwk

CLIENT, SECRET = "trimtab", "the client's secret"


@dataclass(frozen=True, slots=True)
class Running:
    """A provider that answers."""

    issuer: str

    def spoil(self, **claims: object) -> None:
        """Have the next id tokens say this; a claim of None is left out; `key` and `alg` spoil the signature."""
        httpx.post(f"{self.issuer}/spoil", json=claims).raise_for_status()


KEY = jwk.RSAKey.generate_key(2048, parameters={"kid": "one", "use": "sig"})
AT: dict[str, str] = {}
"""The issuer, and the address that browsers are sent back to."""
SPOILED: dict[str, Any] = {}
CODES: dict[str, Any] = {}


class Client(ClientMixin):
    def get_client_id(self) -> str:
        return CLIENT

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == AT["back"]

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return (method, endpoint) == ("client_secret_basic", "token")

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class Code(AuthorizationCodeMixin):
    code: str
    user: str
    said: dict[str, str]
    code_challenge: str
    code_challenge_method: str

    def get_redirect_uri(self) -> str:
        return self.said["redirect_uri"]

    def get_scope(self) -> str:
        return self.said["scope"]

    def get_nonce(self) -> str | None:
        return self.said.get("nonce")

    def get_auth_time(self) -> int:
        return int(time.time())

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


class CodeGrant(grants.AuthorizationCodeGrant):
    def save_authorization_code(self, code: str, request: Any) -> None:
        said = dict(request.payload.data)
        challenge = (said.get("code_challenge", ""), said.get("code_challenge_method", ""))
        CODES[code] = Code(code, request.user, said, *challenge)

    def query_authorization_code(self, code: str, client: Any) -> Any:
        return CODES.get(code)

    def delete_authorization_code(self, authorization_code: Any) -> None:
        CODES.pop(authorization_code.code)

    def authenticate_user(self, authorization_code: Any) -> Any:
        return authorization_code.user


class Connect(OpenIDCode):
    def exists_nonce(self, nonce: str, request: Any) -> bool:
        return any(code.get_nonce() == nonce for code in CODES.values())

    def resolve_client_private_key(self, client: Any) -> Any:
        other = jwk.RSAKey.generate_key(2048, parameters={"kid": "one"})
        return other if SPOILED.get("key") == "other" else KEY

    def get_client_algorithm(self, client: Any) -> str:
        return str(SPOILED.get("alg", "RS256"))

    def get_client_claims(self, client: Any) -> dict[str, Any]:
        return {"iss": AT["issuer"], "aud": [CLIENT]}

    def get_encode_header(self, client: Any) -> dict[str, str]:
        return {"alg": self.get_client_algorithm(client), "kid": "one"}

    def generate_user_info(self, user: str, scope: str) -> dict[str, Any]:
        return {"sub": user} | {name: said for name, said in SPOILED.items() if name not in ("key", "alg")}


class Asked(OAuth2Request):
    """A request as the small server reads it."""

    @property
    def form(self) -> dict[str, str]:
        return dict(self.payload.data)

    args = form


class Server(AuthorizationServer):
    def query_client(self, client_id: str) -> Any:
        return Client() if client_id == CLIENT else None

    def save_token(self, token: Any, request: Any) -> None:
        return

    def create_oauth2_request(self, request: Any) -> Any:
        method, uri, headers, data = request
        made = Asked(method, uri, headers=headers)
        made.payload = BasicOAuth2Payload(data)
        return made

    def handle_response(self, status: int, body: Any, headers: Any) -> Any:
        return status, json.dumps(body) if isinstance(body, dict) else body, headers

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        return


def _authority() -> Server:
    """Authlib's server with one client."""
    server = Server()
    server.register_token_generator("default", BearerTokenGenerator(lambda **_: secrets.token_urlsafe(24)))
    server.register_grant(CodeGrant, [CodeChallenge(required=True), Connect(require_nonce=True)])
    return server


def _serve(pipe: Connection, back: str) -> None:
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, data = urlsplit(self.path).path, dict(parse_qsl(urlsplit(self.path).query))
            if path == "/.well-known/openid-configuration":
                names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks"}
                told = {name: f"{issuer}/{place}" for name, place in names.items()}
                self.answer(200, json.dumps(told | {"issuer": SPOILED.get("described", issuer)}), [])
            elif path == "/jwks":
                self.answer(200, json.dumps({"keys": [KEY.as_dict(private=False)]}), [])
            else:
                request = server.create_oauth2_request(("GET", issuer + self.path, dict(self.headers), data))
                grant = server.get_authorization_grant(request)
                request.user = data["user"]
                self.answer(*server.create_authorization_response(request, data["user"], grant))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            if self.path == "/spoil":
                SPOILED.clear()
                SPOILED.update(json.loads(body))
                self.answer(204, "", [])
                return
            request = ("POST", issuer + self.path, dict(self.headers), dict(parse_qsl(body)))
            request[2]["Authorization"] = self.headers.get("authorization", "")
            self.answer(*server.create_token_response(request))

        def answer(self, status: int, body: str, headers: Any) -> None:
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("content-length", str(len((body or "").encode())))
            self.end_headers()
            self.wfile.write((body or "").encode())

        def log_message(self, *_: object) -> None:
            return

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer = f"http://127.0.0.1:{http.server_address[1]}"
    AT.update(issuer=issuer, back=back)
    server = _authority()
    pipe.send(issuer)
    http.serve_forever()


@contextmanager
def providing(back: str) -> Iterator[Running]:
    """A provider until the block ends; `back` is the one address it sends browsers back to."""
    ours, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=_serve, args=(theirs, back))
    process.start()
    try:
        assert ours.poll(60)
        yield Running(ours.recv())
    finally:
        process.terminate()
        process.join()
        for end in (ours, theirs):
            end.close()
