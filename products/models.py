"""The tables: products, their variants and their images."""

from collections.abc import Collection
from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from media_staging.fields import StagedImageField
from products.typed_fields import CodeField, LineField, PriceField, ProseField, WholeNumberField

# In characters.
SKU_LENGTH = 64
ALT_LENGTH = 255


class Noted(models.Model):
    """A row that notes who changed which of its fields last, and when; see `cells.py`."""

    changed = models.JSONField(default=dict, editable=False)

    class Meta:
        abstract = True


class ProductQuerySet(models.QuerySet["Product"]):
    def lock(self, pk: int) -> "Product":
        """The product, locked until the transaction ends: whoever changes a variant or the order
        of images does this first. On SQLite the transaction itself holds the only write lock.

        Raises Product.DoesNotExist. Others may still refer to the row meanwhile.
        """
        return self.select_for_update(no_key=True).get(pk=pk)


class SavedProducts(models.Manager.from_queryset(ProductQuerySet)):  # type: ignore[misc]
    """All products but the unsaved: who wants to see those has to ask for `everything`."""

    def get_queryset(self) -> ProductQuerySet:
        return super().get_queryset().filter(unsaved_at=None)


class Product(Noted):
    """An *unsaved* one holds the photos of a form that nobody has saved yet (`images/unsaved.py`):
    its name is empty, its price 0 and its version 0 until then.
    """

    class Status(models.TextChoices):
        # Not shown to customers yet.
        DRAFT = "draft", _("Draft")
        # On sale.
        ACTIVE = "active", _("Active")
        # Not on sale any more; kept for the records.
        ARCHIVED = "archived", _("Archived")

    name = LineField(_("name"), max_length=200)
    description = ProseField(_("description"), blank=True)
    price = PriceField(
        _("price"), max_digits=10, decimal_places=2, validators=[MinValueValidator(Decimal(0))]
    )
    status = models.CharField(
        _("status"), max_length=8, choices=Status.choices, default=Status.DRAFT
    )
    # Counts the saves of the form, so that a save on top of somebody else's is noticed.
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    # The form submission that was saved last, and the hash of what it held: sent again it is saved
    # already, with another content under the same id it is a correction.
    submission_id = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    submission_hash = models.CharField(max_length=64, default="", editable=False)
    # Who saved the form last, to be named to whoever meant to save over it; of an unsaved product
    # its maker.
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed at"), auto_now=True)
    # When an unsaved product was changed last, its pictures included; NULL once it is saved.
    unsaved_at = models.DateTimeField(null=True, editable=False)

    objects = SavedProducts()
    everything = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["status", "-id"], name="product_status"),
            # For the list and its count as much as for the sweep.
            models.Index(fields=["unsaved_at", "-id"], name="product_unsaved"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(price__gte=0), name="product_price_not_negative")
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("products:detail", args=[self.pk])

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Nothing to ask the database: the validators of the fields say the same."""


class ProductVariant(Noted):
    product = models.ForeignKey(
        Product,
        verbose_name=_("product"),
        on_delete=models.CASCADE,
        related_name="variants",
        db_index=False,
    )
    # Compared as it is, capitals included: folding case goes wrong in Turkish.
    sku = CodeField(
        _("SKU"),
        max_length=SKU_LENGTH,
        unique=True,
        error_messages={"unique": _("This SKU is already in use.")},
    )
    name = LineField(_("name"), max_length=200)
    price = PriceField(
        _("price"), max_digits=10, decimal_places=2, validators=[MinValueValidator(Decimal(0))]
    )
    stock = WholeNumberField(_("stock"), default=0)
    # Order within the product; gaps and ties are fine, the id decides between equals.
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
        ordering = ["position", "pk"]
        indexes = [models.Index(fields=["product", "position"], name="variant_order")]
        constraints = [
            models.CheckConstraint(condition=Q(price__gte=0), name="variant_price_not_negative")
        ]

    def __str__(self) -> str:
        return self.sku

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """As of a product: the validators of the fields say the same."""


class ProductImage(Noted):
    """A picture of a product. Changes are made by the functions of `images.py`.

    `deleted_at` hides it at once while its file stays untouched; the row goes, and the file with
    it, when the undo time is over.
    """

    product = models.ForeignKey(
        Product,
        verbose_name=_("product"),
        on_delete=models.CASCADE,
        related_name="images",
        db_index=False,
    )
    file = StagedImageField(folder="products", related_name="+", verbose_name=_("file"))
    alt = LineField(_("alt text"), max_length=ALT_LENGTH, blank=True)
    # Order within the product. Hidden images keep theirs, so that they return to their old place.
    position = models.PositiveIntegerField(_("position"), default=0)
    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("image")
        verbose_name_plural = _("images")
        ordering = ["position", "pk"]
        indexes = [
            models.Index(fields=["product", "position"], name="image_order"),
            models.Index(
                fields=["deleted_at"], name="image_expiry", condition=Q(deleted_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.alt or f"#{self.pk}"
