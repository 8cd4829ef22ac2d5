"""The rows of an inline: each compared with what was seen, and all saved together.

Nothing here asks the database row by row: a form with many rows stays as quick as one with few.
"""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.admin.options import BaseModelAdmin
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from products import cells
from products.admin.forms import SeenForm
from products.cells import Saver, Values

# What a hidden field says of a row that is gone, once that was told.
GONE = "gone"


class WithSeen(BaseModelAdmin):
    """Shows the hidden field `seen` to whoever may change something."""

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_fields(request, obj)
        return [*fields, "seen"] if self.has_change_permission(request, obj) else fields


class RowForm(SeenForm):
    """A row that somebody else deleted meanwhile is passed over, unless something was typed in it:
    then that is told first.
    """

    is_gone = False
    is_passed_over = False

    def clean(self) -> Values:
        if not self.is_gone:
            return super().clean()
        told_before = self.cleaned_data.get("seen") == GONE
        self.is_passed_over = told_before or not self.is_typed()
        self.errors.clear()
        if not self.is_passed_over:
            sentence = _(
                "This row was deleted elsewhere meanwhile. Save again to go on without it."
            )
            self.add_error(None, sentence)
            self.show_as_seen(GONE)
        return self.cleaned_data

    def is_typed(self) -> bool:
        seen = self.read_seen()
        typed = {name: self.cleaned_data.get(name) for name in self.compared}
        return not all(cells.same(seen.get(name), value) for name, value in typed.items())

    def _post_clean(self) -> None:
        if not self.is_gone:
            super()._post_clean()  # type: ignore[misc]

    def validate_unique(self) -> None:
        """The formset asks for all rows at once."""


class RowFormSet(BaseInlineFormSet):
    """Knows who saves, and saves all rows with a few statements; see `write`."""

    saver: Saver = cells.NOBODY

    def get_queryset(self) -> Any:
        """By the ids that were posted: a row that is gone is a new object of that id."""
        if not hasattr(self, "_rows"):
            rows = super().get_queryset()
            self.prepare(rows)
            self._rows = self.as_posted(rows) if self.is_bound else rows
        return self._rows

    def prepare(self, rows: Any) -> None:
        """Called once with the rows as they are now, in order."""

    def as_posted(self, rows: Any) -> list[Any]:
        found = {row.pk: row for row in rows}
        model: Any = self.model
        ids = [self.posted_id(index) for index in range(self.initial_form_count())]
        return [found.get(pk) or model(pk=pk) for pk in ids]

    def posted_id(self, index: int) -> int | None:
        model: Any = self.model
        try:
            pk: int | None = model._meta.pk.to_python(self.data.get(f"{self.add_prefix(index)}-id"))
        except ValidationError:
            return None
        return pk

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        is_posted = self.is_bound and index is not None and index < self.initial_form_count()
        form.is_gone = is_posted and form.instance._state.adding
        # Django's own asks for each row whether it is there.
        initial = form.instance.pk if is_posted else form.fields["id"].initial
        hidden = forms.HiddenInput
        form.fields["id"] = forms.CharField(required=False, widget=hidden, initial=initial)
        if "position" in form.fields:
            # Without one a row comes last.
            form.fields["position"].required = False
            if not form.instance.pk:
                form.initial["position"] = None
        # The head of the table has the labels, of which nobody knows who hears the page.
        for field in form.fields.values():
            widget = getattr(field.widget, "widget", field.widget)
            if not widget.is_hidden:
                widget.attrs["aria-label"] = capfirst(str(field.label))

    def _should_delete_form(self, form: Any) -> bool:
        asked: bool = super()._should_delete_form(form)  # type: ignore[misc]
        return asked or form.is_passed_over

    def save(self, commit: bool = True) -> list[Any]:
        """Sets what the admin's log asks for."""
        leaving: Any = self.deleted_forms
        initial: Any = self.initial_forms
        there = [form for form in initial if not form.is_gone]
        deleted = [form for form in there if form in leaving]
        kept = [form for form in there if form not in leaving]
        changed = [form for form in kept if form.has_changed() and self.changes_of(form)]
        added = [form for form in self.extra_forms if form.has_changed() and form not in leaving]
        self.deleted_objects = [form.instance for form in deleted]
        self.changed_objects = [(form.instance, self.changes_of(form)) for form in changed]
        self.new_objects = self.write(added, changed, [form.instance.pk for form in deleted])
        return []

    def changes_of(self, form: Any) -> list[str]:
        """The fields that are to be written."""
        return list(form.columns)

    def write(
        self, added: Sequence[Any], changed: Sequence[Any], deleted: Sequence[int]
    ) -> list[Any]:
        """Write clean forms and delete rows by id. Returns the rows that were added."""
        raise NotImplementedError
