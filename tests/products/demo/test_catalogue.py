from collections import Counter
from decimal import Decimal

from products.demo.catalogue import CATALOGUE, PHOTOS, SKU_PREFIX


def test_every_sku_is_unique_and_carries_the_prefix() -> None:
    skus = [variant.sku for product in CATALOGUE for variant in product.variants]

    assert all(sku.startswith(SKU_PREFIX) for sku in skus)
    assert len(set(skus)) == len(skus)


def test_shop_is_small_but_varied() -> None:
    assert all(3 <= len(product.variants) <= 12 for product in CATALOGUE)
    assert all(2 <= len(product.photos) <= 5 for product in CATALOGUE)
    assert set(Counter(product.status for product in CATALOGUE)) == {"draft", "active", "archived"}


def test_every_price_is_exact_and_every_name_its_own() -> None:
    for product in CATALOGUE:
        names = [variant.name for variant in product.variants]

        assert len(set(names)) == len(names)
        assert all(isinstance(each.price, Decimal) for each in (product, *product.variants))
        assert product.price == product.variants[0].price


def test_every_photo_of_the_catalogue_is_a_file_and_no_other_is_there() -> None:
    named = [photo.path for product in CATALOGUE for photo in product.photos]

    assert sorted(named) == sorted(PHOTOS.iterdir())
