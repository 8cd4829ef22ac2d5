"""The people and things of the catalogue's tests."""

from tests.products.conftest import product, staff

__all__ = ["product", "staff"]
