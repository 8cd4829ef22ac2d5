"""Who makes products."""

import pytest
from django.test import Client

from tests.products.shop import make_user, signed_in


@pytest.fixture
def maker(db: None) -> Client:
    """Who may make products and nothing else."""
    return signed_in(make_user("products.add_product"))
