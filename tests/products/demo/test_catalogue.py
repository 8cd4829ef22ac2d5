from collections import Counter
from decimal import Decimal

from products.demo.catalogue import CATALOGUE, PHOTOS, SKU_PREFIX, variants


def test_every_sku_is_unique_and_carries_the_prefix() -> None:
    skus = [variant.sku for product in CATALOGUE for variant in product.variants]

    assert all(sku.startswith(SKU_PREFIX) for sku in skus)
    assert len(set(skus)) == len(skus)


def test_shop_is_small_but_varied() -> None:
    assert all(3 <= len(product.variants) <= 12 for product in CATALOGUE)
    assert all(2 <= len(product.photos) <= 5 for product in CATALOGUE)
    assert set(Counter(product.status for product in CATALOGUE)) == {"draft", "active", "archived"}


def test_every_pair_of_options_is_a_variant_with_its_price() -> None:
    made = variants(
        "CUP", "5.00", [("Red", "R"), ("Blue", "B")], [("S", "S"), ("L +1.50", "L")], [1, 2, 3, 4]
    )

    assert [variant.sku for variant in made] == [
        f"{SKU_PREFIX}CUP-{end}" for end in ("R-S", "R-L", "B-S", "B-L")
    ]
    assert made[3].name == "Blue, L"
    assert made[3].price == Decimal("6.50")
    assert made[3].stock == 4


def test_every_photo_of_the_catalogue_is_a_file_and_no_other_is_there() -> None:
    named = [photo.path for product in CATALOGUE for photo in product.photos]

    assert sorted(named) == sorted(PHOTOS.iterdir())
