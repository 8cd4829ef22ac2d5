"""Files in the fixtures of `dumpdata` and `loaddata`: by their key, which is the same everywhere.

Numbers differ from one database to the next. The rows of the files have to be in the database or in
the fixture, before their owners or after them; one without is refused with its key. A file has no
natural key as a row: its number is noted with its object in the storage, so `--natural-primary`
must not draw another.
"""

import secrets
from typing import Any

from django.conf import settings
from django.core import serializers
from django.core.serializers import xml_serializer


class FilesByKey:
    """For the queryset of files."""

    def get_by_natural_key(self: Any, key: str) -> Any:
        """Raises StagedFile.DoesNotExist, with what to do about it."""
        file = self.filter(key=key).first()
        if file is None:
            raise self.model.DoesNotExist(
                f"there is no row for the file {key}. Dump media_staging.stagedfile into the "
                "fixture too"
            )
        return file


def place_to_keep() -> int:
    """A number that no file has, for an owner that `loaddata` comes back to when it has read the
    whole fixture: its column may not be empty."""
    return -secrets.randbits(62) - 1


class Serializer(xml_serializer.Serializer):
    """Django's for XML asks no field how it is written."""

    def handle_fk_field(self, obj: Any, field: Any) -> None:
        if not hasattr(field, "key_in_fixtures"):
            super().handle_fk_field(obj, field)
            return
        self._start_relational_field(field)  # type: ignore[attr-defined]
        if key := field.key_in_fixtures(obj):
            self.xml.startElement("natural", {})
            self.xml.characters(key)
            self.xml.endElement("natural")
        else:
            self.xml.addQuickElement("None")
        self.xml.endElement("field")
        if hasattr(self, "indent_level"):
            # Since Django 6.1.
            self.indent_level -= 1


Deserializer = xml_serializer.Deserializer


def register() -> None:
    """Unless the project has a serializer of its own for XML."""
    if "xml" not in getattr(settings, "SERIALIZATION_MODULES", {}):
        serializers.register_serializer("xml", __name__)
