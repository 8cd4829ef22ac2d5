"""Every address of the project, and who may do what there. An unknown address fails the test.

Whoever adds a URL says here what strangers, staff without a permission and staff with it get.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from media_staging.models import StagedFile
from media_staging.states import health
from products.models import Product
from tests.products.shop import add_photos, signed_in

pytestmark = pytest.mark.django_db

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
LOGIN = "/accounts/login/"
# A permission that no account has.
NOBODY = "nobody"


@dataclass(frozen=True)
class Door:
    """`needs` names the permission of each method ("": any staff); others are a 405 for everybody.

    `guard` tells how strangers are refused: by the login page, in JSON, or by the admin's login;
    an open door lets everybody in, with the status that `answers` names for each method.
    """

    guard: str
    needs: dict[str, str] = field(default_factory=dict)
    args: tuple[str, ...] = ()
    answers: dict[str, int | str] = field(default_factory=dict)
    # What staff without the permission get.
    without: int = 403
    # For a pattern that has no name.
    path: str = ""


def page(*args: str, **needs: str) -> Door:
    return Door("login", needs, args)


def json(*args: str, **needs: str) -> Door:
    return Door("json", needs, args)


def public(*args: str, **answers: int | str) -> Door:
    return Door("open", args=args, answers=answers)


def admin(permission: str, *args: str, **more: Any) -> Door:
    return Door("admin", {"GET": permission}, args, **more)


VIEW, ADD = "products.view_product", "products.add_product"
CHANGE, DELETE = "products.change_product", "products.delete_product"
# Those that must not stand in for each other.
ALL_PERMISSIONS = (VIEW, ADD, CHANGE, DELETE)


def model_pages(
    model: str, first: str, *, can_add: bool = True, read_only: bool = False
) -> dict[str, Door]:
    """The admin's pages of one model. One that is read-only adds and deletes nothing."""
    app, name = model.split(".")
    can = {action: f"{app}.{action}_{name}" for action in ("view", "add", "change", "delete")}
    pages = {
        "changelist": admin(can["view"]),
        "add": admin(NOBODY if read_only or not can_add else can["add"]),
        "change": admin(can["view"], first),
        "history": admin(can["view"], first),
        "delete": admin(NOBODY if read_only else can["delete"], first),
    }
    return {f"admin:{app}_{name}_{page}": door for page, door in pages.items()}


DOORS: dict[str, Door] = {
    "home": public(GET=302, HEAD=302, POST=302, PUT=302, PATCH=302, DELETE=302),
    # The catalogue.
    "products:list": page(GET=VIEW),
    "products:create": page(GET=ADD, POST=ADD),
    "products:unsaved": page("product", GET=ADD),
    "products:make_unsaved": json(POST=ADD),
    "products:detail": page("product", GET=VIEW, POST=CHANGE),
    "products:delete": page("product", POST=DELETE),
    "products:images": json("product", GET=VIEW, POST=CHANGE),
    "products:reorder_images": json("product", POST=CHANGE),
    "products:variants": json("product", POST=CHANGE),
    "products:image_detail": json("image", PATCH=CHANGE),
    "products:image_delete": json("image", POST=CHANGE, DELETE=CHANGE),
    "products:image_restore": json("image", POST=CHANGE),
    "products:image_retry": json("image", POST=CHANGE),
    "products:image_replace": json("image", POST=CHANGE),
    # Stored files: whoever has the key, which cannot be guessed.
    "media_staging:media": public("key", GET=200, HEAD=200),
    "media_staging:remote_file": public("key", GET=404, HEAD=404),
    # The Sync page.
    "media_staging:dashboard": page(GET="media_staging.view_stagedfile"),
    "media_staging:retry_failed": page(POST="media_staging.change_stagedfile"),
    # For machines; /metrics tells loopback and the bearer of the token only (test_monitoring.py).
    "media_staging:healthz": public(GET=200, HEAD=200),
    "media_staging:readyz": public(GET=200, HEAD=200),
    "media_staging:metrics": public(GET=200, HEAD=200),
    # The account, and the language of the pages.
    "login": public(GET=200, HEAD=200, POST=200, PUT=200),
    "logout": public(POST=LOGIN),
    "set_language": public(GET=302, HEAD=302, POST=302, PUT=302, PATCH=302, DELETE=302),
    # The admin: staff see its front page, and on it what they may.
    "admin:login": public(GET=200, HEAD=200, POST=200, PUT=200),
    "admin:index": admin(""),
    "admin:logout": public(GET=302, HEAD=302, POST=302, PUT=302, PATCH=302, DELETE=302),
    "admin:password_change": admin(""),
    "admin:password_change_done": admin(""),
    "admin:jsi18n": admin(""),
    "admin:autocomplete": admin(NOBODY),
    "admin:view_on_site": admin(NOBODY, without=404, path="/admin/r/0/0/"),
    "admin:app_list": admin(VIEW, "app", without=404),
    "admin:(?P<url>.*)$": admin(NOBODY, without=404, path="/admin/nowhere/"),
    "admin:<path:object_id>/": admin("", path="/admin/products/product/1/"),
    **model_pages("products.product", "product"),
    **model_pages("products.productimage", "image", can_add=False),
    **model_pages("media_staging.stagedfile", "file", read_only=True),
    **model_pages("media_staging.remotehealth", "remote", read_only=True),
    **model_pages("auth.user", "user"),
    # Whoever adds accounts needs the permission to change them as well.
    "admin:auth_user_add": admin(NOBODY),
    "admin:auth_user_password_change": admin("auth.change_user", "user"),
    **model_pages("auth.group", "group"),
}


def patterns(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every pattern below, with its full name; one without a name is called by its route."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from patterns(pattern, inner)
        else:
            yield f"{namespace}{pattern.name or str(pattern.pattern)}", pattern


def test_every_address_is_known() -> None:
    assert {name for name, _ in patterns(get_resolver())} == set(DOORS)


# --- Going through every door ----------------------------------------------------------------


@pytest.fixture
def args(staff: Client, product: Product) -> dict[str, str]:
    """What stands in the addresses: ids of things that exist."""
    image = add_photos(staff, product, "mug.jpg")[0]
    file = StagedFile.objects.get()
    health.succeeded("filesystem")
    return {
        "product": str(product.pk),
        "image": str(image),
        "key": file.key,
        "file": str(file.pk),
        "remote": "filesystem",
        "user": str(User.objects.create_user("somebody").pk),
        "group": str(Group.objects.create(name="clerks").pk),
        "app": "products",
    }


def path_of(name: str, args: dict[str, str]) -> str:
    door = DOORS[name]
    return door.path or reverse(name, args=[args[each] for each in door.args])


def person(permission: str, *, is_staff: bool = True) -> Client:
    user = User.objects.create_user(f"user{User.objects.count()}", is_staff=is_staff)
    app, _, codename = permission.partition(".")
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label=app, codename=codename)
    )
    return signed_in(user)


def status(client: Client, method: str, path: str) -> Any:
    """The status, or where a redirect to a login page leads; nothing that it does remains."""
    with transaction.atomic():
        answer = client.generic(method, path)
        if answer.streaming:
            b"".join(answer.streaming_content)  # type: ignore[attr-defined]
        transaction.set_rollback(True)
    place = answer.headers.get("Location", "").partition("?")[0]
    return place if "/login/" in place else answer.status_code


REFUSALS = {"login": LOGIN, "json": 401, "admin": "/admin/login/"}
GUARDED = [name for name, door in DOORS.items() if door.guard != "open"]
OPEN = [name for name, door in DOORS.items() if door.guard == "open"]


def allowed(door: Door) -> dict[str, str]:
    """The permission of each method that is answered; HEAD is a GET."""
    head = {"HEAD": door.needs["GET"]} if "GET" in door.needs else {}
    return {**door.needs, **head}


def expected(door: Door, method: str, refusal: Any) -> Any:
    """The admin asks who it is before it looks at the method."""
    return refusal if method in allowed(door) or door.guard == "admin" else 405


@pytest.mark.parametrize("name", OPEN)
def test_an_open_door_answers_the_same_to_everybody(name: str, args: dict[str, str]) -> None:
    door, path = DOORS[name], path_of(name, args)
    for somebody in (Client(), person(NOBODY, is_staff=False)):
        seen = {method: status(somebody, method, path) for method in METHODS}
        assert seen == {method: door.answers.get(method, 405) for method in METHODS}


@pytest.mark.parametrize("name", GUARDED)
def test_strangers_are_sent_to_the_login(name: str, args: dict[str, str]) -> None:
    door, path = DOORS[name], path_of(name, args)
    for method in METHODS:
        refusal = REFUSALS[door.guard]
        assert status(Client(), method, path) == expected(door, method, refusal), method


@pytest.mark.parametrize("name", GUARDED)
def test_staff_without_the_permission_are_refused(name: str, args: dict[str, str]) -> None:
    door, path = DOORS[name], path_of(name, args)
    for method, needed in allowed(door).items():
        others = {NOBODY} if door.guard == "admin" else {NOBODY, *ALL_PERMISSIONS} - {needed}
        for other in others if needed else ():
            assert status(person(other), method, path) == door.without, (method, other)


@pytest.mark.parametrize("name", GUARDED)
def test_the_permission_alone_is_not_enough(name: str, args: dict[str, str]) -> None:
    door, path = DOORS[name], path_of(name, args)
    for method, needed in allowed(door).items():
        refusal = "/admin/login/" if door.guard == "admin" else 403
        assert status(person(needed, is_staff=False), method, path) == refusal, method


@pytest.mark.parametrize("name", GUARDED)
def test_staff_with_the_permission_come_in(name: str, args: dict[str, str]) -> None:
    door, path = DOORS[name], path_of(name, args)
    for method, needed in allowed(door).items():
        seen = status(person(needed), method, path)
        if needed == NOBODY:
            assert seen == door.without, method
        else:
            assert isinstance(seen, int), method
            assert seen < 500, method
            assert seen not in {401, 403, 404, 405}, method
