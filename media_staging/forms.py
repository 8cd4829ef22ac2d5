"""How forms and the admin show a stored file, and take another one in its place."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from media_staging.errors import MediaStagingError
from media_staging.models import StagedFile

STYLES: Mapping[str, tuple[str, ...]] = {"all": ("media_staging/shown_file.css",)}


def shown(file: StagedFile | None) -> SafeString:
    """A file as people see it: small picture, name, state, and the reason where something failed.

    Whoever shows many joins `thumbnail` (`select_related`), or each costs a query.
    """
    if file is None:
        return SafeString()
    return render_to_string("media_staging/shown_file.html", {"file": file})


class StagedFileWidget(forms.ClearableFileInput):
    """A file input below what is stored, which the admin can wrap like any foreign key's select."""

    template_name = "media_staging/file_input.html"
    choices: ClassVar[tuple[()]] = ()

    class Media:
        css = STYLES

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """By the project's own templates: the renderer of forms may not know where ours are."""
        return render_to_string(self.template_name, self.get_context(name, value, attrs))


class StagedFileFormField(forms.FileField):
    """Stages a valid upload while the form is cleaned, so that saving the form is quick."""

    widget = StagedFileWidget

    def __init__(self, *, model_field: Any, **kwargs: Any) -> None:
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
