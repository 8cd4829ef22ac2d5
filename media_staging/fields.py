"""Model fields that own a stored file: a foreign key that takes an upload and gives a `.url`.

    class Photo(models.Model):
        file = StagedImageField(folder="photos")

    photo.file = request.FILES["photo"]     # bytes and row are safe from here on
    photo.file.url                          # local now, the remote's after the transfer

Only these fields count as references: a file without one is swept after the grace time. Deleting
the owner lets go of the file in the same transaction.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import models, transaction
from django.db.models.fields.related_descriptors import ForwardManyToOneDescriptor
from django.db.models.signals import post_delete, pre_delete
from django.utils.translation import gettext_lazy as _

from media_staging.errors import MediaStagingError
from media_staging.intake import receiving
from media_staging.states import owners


class StagedFileDescriptor(ForwardManyToOneDescriptor):
    """Takes an upload where a foreign key takes an instance."""

    def __set__(self, instance: models.Model, value: Any) -> None:
        if isinstance(value, File):
            value = self.field.stage(value)
        super().__set__(instance, value)


class StagedFileWidget(forms.ClearableFileInput):
    """A file input that the admin can wrap like the select of any other foreign key."""

    choices: ClassVar[tuple[()]] = ()


class StagedFileFormField(forms.FileField):
    """Stages a valid upload while the form is cleaned, so that saving the form is quick."""

    widget = StagedFileWidget

    def __init__(self, *, model_field: "StagedFileField", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model_field = model_field

    def clean(self, data: Any, initial: Any = None) -> Any:
        cleaned = super().clean(data, initial)
        if not isinstance(cleaned, File):
            return cleaned
        try:
            return self.model_field.stage(cleaned)
        except MediaStagingError as error:
            raise ValidationError(str(error), code=error.code) from error


def in_one_transaction(save_base: Callable[..., None]) -> Callable[..., None]:
    """Make saving an owner one transaction.

    Django saves a model without parents in autocommit, `attach` and the INSERT each on its own;
    between the two commits the file could be let go of.
    """

    @wraps(save_base)
    def save(self: models.Model, *args: Any, using: str | None = None, **kwargs: Any) -> None:
        with transaction.atomic(using=using, savepoint=False):
            save_base(self, *args, using=using, **kwargs)

    return save


class StagedFileField(models.ForeignKey):
    """Refers to a StagedFile. `folder` is the first part of the keys of what is uploaded here."""

    description = _("Stored file")
    forward_related_accessor_class = StagedFileDescriptor
    images_only = False
    # What owners.owner_fields() looks for.
    owns_media = True

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
        if not cls._meta.abstract:
            cls.save_base = in_one_transaction(cls.save_base)  # type: ignore[method-assign]
            uid = f"{cls._meta.label}.{name}"
            pre_delete.connect(self._note, sender=cls, dispatch_uid=f"{uid}.note")
            post_delete.connect(self._let_go, sender=cls, dispatch_uid=f"{uid}.let_go")

    def stage(self, upload: File) -> Any:
        return receiving.stage(upload, folder=self.folder, images_only=self.images_only)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Make sure that the file is not being deleted, and cannot be until the commit."""
        pk = super().pre_save(model_instance, add)
        if pk is not None:
            file: Any = self.get_cached_value(model_instance, default=None)
            if not (file and file.is_private):
                owners.attach([pk])
        return pk

    def _note(self, *, instance: models.Model, origin: Any, **kwargs: Any) -> None:
        """Before anything is deleted: remember whose owner is about to go."""
        pk = getattr(instance, self.attname)
        if pk is not None:
            self._leaving(origin or instance).add(pk)

    def _let_go(self, *, instance: models.Model, origin: Any, **kwargs: Any) -> None:
        """At the first owner gone all are: Django deletes a model's rows together, then tells."""
        leaving = self._leaving(origin or instance)
        if leaving:
            owners.let_go(leaving)
            leaving.clear()

    def _leaving(self, origin: Any) -> set[int]:
        """The files of one `delete()`, kept on what it was called on: an instance or queryset."""
        return vars(origin).setdefault(f"_{self.name}_leaving", set())

    def value_from_object(self, obj: models.Model) -> Any:
        """Forms show the file with its address, not its number."""
        return getattr(obj, self.name, None)

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
