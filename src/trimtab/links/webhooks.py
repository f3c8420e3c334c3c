"""Webhooks as standardwebhooks.com writes them: signed with HMAC-SHA-256 over id, moment and body; posted once.

A key is never kept: it is made anew of the store's own key and the names of the firm, the hook and the key.
"""

import base64
import hmac
import ipaddress
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

PREFIX = "whsec_"
TOLERANCE_SECONDS = 300
_SECONDS = 10.0


class BadUrlError(Exception):
    """An address to which no webhook is sent; the message says what it should be."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One webhook: its id, the moment it is sent (whole seconds since 1970), and its body."""

    letter_id: str
    moment: int
    body: bytes

    def signature(self, key: bytes) -> str:
        """The signature of one key."""
        said = f"{self.letter_id}.{self.moment}.".encode() + self.body
        return "v1," + base64.b64encode(hmac.digest(key, said, "sha256")).decode()

    def headers(self, keys: Iterable[bytes]) -> dict[str, str]:
        """The headers, with a signature of each key: while keys are rotated, of the old one too."""
        return {
            "webhook-id": self.letter_id,
            "webhook-timestamp": str(self.moment),
            "webhook-signature": " ".join(map(self.signature, keys)),
            "content-type": "application/json",
        }


@dataclass(frozen=True, slots=True)
class Signing:
    """What makes keys and says where webhooks may go: the store's key, and whether private networks are spoken to."""

    store_key: bytes = b""
    private: bool = False


def key_of(store_key: bytes, firm: str, hook_id: str, key_id: str) -> bytes:
    """The signing key of a hook under one of its keys' names."""
    parts = [part.encode() for part in (firm, hook_id, key_id)]
    return hmac.digest(store_key, b"".join(b"%d:%b" % (len(part), part) for part in parts), "sha256")


def shown(key: bytes) -> str:
    """A key as its owner is told it, once."""
    return PREFIX + base64.b64encode(key).decode()


def is_signed(secret: str, headers: Mapping[str, str], body: bytes, *, now: int) -> bool:
    """Whether a webhook was signed with a secret and is not older than five minutes: what a receiver checks."""
    said = headers.get("webhook-timestamp", "")
    if not said.isdecimal() or abs(now - int(said)) > TOLERANCE_SECONDS:
        return False
    letter = Letter(headers.get("webhook-id", ""), int(said), body)
    wanted = letter.signature(base64.b64decode(secret.removeprefix(PREFIX)))
    given = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(wanted.encode(), one.encode()) for one in given)


def check_url(url: str, *, private: bool) -> None:
    """BadUrlError where no webhook may go there: https alone, but in a private network of one's own."""
    parts = urlsplit(url)
    if parts.scheme not in (("https", "http") if private else ("https",)) or not parts.hostname:
        raise BadUrlError("write the address as https://HOST/…")
    if parts.username or parts.password:
        raise BadUrlError("an address holds no name and no password")


def post(url: str, letter: Letter, keys: Iterable[bytes], *, private: bool) -> str | None:
    """Post a webhook once: None where it was taken (a status from 200 to 299), else what went wrong, in a word.

    Only addresses of the open Internet are spoken to, unless `private`; the one that was checked is the one that is
    connected to. Redirects are not followed, and nothing of the answer is read but its status.
    """
    try:
        check_url(url, private=private)
        host = str(urlsplit(url).hostname)
        address = _address(host, urlsplit(url).port, private=private)
    except (BadUrlError, OSError) as error:
        return "address" if isinstance(error, BadUrlError) else "no such host"
    own = httpx.URL(url)
    headers = letter.headers(keys) | {"host": own.netloc.decode()}
    try:
        with (
            httpx.Client(timeout=_SECONDS, follow_redirects=False, trust_env=False) as client,
            client.stream(
                "POST",
                own.copy_with(host=address),
                content=letter.body,
                headers=headers,
                extensions={"sni_hostname": host},
            ) as answer,
        ):
            return None if answer.is_success else f"status {answer.status_code}"
    except httpx.TimeoutException:
        return "timeout"
    except httpx.HTTPError:
        return "no answer"


def _address(host: str, port: int | None, *, private: bool) -> str:
    """The address that a name stands for; OSError where there is none, BadUrlError where it is not a public one."""
    found = socket.getaddrinfo(host, port or 443, type=socket.SOCK_STREAM)
    addresses = [str(one[4][0]) for one in found]
    if not private and not all(ipaddress.ip_address(one).is_global for one in addresses):
        raise BadUrlError("that address is in a private network")
    return addresses[0]
