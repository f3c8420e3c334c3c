"""Books: whole tables of a firm's, or of the market, in and out, as NDJSON or Parquet."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any

import polars as pl
from fastapi import APIRouter, Body, File, Response, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BaseModel

from trimtab.api.bulk import NDJSON, PARQUET, from_files, from_ndjson, to_ndjson, to_parquet
from trimtab.api.problems import fault_as_json
from trimtab.api.shapes import FirmOf, Id
from trimtab.desk import bulk as desk
from trimtab.desk.access import AbsentError, Principal
from trimtab.desk.ports import Store
from trimtab.store.shapes import DESK

_LINES: dict[int | str, dict[str, Any]] = {
    200: {"description": "A line a row.", "content": {NDJSON: {"schema": {"type": "string"}}}}
}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The table.",
        "content": {PARQUET: {"schema": {"type": "string", "format": "binary"}}},
    }
}
_EXAMPLE = '{"table":"positions","account_id":"A1","security_id":"VTI","quantity":"10.5"}'
Lines = Annotated[bytes, Body(media_type=NDJSON, examples=[_EXAMPLE], description="A line a row.")]


class Taken(BaseModel):
    """What an import came to: when it became known, rows written by table, and what is wrong with the rest."""

    known_at: datetime
    appended: dict[str, int]
    failures: list[dict[str, str]]


def books(store: Store, who: Principal) -> APIRouter:
    """Import takes the place of whole tables, all in one commit; the firm `*` is the desk and its market."""
    router = APIRouter(tags=["books"])
    _imports(router, store, who)

    @router.get("/v1/firms/{firm}/books", responses=_LINES, response_class=StreamingResponse)
    def export(
        firm: FirmOf,
        as_of: date | None = None,
        known_at: AwareDatetime | None = None,
        principal: Principal = who,
    ) -> StreamingResponse:
        """Every table of the firm's own, as of a business date, as it was known at a moment."""
        tables = desk.export_tables(store, principal, firm, as_of=as_of, known_at=known_at)
        return StreamingResponse(to_ndjson(tables), media_type=NDJSON)

    @router.get("/v1/firms/{firm}/books/{table}", responses=_FILE, response_class=Response)
    def export_one(
        firm: FirmOf,
        table: Id,
        as_of: date | None = None,
        known_at: AwareDatetime | None = None,
        principal: Principal = who,
    ) -> Response:
        """One table of the firm's own as a Parquet file."""
        if table not in desk.FIRM_TABLES:
            raise AbsentError
        told = desk.export_tables(store, principal, firm, names=(table,), as_of=as_of, known_at=known_at)
        return Response(to_parquet(next(told)[1]), media_type=PARQUET)

    return router


def _imports(router: APIRouter, store: Store, who: Principal) -> None:
    def take(
        principal: Principal, firm: str, tables: Mapping[str, pl.DataFrame], as_of: date | None
    ) -> Taken:
        if firm == DESK:
            done = desk.import_market(store, principal, tables, as_of=as_of)
        else:
            done = desk.import_tables(store, principal, firm, tables, as_of=as_of)
        failures = [fault_as_json(one) for one in done.failures]
        return Taken(known_at=done.known_at, appended=dict(done.appended), failures=failures)

    @router.post("/v1/firms/{firm}/books", status_code=201)
    def import_lines(
        firm: FirmOf, body: Lines, as_of: date | None = None, principal: Principal = who
    ) -> Taken:
        """Put whole tables in place: every table that the lines name; those that they do not name stay."""
        return take(principal, firm, from_ndjson(body), as_of)

    @router.post("/v1/firms/{firm}/books/files", status_code=201)
    def import_files(
        firm: FirmOf,
        files: Annotated[list[UploadFile], File(description="Parquet files, each named TABLE.parquet.")],
        as_of: date | None = None,
        principal: Principal = who,
    ) -> Taken:
        """Put whole tables in place out of Parquet files."""
        named = ((file.filename or "", file.file.read()) for file in files)
        return take(principal, firm, from_files(named), as_of)
