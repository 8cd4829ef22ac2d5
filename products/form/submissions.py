"""One POST of the product form: the bytes first, then everything else in one short transaction.

Good photos survive whatever else is wrong: when the form is invalid they are kept and named by a
hidden field, and the next try attaches them.
"""

from http import HTTPStatus

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from media_staging import clock
from media_staging.errors import StagingFull, StagingUnavailable, UploadRefused
from media_staging.intake import receiving
from media_staging.models import StagedFile
from products.errors import Conflict, ProductsError
from products.form import edits, kept
from products.form.conflicts import Difference, differences
from products.form.forms import ProductForm
from products.images import changes, unsaved
from products.models import Product

SAVED_COLUMNS = [*ProductForm.Meta.fields, "version", "submission_id", "saved_by", "updated_at"]


class Submission:
    """`saved` is the product when all is well; else `form` is to be shown again."""

    def __init__(self, request: HttpRequest, product: Product | None) -> None:
        self.request = request
        self.product = product
        self.form = ProductForm(request.POST, request.FILES, instance=product)
        self.variants = edits.posted(request.POST, "variant")
        self.variant_errors: dict[int, dict[str, list[str]]] = {}
        self.received: list[StagedFile] = []
        self.refused: list[UploadRefused] = []
        self.kept_ids = kept.named(self.user_id, request.POST.get("kept_images", ""))
        # Where the photos of a form for a new product are already.
        self.unsaved: Product | None = None
        self.saved: Product | None = None
        self.theirs: Product | None = None
        self.differences: list[Difference] = []
        self.status = HTTPStatus.OK

    @property
    def user_id(self) -> int:
        return self.request.user.pk or 0

    def process(self) -> None:
        """Raises Product.DoesNotExist when the product is gone."""
        if self.repeats():
            return
        self.receive()
        if self.form.is_valid():
            self.try_to_save()
        if self.saved is None:
            self.keep()
            self.find_unsaved()
        for error in self.refused:
            messages.warning(self.request, f"{error.name}: {error.message}")

    # --- Twice the same ------------------------------------------------------------------------

    def repeats(self) -> bool:
        """Whether this submission was saved already: a double click, or back and send again."""
        self.form.full_clean()
        submission_id = self.form.cleaned_data.get("submission_id")
        if submission_id is None:
            return False
        self.saved = Product.objects.filter(submission_id=submission_id).first()
        if self.saved:
            messages.info(self.request, _("This was saved already."))
        return self.saved is not None

    # --- Bytes ---------------------------------------------------------------------------------

    def receive(self) -> None:
        if not self.form.uploads:
            return
        try:
            self.received, self.refused = receiving.receive_all(
                self.form.uploads, folder="products", images_only=True
            )
        except (StagingFull, StagingUnavailable) as error:
            self.form.add_error("images", str(error.message))
            self.status = error.http_status

    # --- Rows ----------------------------------------------------------------------------------

    def try_to_save(self) -> None:
        try:
            with transaction.atomic():
                saved = self.save()
        except edits.FormErrors as error:
            self.variant_errors = error.rows
            self.form.add_error(None, _("Some variants have errors; nothing was saved."))
        except Conflict as error:
            self.show_conflict()
            self.form.add_error(None, str(error.message))
        except ProductsError as error:
            self.form.add_error(None, str(error.message))
        except IntegrityError:
            # The other half of a double click was faster, or the first photo of this form.
            if self.repeats():
                return
            if self.unsaved or not self.find_unsaved():
                raise
            self.forget_rows()
            self.try_to_save()
        else:
            self.saved = saved
            messages.success(self.request, _("Product saved."))

    def save(self) -> Product:
        product = self.save_product()
        receiving.register(self.received)
        files = [*self.take_kept(), *self.received]
        if self.product is None and self.unsaved is None:
            changes.create(product.pk, files)
        else:
            edits.apply_images(product.pk, edits.posted(self.request.POST, "image"))
            edits.apply_variants(product.pk, self.variants)
            changes.insert(product.pk, files, place=None)
        return product

    def save_product(self) -> Product:
        """The row itself, locked from here on. Raises Conflict."""
        product = self.form.instance
        product.submission_id = self.form.cleaned_data["submission_id"]
        product.saved_by_id = self.request.user.pk
        if self.product is None:
            self.take_unsaved(product)
            product.save()
            return product
        current = Product.objects.lock(product.pk)
        known = self.form.cleaned_data["version"]
        if known is not None and known != current.version:
            raise Conflict
        product.version = current.version + 1
        product.save(update_fields=SAVED_COLUMNS)
        return product

    def take_unsaved(self, product: Product) -> None:
        """Save over the row that holds the photos of this form, if there is one."""
        self.unsaved = unsaved.take(self.user_id, product.submission_id)
        if self.unsaved:
            product.pk, product.created_at = self.unsaved.pk, clock.now()
            product._state.adding = False
        elif self.form.cleaned_data["unsaved"]:
            sentence = _("The photos of this form were cleaned up meanwhile. Upload them again.")
            messages.warning(self.request, sentence)

    def find_unsaved(self) -> bool:
        submission_id = self.form.cleaned_data.get("submission_id")
        self.unsaved = unsaved.find(self.user_id, submission_id)
        return self.unsaved is not None

    def show_conflict(self) -> None:
        """What they saved, beside what was typed; saving again is then meant."""
        self.theirs = Product.objects.select_related("saved_by").get(pk=self.form.instance.pk)
        self.differences = differences(self.form, self.theirs)
        self.form.show(version=self.theirs.version)

    # --- Photos of an earlier try --------------------------------------------------------------

    def take_kept(self) -> list[StagedFile]:
        if not self.kept_ids:
            return []
        files = kept.take(self.kept_ids)
        lost = kept.count_lost(self.kept_ids)
        if lost:
            sentence = ngettext(
                "A photo that you sent earlier was cleaned up. Upload it again.",
                "%(count)s photos that you sent earlier were cleaned up. Upload them again.",
                lost,
            )
            messages.warning(self.request, sentence % {"count": lost})
        return files

    def keep(self) -> None:
        """Give the bytes received a row, and let the form name them."""
        self.forget_rows()
        receiving.register(self.received)
        self.kept_files = [*kept.find(self.kept_ids), *self.received]
        self.form.show(kept_images=kept.sign(self.user_id, self.kept_files))

    def forget_rows(self) -> None:
        """A rolled-back transaction leaves ids that somebody else may have got meanwhile."""
        for file in self.received:
            file.pk = None
            file._state.adding = True
