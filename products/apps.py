"""The catalogue of the shop."""

from datetime import datetime
from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProductsConfig(AppConfig):
    name = "products"
    verbose_name = _("Catalogue")

    def ready(self) -> None:
        from media_staging.signals import cleanup_round

        cleanup_round.connect(expire_deleted_images, dispatch_uid="products.expire_deleted_images")
        cleanup_round.connect(sweep_unsaved, dispatch_uid="products.sweep_unsaved")


def expire_deleted_images(*, now: datetime, dry_run: bool, **kwargs: Any) -> list[str]:
    """In every cleanup round: let go of the images whose undo time is over."""
    from products.images import changes

    return changes.expired_keys(now) if dry_run else changes.expire(now)


def sweep_unsaved(*, now: datetime, dry_run: bool, **kwargs: Any) -> list[str]:
    """In every cleanup round: let go of the products that nobody saved."""
    from products.images import unsaved

    return unsaved.expired_keys(now) if dry_run else unsaved.sweep(now)
