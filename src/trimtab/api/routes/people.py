"""People: users of the desk's door, their keys, and the roles that firms grant."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, SecretStr

from trimtab.api.shapes import FirmOf, Id, Said
from trimtab.desk import people as desk
from trimtab.desk.access import Principal, Role
from trimtab.desk.ports import Store


class NewUser(BaseModel):
    """A name, with a password or an id at an identity provider, and roles at the desk."""

    name: Said
    password: SecretStr | None = None
    external_id: Said | None = None
    desk_roles: list[Role] = []


class Added(BaseModel):
    """The id of a user."""

    user_id: str


class DeskRoles(BaseModel):
    """What somebody is at the desk."""

    desk_roles: list[Role]


class NewKey(BaseModel):
    """What a key is for."""

    label: Said


class KeyTold(BaseModel):
    """A key: told once, kept as its digest."""

    key_id: str
    key: str


class User(BaseModel):
    """Somebody who can sign in, or could until `ended_at`."""

    user_id: str
    name: str
    desk_roles: str
    made_at: datetime
    ended_at: datetime | None


class Users(BaseModel):
    """Everybody, by name."""

    rows: list[User]


def people(store: Store, who: Principal) -> APIRouter:
    """Users are the desk's; roles at a firm are the firm's to give."""
    router = APIRouter(tags=["people"])
    _users(router, store, who)

    @router.put("/v1/firms/{firm}/grants/{name}/{role}", status_code=204)
    def give(firm: FirmOf, name: Id, role: Role, principal: Principal = who) -> None:
        """Give a user a role at the firm; again changes nothing."""
        desk.grant(store, principal, firm, name=name, role=role)

    @router.delete("/v1/firms/{firm}/grants/{name}/{role}", status_code=204)
    def take(firm: FirmOf, name: Id, role: Role, principal: Principal = who) -> None:
        """Take a role back: the user's next request is without it."""
        desk.revoke(store, principal, firm, name=name, role=role)

    return router


def _users(router: APIRouter, store: Store, who: Principal) -> None:
    @router.get("/v1/users")
    def users(principal: Principal = who) -> Users:
        """Everybody who can sign in or could."""
        rows = desk.list_users(store, principal)
        return Users(rows=[User.model_validate(row) for row in rows])

    @router.post("/v1/users", status_code=201)
    def add(said: NewUser, principal: Principal = who) -> Added:
        """Add a user."""
        password = None if said.password is None else said.password.get_secret_value()
        told = {"name": said.name, "external_id": said.external_id, "desk_roles": said.desk_roles}
        return Added(user_id=desk.add_user(store, principal, password=password, **told))  # type: ignore[arg-type]

    @router.delete("/v1/users/{name}", status_code=204)
    def end(name: Id, principal: Principal = who) -> None:
        """A user leaves: no session or key of theirs works from now on."""
        desk.end_user(store, principal, name)

    @router.put("/v1/users/{name}/desk_roles", status_code=204)
    def set_roles(name: Id, said: DeskRoles, principal: Principal = who) -> None:
        """Change what a user is at the desk, from the next request on."""
        desk.set_desk_roles(store, principal, name, desk_roles=said.desk_roles)

    @router.post("/v1/users/{name}/keys", status_code=201)
    def add_key(name: Id, said: NewKey, principal: Principal = who) -> KeyTold:
        """A new API key of a user."""
        key_id, key = desk.add_key(store, principal, name, label=said.label)
        return KeyTold(key_id=key_id, key=key)

    @router.delete("/v1/keys/{key_id}", status_code=204)
    def end_key(key_id: Id, principal: Principal = who) -> None:
        """Take a key back: the next request with it is refused."""
        desk.end_key(store, principal, key_id)
