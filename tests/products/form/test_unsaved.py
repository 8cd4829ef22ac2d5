"""The photos of a new product before it is saved: whose they are, and what becomes of them."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client

from products.models import Product, ProductImage
from tests.products.form.browser import begin, hidden, open_form, save
from tests.products.shop import (
    add_photos,
    delete,
    error_code,
    make_user,
    names_in_order,
    photo,
    reorder,
    row,
    send_json,
    signed_in,
)

ADD = "products.add_product"


# --- The way to a product ----------------------------------------------------------------------


def test_the_first_save_makes_a_product_of_it(maker: Client) -> None:
    form = open_form(maker)
    begun = begin(maker, form, "a", "b")
    answer = save(maker, form)
    assert answer.status_code == 302
    assert answer.url == f"/products/{begun.pk}/"
    product = Product.objects.get()
    assert (product.pk, product.name, product.version) == (begun.pk, "Bowl", 1)
    assert product.saved_by == begun.saved_by
    assert product.created_at > begun.created_at
    boss = signed_in(User.objects.create_superuser("boss"))
    assert names_in_order(boss, product) == ["a", "b"]


def test_looking_at_the_form_makes_nothing(maker: Client) -> None:
    open_form(maker)
    assert not Product.everything.exists()


def test_a_lost_answer_asked_for_again_makes_one(maker: Client) -> None:
    form = open_form(maker)
    assert begin(maker, form) == begin(maker, form, "a")
    assert begin(maker, open_form(maker)) != Product.everything.get(images__isnull=False)


def test_all_is_done_to_its_photos_without_change_product(maker: Client) -> None:
    form = open_form(maker)
    product = begin(maker, form)
    a, b, c = add_photos(maker, product, "a", "b", "c")
    assert reorder(maker, product, [c, a, b]).status_code == 200
    changed = send_json(maker, f"/products/images/{a}/", {"alt": "Sea"}, "patch")
    assert changed.json()["image"]["alt"] == "Sea"
    assert delete(maker, b).status_code == 200
    deleted = maker.get(f"/products/{product.pk}/images/?deleted=1").json()["images"]
    assert maker.post(deleted[0]["restore_url"]).status_code == 200
    new = {"image": photo("new", 9)}
    assert maker.post(f"/products/images/{a}/replace/", new).status_code == 200
    assert maker.post(f"/products/images/{a}/retry/").status_code == 200
    assert names_in_order(maker, product) == ["c", "new", "b"]
    save(maker, form)
    assert [image.alt for image in ProductImage.objects.filter(pk__in=[a, b, c])] == ["", "Sea", ""]


@pytest.mark.parametrize("bad", [{"name": ""}, {"price": "cheap"}])
def test_a_bad_field_keeps_the_photos_in_place(maker: Client, bad: dict[str, str]) -> None:
    form = open_form(maker)
    product = begin(maker, form, "a", "b")
    refused = save(maker, form, **bad)
    assert refused.status_code == 200
    assert [image.file.name for image in refused.context["images"]] == ["a", "b"]
    assert not Product.objects.exists()
    first = ProductImage.objects.order_by("pk").first()
    assert first
    again = {**hidden(refused), f"image-{first.pk}-position": "2", f"image-{first.pk}-alt": "Sea"}
    assert save(maker, again, images=photo("c", 7)).status_code == 302
    shown = Product.objects.get().images.order_by("position").values_list("file__name", "alt")
    assert list(shown) == [("b", ""), ("a", "Sea"), ("c", "")]
    assert product.images.count() == 3


def test_saved_twice_it_is_one_product(maker: Client) -> None:
    form = open_form(maker)
    product = begin(maker, form, "a")
    for _ in range(2):
        assert save(maker, form).url == f"/products/{product.pk}/"
    assert Product.everything.count() == 1


def test_photos_that_travel_while_it_is_saved_land_on_the_product(maker: Client) -> None:
    form = open_form(maker)
    product = begin(maker, form, "a")
    save(maker, form)
    assert begin(maker, form, "b") == product
    assert product.images.count() == 2
    one = product.images.latest("pk").pk
    assert delete(maker, one).status_code == 403
    Product.objects.update(saved_by=User.objects.create_superuser("boss"))
    late = maker.post(f"/products/{product.pk}/images/", {"images": photo()})
    assert late.status_code == 403


def test_a_form_that_was_saved_before_its_first_photo_makes_no_second_product(
    maker: Client,
) -> None:
    form = open_form(maker)
    save(maker, form)
    assert begin(maker, form, "a") == Product.objects.get()


def test_102_and_500_photos_come_one_by_one(staff: Client) -> None:
    form = open_form(staff)
    product = begin(staff, form)
    for _ in range(5):
        add_photos(staff, product, *map(str, range(100)))
    assert save(staff, form).status_code == 302
    assert Product.objects.get().images.count() == 500


def test_the_page_comes_back_with_its_photos(maker: Client) -> None:
    form = open_form(maker)
    product = begin(maker, form, "a")
    page = maker.get(f"/products/new/{product.pk}/")
    assert hidden(page)["submission_id"] == form["submission_id"]
    assert [image.file.name for image in page.context["images"]] == ["a"]
    assert page.context["form"]["name"].value() is None
    assert save(maker, hidden(page)).url == f"/products/{product.pk}/"
    assert maker.get(f"/products/new/{product.pk}/").url == f"/products/{product.pk}/"


def test_a_new_form_starts_anew_and_names_what_was_begun(maker: Client) -> None:
    empty = begin(maker, open_form(maker))
    assert maker.get("/products/new/").context["newest_unsaved"] is None
    product = begin(maker, open_form(maker), "a")
    page = maker.get("/products/new/")
    assert page.context["newest_unsaved"] == product != empty
    assert f'href="/products/new/{product.pk}/"' in page.content.decode()
    assert not page.context["images"]
    other = signed_in(make_user(ADD))
    assert other.get("/products/new/").context["newest_unsaved"] is None


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "{}", '{"submission_id": 7}', '{"submission_id": "x"}']
)
def test_what_names_no_form_is_a_400(maker: Client, body: str) -> None:
    answer = send_json(maker, "/products/unsaved/", body)
    assert answer.status_code == 400
    assert error_code(answer) == "bad_json"
    assert not Product.everything.exists()


# --- Nobody else -------------------------------------------------------------------------------

EVERYBODY_ELSE = [
    ("get", "/products/{product}/"),
    ("post", "/products/{product}/"),
    ("get", "/products/new/{product}/"),
    ("post", "/products/{product}/delete/"),
    ("get", "/products/{product}/images/"),
    ("get", "/products/{product}/images/?deleted=1"),
    ("post", "/products/{product}/images/"),
    ("post", "/products/{product}/reorder-images/"),
    ("post", "/products/{product}/variants/"),
    ("patch", "/products/images/{image}/"),
    ("delete", "/products/images/{image}/delete/"),
    ("post", "/products/images/{image}/restore/"),
    ("post", "/products/images/{image}/retry/"),
    ("post", "/products/images/{image}/replace/"),
]


@pytest.mark.parametrize("has_photo", [True, False], ids=["with a photo", "empty"])
@pytest.mark.parametrize(("method", "path"), EVERYBODY_ELSE)
def test_for_everybody_else_it_is_not_there(
    staff: Client, maker: Client, method: str, path: str, has_photo: bool
) -> None:
    product = begin(maker, open_form(maker))
    image = add_photos(maker, product, "a")[0]
    if not has_photo:
        ProductImage.objects.all().delete()
    url = path.format(product=product.pk, image=image)
    files = {"images": photo(), "image": photo()}
    if url.endswith(("/images/", "/replace/")):
        answer = getattr(staff, method)(url, files if method == "post" else None)
    else:
        body = {"order": [image], "alt": "x", "variants": [row("A")]}
        answer = send_json(staff, url, body, method) if method != "get" else staff.get(url)
    assert answer.status_code == 404
    assert Product.everything.filter(pk=product.pk, unsaved_at__isnull=False).exists()
    assert not ProductImage.objects.exclude(alt="", deleted_at=None).exists()


def test_it_is_in_no_list_search_count_or_admin(staff: Client, maker: Client) -> None:
    begin(maker, open_form(maker), "a")
    for address in ("/products/", "/products/?q=a", "/products/?status=draft"):
        assert staff.get(address).context["page_obj"].paginator.count == 0
    admin = staff.get("/admin/products/product/")
    assert admin.context["cl"].result_count == 0
    pk = Product.everything.get().pk
    assert staff.get(f"/admin/products/product/{pk}/change/").status_code == 302
    assert f"/products/{pk}/" not in staff.get("/staging/").content.decode()


def test_its_maker_cannot_give_it_variants_before_it_is_saved(staff: Client) -> None:
    product = begin(staff, open_form(staff), "a")
    answer = send_json(staff, f"/products/{product.pk}/variants/", {"variants": [row("A")]})
    assert answer.status_code == 404
    assert staff.get(f"/products/{product.pk}/").url == f"/products/new/{product.pk}/"


def test_the_form_of_somebody_else_is_refused_in_words(staff: Client, maker: Client) -> None:
    form = open_form(maker)
    begin(maker, form, "a")
    answer = send_json(staff, "/products/unsaved/", {"submission_id": str(form["submission_id"])})
    assert answer.status_code == 404
    refused = save(staff, form)
    assert refused.context["form"].non_field_errors()
    assert not refused.context["images"]
    assert not Product.objects.exists()
    assert save(maker, form).status_code == 302


def test_a_permission_that_is_withdrawn_ends_it(maker: Client) -> None:
    form = open_form(maker)
    product = begin(maker, form, "a")
    User.objects.get(pk=product.saved_by_id).user_permissions.clear()
    image = product.images.get().pk
    assert delete(maker, image).status_code == 403
    assert maker.get(f"/products/{product.pk}/images/").status_code == 403
    assert maker.post(f"/products/{product.pk}/images/", {"images": photo()}).status_code == 403
    assert save(maker, form).status_code == 403
    assert not Product.objects.exists()


def test_of_a_maker_who_is_gone_nobody_gets_it(staff: Client, maker: Client) -> None:
    product = begin(maker, open_form(maker), "a")
    User.objects.get(pk=product.saved_by_id).delete()
    assert staff.get(f"/products/{product.pk}/images/").status_code == 404
    assert not Product.objects.exists()


def test_an_unknown_form_id_holds_nothing(maker: Client) -> None:
    begin(maker, open_form(maker), "a")
    save(maker, {"submission_id": str(uuid4())})
    assert Product.objects.get().images.count() == 0
    save(maker, {"submission_id": ""})
    assert Product.objects.count() == 2
