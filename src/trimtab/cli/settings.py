"""Settings from the environment: every variable that Trimtab reads, what it must be, and how its value is shown."""

import difflib
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from trimtab.watch.logs import LEVELS

PREFIX = "TRIMTAB_"
_HIDDEN = "***"
_LIMITS = {"port": (1, 65535), "rate": (0.01, 1e6), "burst": (1, 1e6), "hours": (0.01, 720)}
Check = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable: what it is for, what holds without it, and a check that says what a wrong value should be."""

    name: str
    what: str
    default: str | None = None
    secret: bool = False
    check: Check = lambda _: None

    def shown(self, value: str | None) -> str:
        """The value for a person to read: secrets hidden, the password of a URL too."""
        if value is None:
            return "-"
        if self.secret:
            return _HIDDEN
        return _without_password(value) if self.name.endswith("_URL") else value


@dataclass(frozen=True, slots=True)
class Wrong:
    """A variable whose value cannot be used, and what to do."""

    name: str
    remedy: str


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if parts.password is None:
        return url
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username}:{_HIDDEN}@{host}"))


def _database(value: str) -> str | None:
    parts = urlsplit(value)
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        return "write it as postgresql://LOGIN:PASSWORD@HOST/DATABASE"
    return None if parts.username else "name the login: postgresql://LOGIN:PASSWORD@HOST/DATABASE"


def _web(value: str) -> str | None:
    parts = urlsplit(value)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    right = parts.hostname and (parts.scheme == "https" or (parts.scheme == "http" and local))
    return None if right else "write it as https://HOST…; http is for this machine alone"


def _number(kind: str) -> Check:
    least, most = _LIMITS[kind]

    def check(value: str) -> str | None:
        whole = kind in ("port", "burst")
        if (
            re.fullmatch(r"\d{1,9}" if whole else r"\d{1,9}(\.\d{1,6})?", value)
            and least <= float(value) <= most
        ):
            return None
        return f"give {'a whole number' if whole else 'a number'} from {least:g} to {most:g}"

    return check


def _level(value: str) -> str | None:
    return None if value in LEVELS else f"one of {', '.join(LEVELS)}"


def _host(value: str) -> str | None:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return (
            None if value == "localhost" else "give an address of this machine, such as 127.0.0.1 or 0.0.0.0"
        )
    return None


def _flag(value: str) -> str | None:
    return None if value in ("yes", "no") else "yes or no"


def _folder(value: str) -> str | None:
    place = Path(value)
    return "it is a file; name a folder" if place.exists() and not place.is_dir() else None


def _programs(value: str) -> str | None:
    return None if (Path(value) / "postgres").exists() else "name the folder that holds initdb and postgres"


def _log(value: str) -> str | None:
    if value == "-" or Path(value).parent.is_dir():
        return None
    return "- for the error stream, or a file in a folder that is there"


SETTINGS = (
    Setting("TRIMTAB_DATA", "folder of the store: secrets, checkpoints, the embedded database", "~/.trimtab",
            check=_folder),
    Setting("TRIMTAB_DATABASE_URL", "a PostgreSQL of your own, by the application's login", check=_database),
    Setting("TRIMTAB_DATABASE_OWNER_URL", "the same by its owner, for admin init and restore", check=_database),
    Setting("PG_BIN", "PostgreSQL's programs for the embedded server", check=_programs),
    Setting("TRIMTAB_HOST", "address at which serve listens", "127.0.0.1", check=_host),
    Setting("TRIMTAB_PORT", "port at which serve listens", "8080", check=_number("port")),
    Setting("TRIMTAB_LOG", "where log lines go: - is the error stream (serve: -)", check=_log),
    Setting("TRIMTAB_LOG_LEVEL", "the least level that is logged", "info", check=_level),
    Setting("TRIMTAB_RATE", "requests a second that each firm may ask", "50", check=_number("rate")),
    Setting("TRIMTAB_BURST", "requests that a firm may ask at once", "200", check=_number("burst")),
    Setting("TRIMTAB_PUBLIC_URL", "where browsers reach this server, for sign-in by a provider", check=_web),
    Setting("TRIMTAB_OIDC_ISSUER", "identity provider: its issuer", check=_web),
    Setting("TRIMTAB_OIDC_CLIENT_ID", "what we are called there"),
    Setting("TRIMTAB_OIDC_CLIENT_SECRET", "the secret that we have there", secret=True),
    Setting("TRIMTAB_PRIVATE_HOOKS", "whether webhooks may go to private networks and by http (yes, no)", "no",
            check=_flag),
)  # fmt: skip
"""Every variable; a TRIMTAB_ name beside these is a slip, and told as one."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says: a value for each variable (the default where it says none), and all that is wrong."""

    values: Mapping[str, str | None]
    given: frozenset[str]
    wrong: tuple[Wrong, ...]

    def rows(self) -> list[tuple[str, str, str, str]]:
        """Name, value as it may be shown, where it comes from, what it is for."""
        return [
            (one.name, one.shown(self.values[one.name]),
             "environment" if one.name in self.given else "default", one.what)
            for one in SETTINGS
        ]  # fmt: skip


def _missing(said: Mapping[str, str]) -> list[str]:
    """What a provider needs beside what is said of it."""
    named = ["TRIMTAB_PUBLIC_URL", *(one.name for one in SETTINGS if one.name.startswith("TRIMTAB_OIDC_"))]
    return [name for name in named if name not in said] if any(name in said for name in named[1:]) else []


def read_settings(environment: Mapping[str, str]) -> Settings:
    """All settings of an environment; an empty variable is as good as none."""
    said = {name: value for name, value in environment.items() if value}
    values = {one.name: said.get(one.name, one.default) for one in SETTINGS}
    wrong = []
    for one in SETTINGS:
        remedy = one.check(said[one.name]) if one.name in said else None
        wrong += [] if remedy is None else [Wrong(one.name, remedy)]
    for name in sorted(said):
        if name.startswith(PREFIX) and name not in values:
            near = difflib.get_close_matches(name, values, n=1)
            wrong.append(Wrong(name, f"no such setting; {near[0]}?" if near else "no such setting"))
    wrong += [Wrong(name, "sign-in by a provider needs it too") for name in _missing(said)]
    return Settings(values, frozenset(said) & set(values), tuple(wrong))
