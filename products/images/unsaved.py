"""Unsaved products: where the photos of the form for a new product are until it is saved.

The first photo makes one, named by the form's `submission_id`; the first Save of that form makes it
a product. Until then only its maker may use it, who needs `products.add_product` and no other
permission; for everybody else it is not there. What nobody saves is swept ORPHAN_GRACE_SECONDS
after its last change.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from media_staging import clock
from media_staging.conf import conf
from products.access import may
from products.errors import NotFound, SomebodyElses
from products.images import changes
from products.models import Product, ProductImage

VIEW, ADD = "products.view_product", "products.add_product"
CHANGE = "products.change_product"
Rule = Callable[[HttpRequest, int], bool]


def unsaved() -> QuerySet[Product]:
    return Product.everything.filter(unsaved_at__isnull=False)


def make(user_id: int, submission_id: UUID) -> Product:
    """The product of this form; repeatable. It may have been saved by now.

    Raises SomebodyElses.
    """
    product, _is_new = Product.everything.get_or_create(
        submission_id=submission_id,
        defaults={"price": 0, "version": 0, "saved_by_id": user_id, "unsaved_at": clock.now()},
    )
    return of_maker(product, user_id)


def of_maker(product: Product, user_id: int) -> Product:
    if product.saved_by_id != user_id:
        raise SomebodyElses
    return product


def find(user_id: int, submission_id: UUID | None) -> Product | None:
    """The unsaved product of this form; None without one, or when it is somebody else's."""
    return unsaved().filter(saved_by=user_id, submission_id=submission_id).first()


def begin_to_save(product: Product, user_id: int) -> bool:
    """Make a product of an unsaved one, under its lock; whoever calls it saves the fields, too.

    Returns whether it was unsaved. Raises SomebodyElses.
    """
    if product.unsaved_at is None:
        return False
    of_maker(product, user_id)
    product.unsaved_at, product.created_at = None, clock.now()
    product.save(update_fields=["unsaved_at", "created_at"])
    return True


def newest(user_id: int) -> Product | None:
    """What its maker may want to go on with: the last one that has photos."""
    with_photos = Exists(changes.live().filter(product=OuterRef("pk")))
    return unsaved().filter(with_photos, saved_by=user_id).order_by("-unsaved_at", "-pk").first()


# --- Who may -----------------------------------------------------------------------------------


def of_product(permission: str) -> Rule:
    """Who may ask for something of a product: with that permission, or as its maker."""
    return lambda request, pk: may_use(request, permission, Product.everything.filter(pk=pk))


def of_image(permission: str) -> Rule:
    """The same by the id of one of its images."""
    return lambda request, pk: may_use(
        request, permission, Product.everything.filter(images__id=pk)
    )


def for_list(request: HttpRequest, pk: int) -> bool:
    """Who may see the images, whose list is asked for all the time: `etags` looks whose it is."""
    return may(request, VIEW) or of_product(VIEW)(request, pk)


def for_photos(request: HttpRequest, pk: int) -> bool:
    """Who may add photos: for a while the maker of a new product, too.

    He may have saved it while they travelled. Once somebody else has saved it, it is not his.
    """
    if of_product(CHANGE)(request, pk):
        return True
    mine = Product.objects.filter(
        pk=pk, saved_by=request.user.pk, created_at__gt=clock.now() - grace()
    )
    return may(request, ADD) and mine.exists()


def may_use(request: HttpRequest, permission: str, found: QuerySet[Product]) -> bool:
    """Raises NotFound when there is none, or an unsaved one of somebody else."""
    product = found.only("saved_by", "unsaved_at").first()
    if product and product.unsaved_at:
        return may_use_unsaved(request, product)
    if not may(request, permission):
        return False
    if product is None:
        raise NotFound
    return True


def may_use_unsaved(request: HttpRequest, product: Product) -> bool:
    """Whoever is about to change it puts off its end."""
    if product.saved_by_id != request.user.pk:
        raise NotFound
    if not may(request, ADD):
        return False
    if request.method not in {"GET", "HEAD"}:
        unsaved().filter(pk=product.pk).update(unsaved_at=clock.now())
    return True


# --- The sweep ---------------------------------------------------------------------------------


def grace() -> timedelta:
    return timedelta(seconds=conf().ORPHAN_GRACE_SECONDS)


def expired(now: datetime) -> QuerySet[Product]:
    return unsaved().filter(unsaved_at__lte=now - grace())


def expired_keys(now: datetime) -> list[str]:
    """The keys of the files that `sweep` would let go of."""
    images = ProductImage.objects.filter(product__in=expired(now)).order_by("product", "pk")
    return list(images.values_list("file__key", flat=True))


def sweep(now: datetime) -> list[str]:
    """Delete what nobody saved, and so its photos everywhere. Returns the keys of their files.

    Each product is one transaction. One that is being used or saved is skipped.
    """
    pks = list(expired(now).order_by("pk").values_list("pk", flat=True))
    return [key for pk in pks for key in sweep_one(pk, now)]


@transaction.atomic
def sweep_one(pk: int, now: datetime) -> list[str]:
    product = expired(now).select_for_update(skip_locked=True).filter(pk=pk).first()
    if product is None:
        return []
    keys = list(product.images.order_by("pk").values_list("file__key", flat=True))
    product.delete()
    return keys
