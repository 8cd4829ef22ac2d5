"""One POST of the product form: the bytes first, then everything else in one short transaction.

Good photos survive whatever else is wrong: when the form is invalid they are kept and named by a
hidden field, and the next try attaches them. A submission that comes twice is saved once; with
another content it corrects the product that it saved before.
"""

import json
from http import HTTPStatus

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from media_staging.errors import StagingFull, StagingUnavailable, UploadRefused
from media_staging.intake import receiving
from media_staging.models import StagedFile
from products import cells
from products.cells import Saver, Told
from products.errors import ProductsError
from products.form import edits, kept, row
from products.form.conflicts import Difference, differences
from products.form.forms import ProductForm, as_typed, seen_of
from products.form.saves import Refused, Save
from products.images import changes, unsaved
from products.images.gallery import Gallery
from products.models import Product
from products.typed import isolated

# Two of one submission that start at the same time: the slower one finds what the other saved.
TRIES = 2
# What says nothing of the content.
ENVELOPE = {"csrfmiddlewaretoken", "submission_id"}


class Submission:
    """`saved` is the product when all is well; else `form` is to be shown again."""

    def __init__(self, request: HttpRequest, product: Product | None) -> None:
        self.request = request
        self.product = product
        self.form = ProductForm(request.POST, request.FILES, instance=product)
        self.images = edits.posted(request.POST, "image")
        self.variants = edits.VariantRows(edits.posted(request.POST, "variant"))
        self.received: list[StagedFile] = []
        self.refused: list[UploadRefused] = []
        self.kept_files: list[StagedFile] = []
        self.kept_ids = kept.named(self.user_id, request.POST.get("kept_images", ""))
        # What holds the photos of a form for a new product that was refused.
        self.unsaved: Product | None = None
        self.saved: Product | None = None
        self.differences: list[Difference] = []
        self.status = HTTPStatus.OK

    @property
    def user_id(self) -> int:
        return self.request.user.pk or 0

    def process(self) -> None:
        """Raises Product.DoesNotExist when the product is gone."""
        self.form.full_clean()
        self.receive()
        if self.form.is_valid():
            self.try_to_save()
        if self.saved is None:
            self.keep()
            submission_id = self.form.cleaned_data.get("submission_id")
            self.unsaved = unsaved.find(self.user_id, submission_id)
        for error in self.refused:
            messages.warning(self.request, f"{isolated(error.name)}: {error.message}")

    def show_unproven(self) -> None:
        """Nobody knows whether the person meant it: nothing is saved, and no photo is kept."""
        self.form.full_clean()
        sentence = _("You signed in or out in another tab. Look at what you typed, and save again.")
        self.form.add_error(None, sentence)
        if self.form.uploads:
            self.form.add_error("images", _("Choose the photos again."))
        self.status = HTTPStatus.FORBIDDEN
        self.kept_files = kept.find(self.kept_ids)
        self.unsaved = unsaved.find(self.user_id, self.form.cleaned_data.get("submission_id"))

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

    @property
    def content(self) -> str:
        """The hash of all that was typed and sent."""
        fields = {name: texts for name, texts in self.request.POST.lists() if name not in ENVELOPE}
        content = [fields, [file.sha256 for file in self.received]]
        return row.hash_of(json.dumps(content, sort_keys=True).encode())

    # --- Rows ----------------------------------------------------------------------------------

    def try_to_save(self) -> None:
        for attempt in range(1, TRIES + 1):
            try:
                with transaction.atomic():
                    self.saved = self.save()
            except Refused as error:
                self.show(error)
            except ProductsError as error:
                self.form.add_error(None, str(error.message))
            except IntegrityError:
                self.forget_rows()
                if attempt < TRIES:
                    continue
                raise
            return

    def save(self) -> Product:
        submission = str(self.form.cleaned_data["submission_id"] or "")
        earlier = row.of_submission(submission)
        if self.product and earlier and earlier.pk != self.product.pk:
            earlier, submission = None, ""
        known = self.product or earlier
        saver = Saver(self.user_id, submission)
        if known is None:
            product = self.create(saver)
        else:
            product = Product.everything.lock(known.pk)
            is_new = unsaved.begin_to_save(product, self.user_id)
            if row.is_saved_already(product, saver, self.content):
                messages.info(self.request, _("This was saved already."))
                return product
            self.change(product, saver, is_correction=earlier is not None and not is_new)
        messages.success(self.request, _("Product saved."))
        return product

    def create(self, saver: Saver) -> Product:
        if self.form.cleaned_data["unsaved"]:
            sentence = _("The photos of this form were cleaned up meanwhile. Upload them again.")
            messages.warning(self.request, sentence)
        product = self.form.instance
        product.version = 0
        row.write(product, self.form.values, saver, self.content)
        receiving.register(self.received)
        changes.create(product.pk, [*self.take_kept(), *self.received])
        return product

    def change(self, product: Product, saver: Saver, *, is_correction: bool) -> None:
        """Raises Refused, BadRequest."""
        gallery = Gallery.of(product.pk)
        one = Save(product, saver)
        seen, version = self.form.cleaned_data["seen"], self.form.cleaned_data["version"]
        one.fields(self.form.values, seen, version)
        one.alts(edits.alts(gallery, self.images))
        one.variants(self.variants.rows, self.variants.delete)
        one.finish(self.content)
        edits.apply_images(product.pk, gallery, self.images)
        there = {image.file.sha256 for image in gallery.images} if is_correction else set()
        new = [file for file in self.received if file.sha256 not in there]
        receiving.register(new)
        changes.insert(product.pk, [*self.take_kept(), *new], place=None)

    # --- What was refused ----------------------------------------------------------------------

    def show(self, refused: Refused) -> None:
        """Everything stays as typed. Saving again is meant, where it was a conflict."""
        if refused.conflicts:
            self.form.add_error(None, _("The same was changed elsewhere meanwhile."))
            self.form.add_error(None, _("Save again to keep yours."))
        if refused.code != Refused.CONFLICT:
            self.form.add_error(None, str(refused.message))
        for pk, sentences in refused.errors.get("alts", {}).items():
            self.images[int(pk)]["error"] = " ".join(sentences["alt"])
        for pk, told in refused.conflicts.get("alts", {}).items():
            self.images[int(pk)]["seen"] = told["alt"].conflict.now
        self.variants.refused(refused)
        self.show_product(refused.conflicts.get("product", {}))

    def show_product(self, told: dict[str, Told]) -> None:
        """What others changed in the fields: beside what was typed, or instead of it."""
        if self.product is None:
            return
        self.differences = differences(self.form, told)
        current = Product.objects.get(pk=self.form.instance.pk)
        seen = self.form.cleaned_data["seen"]
        typed, values = as_typed(current), self.form.values
        adopted = [name for name in seen if cells.same(values[name], seen[name])]
        adopt = {name: typed[name] for name in adopted if name not in told}
        self.form.show(version=current.version, seen=seen_of(current), **adopt)

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

    def forget_rows(self) -> None:
        """A rolled-back transaction leaves ids that somebody else may have got meanwhile."""
        for each in (*self.received, *([] if self.product else [self.form.instance])):
            each.pk = None
            each._state.adding = True

    def keep(self) -> None:
        """Give the bytes received a row, and let the form name them."""
        self.forget_rows()
        receiving.register(self.received)
        self.kept_files = [*kept.find(self.kept_ids), *self.received]
        self.form.show(kept_images=kept.sign(self.user_id, self.kept_files))
