from collections import Counter
from decimal import Decimal

import pytest

from products.demo.catalogue import CATALOGUE, SKU_PREFIX, variants
from products.demo.darkroom import photograph
from products.demo.scenes import SCENES

SHOTS = [shot for product in CATALOGUE for shot in product.shots]


def test_every_sku_is_unique_and_carries_the_prefix() -> None:
    skus = [variant.sku for product in CATALOGUE for variant in product.variants]

    assert all(sku.startswith(SKU_PREFIX) for sku in skus)
    assert len(set(skus)) == len(skus)


def test_shop_is_small_but_varied() -> None:
    assert all(3 <= len(product.variants) <= 12 for product in CATALOGUE)
    assert all(2 <= len(product.shots) <= 5 for product in CATALOGUE)
    assert set(Counter(product.status for product in CATALOGUE)) == {"draft", "active", "archived"}
    assert any(shot.orientation != 1 for shot in SHOTS)
    assert any(shot.place for shot in SHOTS)


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


def test_every_photo_has_a_scene_and_a_name_of_its_own() -> None:
    assert {shot.scene for shot in SHOTS} == set(SCENES)
    assert len({shot.name for shot in SHOTS}) == len(SHOTS)


@pytest.mark.parametrize("number", [0, 4])
def test_photo_has_camera_size_and_is_the_same_each_time(number: int) -> None:
    data = photograph(SHOTS[number])

    assert 1_000_000 < len(data) < 4_000_000
    assert photograph(SHOTS[number]) == data
