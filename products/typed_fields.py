"""Columns whose forms read what is typed as `typed.py` says; to the database they are Django's."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from products import typed


class LineInput(forms.CharField):
    def to_python(self, value: Any) -> Any:
        return typed.line(super().to_python(value) or "")


class CodeInput(forms.CharField):
    def to_python(self, value: Any) -> Any:
        return typed.code(super().to_python(value) or "")


class ProseInput(forms.CharField):
    def to_python(self, value: Any) -> Any:
        return typed.prose(super().to_python(value) or "")


class PriceInput(forms.DecimalField):
    widget = forms.TextInput(attrs={"inputmode": "decimal"})

    def to_python(self, value: Any) -> Any:
        return None if value in self.empty_values else read(typed.price, str(value))


class WholeNumberInput(forms.IntegerField):
    widget = forms.TextInput(attrs={"inputmode": "numeric"})

    def to_python(self, value: Any) -> Any:
        return None if value in self.empty_values else read(typed.whole_number, str(value))


def read(parse: Any, text: str) -> Any:
    try:
        return parse(text)
    except ValueError as error:
        raise ValidationError(str(error)) from error


class AsDjangos:
    """A column class that migrations know by the name of Django's, with a form field of ours."""

    form_class: type[forms.Field]

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": self.form_class, **kwargs})  # type: ignore[misc]

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()  # type: ignore[misc]
        return name, f"django.db.models.{type(self).__mro__[2].__name__}", args, kwargs


class LineField(AsDjangos, models.CharField):
    form_class = LineInput


class CodeField(AsDjangos, models.CharField):
    form_class = CodeInput


class ProseField(AsDjangos, models.TextField):
    form_class = ProseInput


class PriceField(AsDjangos, models.DecimalField):
    form_class = PriceInput

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"localize": True, "widget": PriceInput.widget, **kwargs})


class WholeNumberField(AsDjangos, models.PositiveIntegerField):
    form_class = WholeNumberInput
