"""Hooks: where a firm is told of what happens; `*` is the desk. A secret is told once."""

from fastapi import APIRouter
from pydantic import BaseModel

from trimtab.api.around import Around
from trimtab.api.shapes import FirmOf, Id, Key, Said
from trimtab.desk import hooks as desk
from trimtab.desk.access import Principal
from trimtab.desk.ports import Store


class Hook(BaseModel):
    """Where to, and of what."""

    url: Said
    kinds: list[Said]


def hooks(store: Store, who: Principal, around: Around) -> APIRouter:
    """Add, rotate, end, and try again."""
    router = APIRouter(tags=["hooks"])
    place = "/v1/firms/{firm}/hooks"

    @router.post(place, status_code=201)
    def add_hook(firm: FirmOf, said: Hook, key: Key, principal: Principal = who) -> dict[str, str]:
        """Be told at an address of some kinds of what happens; its secret signs each webhook."""
        made = desk.add_hook(
            store, principal, firm, url=said.url, kinds=said.kinds, key=key, signing=around.signing
        )
        return {"hook_id": made[0], "secret": made[1]}

    @router.post(f"{place}/{{hook_id}}/rotate")
    def rotate(firm: FirmOf, hook_id: Id, key: Key, principal: Principal = who) -> dict[str, str]:
        """Get a new secret; the one before it signs for a day longer."""
        made = desk.rotate_key(store, principal, firm, hook_id=hook_id, key=key, signing=around.signing)
        return {"secret": made}

    @router.delete(f"{place}/{{hook_id}}", status_code=204)
    def end_hook(firm: FirmOf, hook_id: Id, principal: Principal = who) -> None:
        """Be told no more."""
        desk.end_hook(store, principal, firm, hook_id=hook_id)

    @router.post("/v1/firms/{firm}/deliveries/{delivery_id}/retry", status_code=204)
    def retry(firm: FirmOf, delivery_id: Id, principal: Principal = who) -> None:
        """Have a delivery that was given up tried again."""
        desk.retry_delivery(store, principal, firm, delivery_id=delivery_id)

    return router
