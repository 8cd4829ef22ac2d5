"""Model fields that own a stored file: a foreign key that takes an upload and gives a `.url`.

    class Photo(models.Model):
        file = StagedImageField(folder="photos")

    photo.file = request.FILES["photo"]     # bytes and row are safe from here on
    photo.file.url                          # local now, the remote's after the transfer

A file that is replaced, or whose owner is deleted, is let go of in the owner's transaction, unless
something else refers to it: every relation to StagedFile counts, also a plain foreign key or a
ManyToManyField. `QuerySet.update`, bulk methods and other relations let go of nothing themselves:
what they leave without a reference is swept after the grace time.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import partial, wraps
from typing import Any

from django.apps import apps
from django.core.files.base import File
from django.db import models, router, transaction
from django.db.models.fields.related_descriptors import ForwardManyToOneDescriptor
from django.db.models.signals import class_prepared, post_delete, pre_delete, pre_save
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from media_staging import fixtures
from media_staging.forms import StagedFileFormField, StagedFileWidget
from media_staging.intake import receiving
from media_staging.models import StagedFile
from media_staging.states import owners


class StagedFileDescriptor(ForwardManyToOneDescriptor):
    """Takes an upload where a foreign key takes an instance."""

    def __set__(self, instance: models.Model, value: Any) -> None:
        if isinstance(value, File):
            value = self.field.stage(value)
        super().__set__(instance, value)


# --- Letting go of what an owner had ----------------------------------------------------------


def letting_go(save_base: Callable[..., None]) -> Callable[..., None]:
    """Make saving an owner one transaction, at whose end it lets go of what it had before.

    Django saves a model without parents in autocommit, `attach` and the INSERT each on its own;
    between the two commits the file could be let go of.
    """

    @wraps(save_base)
    def save(self: models.Model, *args: Any, using: str | None = None, **kwargs: Any) -> None:
        using = using or router.db_for_write(type(self), instance=self)
        saving = vars(self)[SAVING] = Saving(using)
        try:
            with transaction.atomic(using=using, savepoint=False):
                save_base(self, *args, using=using, **kwargs)
                let_go(saving.replaced, using)
        finally:
            vars(self).pop(SAVING, None)

    save.lets_go = True  # type: ignore[attr-defined]
    return save


# Where an owner keeps it while it is being saved.
SAVING = "_media_staging_saving"


@dataclass(slots=True)
class Saving:
    using: str
    # The files that it refers to no more, and those that are held for it: Django 6.1 asks a field
    # twice for what is inserted.
    replaced: set[int] = dataclass_field(default_factory=set)
    attached: set[int] = dataclass_field(default_factory=set)


def let_go(files: Collection[int], using: str) -> None:
    """In the owner's transaction; after it, where the owner is in another database."""
    if not files:
        return
    if using == router.db_for_write(StagedFile):
        owners.let_go(files)
    else:
        transaction.on_commit(partial(owners.let_go, files), using=using)


@receiver(class_prepared)
def _follow_proxies(sender: type[models.Model], **kwargs: Any) -> None:
    """What is deleted through a proxy is told to listeners of the proxy only."""
    if sender._meta.proxy:
        concrete: Any = sender._meta.concrete_model
        for field in concrete._meta.local_fields:
            if isinstance(field, StagedFileField):
                field.follow_deletions_of(sender)


# --- The fields -------------------------------------------------------------------------------


class StagedFileField(models.ForeignKey):
    """Refers to a StagedFile. `folder` is the first part of the keys of what is uploaded here."""

    description = _("Stored file")
    forward_related_accessor_class = StagedFileDescriptor
    images_only = False

    def __init__(self, *, folder: str = "files", **kwargs: Any) -> None:
        self.folder = folder
        kwargs.setdefault("to", "media_staging.StagedFile")
        kwargs.setdefault("on_delete", models.PROTECT)
        kwargs.setdefault("related_name", "+")
        super().__init__(**kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "folder": self.folder}

    def contribute_to_class(
        self, cls: type[models.Model], name: str, private_only: bool = False, **kwargs: Any
    ) -> None:
        super().contribute_to_class(cls, name, private_only=private_only, **kwargs)
        # Models of migrations are left alone: the tables may be those of an earlier version.
        if not cls._meta.abstract and cls._meta.apps is apps:
            if not getattr(cls.save_base, "lets_go", False):
                cls.save_base = letting_go(cls.save_base)  # type: ignore[method-assign]
            self.follow_deletions_of(cls)
            pre_save.connect(self._load, sender=cls, dispatch_uid=f"{cls._meta.label}.{name}.load")

    def follow_deletions_of(self, model: type[models.Model]) -> None:
        uid = f"{model._meta.label}.{self.name}"
        pre_delete.connect(self._note, sender=model, dispatch_uid=f"{uid}.note")
        post_delete.connect(self._let_go, sender=model, dispatch_uid=f"{uid}.let_go")

    def stage(self, upload: File) -> Any:
        return receiving.stage(upload, folder=self.folder, images_only=self.images_only)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Make sure that the file is not being deleted, and cannot be until the commit."""
        pk = super().pre_save(model_instance, add)
        saving: Saving | None = vars(model_instance).get(SAVING)
        before = None if add or saving is None else self._stored(model_instance, saving.using)
        if pk is not None and pk != before:
            self._attach(model_instance, pk, saving)
        if saving and before is not None and pk != before:
            saving.replaced.add(before)
        return pk

    def _attach(self, instance: models.Model, pk: int, saving: Saving | None) -> None:
        if saving and pk in saving.attached:
            return
        file: Any = self.get_cached_value(instance, default=None)
        if file and file.is_private:
            # From now on it has an owner that may let go of it.
            file.is_private = False
        else:
            owners.attach([pk])
        if saving:
            saving.attached.add(pk)

    def _stored(self, instance: models.Model, using: str) -> int | None:
        """The file that the row refers to. The row is locked until the commit, so that of two who
        replace the file at once each lets go of what it replaced."""
        rows: Any = models.QuerySet(self.model, using=using).select_for_update(no_key=True)
        pk = instance._get_pk_val(self.model._meta)
        return rows.filter(pk=pk).values_list(self.attname, flat=True).first()

    def _note(self, *, instance: models.Model, origin: Any, **kwargs: Any) -> None:
        """Before anything is deleted: remember whose owner is about to go."""
        pk = getattr(instance, self.attname)
        if pk is not None:
            self._leaving(origin or instance).add(pk)

    def _let_go(self, *, instance: models.Model, using: str, origin: Any, **kwargs: Any) -> None:
        """At the first owner gone all are: Django deletes a model's rows together, then tells."""
        leaving = self._leaving(origin or instance)
        let_go(set(leaving), using)
        leaving.clear()

    def _leaving(self, origin: Any) -> set[int]:
        """The files of one `delete()`, kept on what it was called on: an instance or queryset."""
        return vars(origin).setdefault(f"_{self.name}_leaving", set())

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        """A file that was read from the database needs not be asked for again."""
        file: Any = model_instance and self.get_cached_value(model_instance, default=None)
        if file is None or file.pk != value or self.get_limit_choices_to():
            super().validate(value, model_instance)

    def value_from_object(self, obj: models.Model) -> Any:
        """Forms show the file with its address, not its number."""
        return getattr(obj, self.name, None)

    def key_in_fixtures(self, obj: models.Model) -> str | None:
        file = self.value_from_object(obj)
        return file and file.key

    def value_to_string(self, obj: models.Model) -> Any:
        """For fixtures, which hold a natural key as a list."""
        return [self.key_in_fixtures(obj)]

    def _load(self, *, instance: models.Model, raw: bool, **kwargs: Any) -> None:
        """An owner out of a fixture whose file comes after it."""
        if raw and not self.null and getattr(instance, self.attname) is None:
            setattr(instance, self.attname, fixtures.place_to_keep())

    def save_form_data(self, instance: models.Model, data: Any) -> None:
        """None keeps what is there, False clears it, as with Django's own FileField."""
        if data is not None:
            setattr(instance, self.name, data or None)

    def formfield(self, **kwargs: Any) -> Any:
        defaults = {"form_class": StagedFileFormField, "model_field": self}
        kwargs = {**defaults, **kwargs}
        for unused in ("queryset", "to_field_name", "limit_choices_to", "blank", "using"):
            kwargs.pop(unused, None)
        return models.Field.formfield(self, **kwargs)


class StagedImageField(StagedFileField):
    """A StagedFileField that takes only JPEG, PNG, WebP, GIF and AVIF, told by content."""

    description = _("Stored picture")
    images_only = True

    def formfield(self, **kwargs: Any) -> Any:
        accept = "image/jpeg,image/png,image/webp,image/gif,image/avif"
        kwargs.setdefault("widget", StagedFileWidget(attrs={"accept": accept}))
        return super().formfield(**kwargs)
