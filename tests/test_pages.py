"""What all pages have in common: the policy, no code inside them, and pages for what goes wrong."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from media_staging.models import RemoteHealth, StagedFile
from products.models import Product
from tests.products.shop import add_photos, add_variants, make_user, signed_in

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    "/accounts/login/",
    "/products/",
    "/products/?q=nothing",
    "/products/new/",
    "/products/{product}/",
    "/staging/",
    "/nothing/here/",
    "/admin/",
    "/admin/login/",
    "/admin/products/product/",
    "/admin/products/product/add/",
    "/admin/products/product/{product}/change/",
    "/admin/products/product/{product}/delete/",
    "/admin/products/productimage/",
    "/admin/products/productimage/{image}/change/",
    "/admin/products/productimage/{image}/delete/",
    "/admin/media_staging/stagedfile/",
    "/admin/media_staging/stagedfile/{file}/change/",
    "/admin/media_staging/remotehealth/",
    "/admin/media_staging/remotehealth/s3/change/",
    "/admin/auth/user/{user}/change/",
]

# What a strict policy would refuse: handlers, styles and scripts within the page.
INLINE_CODE = re.compile(
    r"""<[^>]+\s(?:on[a-z]+|style)\s*=|<style|<script(?![^>]*\s(?:src=|type="application/json"))""",
    re.IGNORECASE,
)


@pytest.fixture
def boss(db: None) -> Client:
    return signed_in(User.objects.create_superuser("boss"), raise_request_exception=False)


@pytest.fixture
def ids(boss: Client) -> dict[str, int]:
    product = Product.objects.create(name="Mug", price=1)
    (image,) = add_photos(boss, product, "a")
    add_variants(product, "A")
    RemoteHealth.objects.create(remote="s3")
    return {
        "product": product.pk,
        "image": image,
        "file": StagedFile.objects.get().pk,
        "user": User.objects.get().pk,
    }


# --- Policy ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_a_strict_policy_and_no_code_inside(
    boss: Client, ids: dict[str, int], path: str
) -> None:
    answer = boss.get(path.format(**ids))
    assert answer.status_code in {200, 302, 404}
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'"} <= {*policy.split("; ")}
    assert INLINE_CODE.findall(answer.content.decode()) == []


def test_refusals_have_the_policy_too(boss: Client, ids: dict[str, int]) -> None:
    reader = signed_in(make_user())
    answers = [
        reader.get("/products/"),
        Client(enforce_csrf_checks=True).post("/accounts/login/"),
        broken_page(boss),
    ]
    assert [answer.status_code for answer in answers] == [403, 403, 500]
    for answer in answers:
        assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_no_style_writes_capitals_which_would_lose_the_dots_of_turkish() -> None:
    sheets = [*ROOT.glob("*/static/**/*.css")]
    assert sheets
    assert [sheet.name for sheet in sheets if "text-transform" in sheet.read_text()] == []


# --- What goes wrong ---------------------------------------------------------------------------


def broken_page(client: Client) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("products.queries.listed", lambda products: 1 / 0)
        return client.get("/products/")


def heading(answer: Any) -> str:
    page = answer.content.decode()
    assert "products/styles/base.css" in page
    found = re.search(r"<h1>(.*?)</h1>", page)
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("language", "headings"),
    [
        ("en", ["Page not found", "Not allowed", "Please try again", "Something went wrong"]),
        (
            "tr",
            ["Sayfa bulunamadı", "Erişim izni yok", "Lütfen yeniden deneyin", "Bir sorun oluştu"],
        ),
    ],
)
def test_what_goes_wrong_is_said_in_the_design_and_language_of_the_site(
    db: None, language: str, headings: list[str]
) -> None:
    speaks = {"headers": {"accept-language": language}}
    boss = signed_in(User.objects.create_superuser("boss"), raise_request_exception=False, **speaks)
    reader = signed_in(make_user(), **speaks)
    stranger = Client(enforce_csrf_checks=True, **speaks)
    answers = [
        boss.get("/products/4711/"),
        reader.get("/products/"),
        stranger.post("/accounts/login/"),
        broken_page(boss),
    ]
    assert [answer.status_code for answer in answers] == [404, 403, 403, 500]
    assert [heading(answer) for answer in answers] == headings


def test_a_wrong_password_is_told_and_the_name_stays(db: None) -> None:
    answer = Client().post("/accounts/login/", {"username": "who", "password": "x"})
    page = answer.content.decode()
    assert 'role="alert"' in page
    assert 'value="who"' in page
