"""Every operation of the API, asked whatever its description allows and more: never an answer of 500 or above."""

import json
import os
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.generation import GenerationMode
from tests.doors import CONSOLE, open_door

from trimtab.api.app import make_app
from trimtab.desk.access import DESK_ROLES, Role
from trimtab.desk.people import add_key, add_user, grant
from trimtab.store.memory import MemoryStore

EXAMPLES = int(os.environ.get("TRIMTAB_FUZZ", "2"))
"""Requests a way of generating and operation; `make deep` asks for more."""
KNOWN = {
    "firm": "F1",
    "account_id": "A1",
    "security_id": "VTI",
    "kind": "model",
    "name": "everyone",
    "table": "lots",
}


@cache
def everyone() -> tuple[object, dict[str, str]]:
    """The application over the small book, and the headers of one who holds every role at F1."""
    with TemporaryDirectory() as folder:
        door = open_door(MemoryStore(audit_key=b"k"), Path(folder))
    desk = [role for role in Role if role in DESK_ROLES]
    add_user(door.store, CONSOLE, name="everyone", external_id="e", desk_roles=desk)
    for role in Role:
        grant(door.store, CONSOLE, "F1", name="everyone", role=role)
    _, key = add_key(door.store, CONSOLE, "everyone", label="fuzz")
    return door.app, {"Authorization": f"Bearer {key}"}


@cache
def operations() -> dict[str, object]:
    schema = schemathesis.openapi.from_asgi("/openapi.json", make_app(MemoryStore(audit_key=b"k")))
    schema.app = everyone()[0]
    found = [one.ok() for one in schema.get_all_operations()]
    return {f"{one.method.upper()} {one.path}": one for one in found}


LABELS = sorted(
    f"{method.upper()} {path}"
    for path, methods in make_app(MemoryStore(audit_key=b"k")).openapi()["paths"].items()
    for method in methods
)


@schemathesis.serializer("application/x-ndjson")
def lines(_: object, value: object) -> bytes:
    """Whatever is to be sent as lines of JSON, sound or not."""
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text.encode(errors="replace")


@pytest.mark.parametrize("label", LABELS)
def test_no_request_is_a_fault_of_ours(label: str) -> None:
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        with suppress(Unsatisfiable):
            _ask(operations()[label], mode)


def _ask(operation: object, mode: GenerationMode) -> None:
    """Some requests of an operation; Unsatisfiable where there is nothing to vary."""
    strategy = operation.as_strategy(generation_mode=mode)  # type: ignore[attr-defined]

    @given(case=strategy)
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: schemathesis.Case) -> None:
        for name in KNOWN.keys() & set(case.path_parameters or {}):
            if mode is GenerationMode.POSITIVE:
                case.path_parameters[name] = KNOWN[name]
        answer = case.call(headers={**(case.headers or {}), **everyone()[1]})
        assert answer.status_code < 500, (case.as_curl_command(), answer.text)
        if answer.status_code >= 400:
            assert answer.headers["content-type"][0] == "application/problem+json"

    ask()
