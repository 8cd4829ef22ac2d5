from django.db import models


class Document(models.Model):
    """Every field may be empty: a form that arrived empty would be saved."""

    title = models.CharField(max_length=200, blank=True)
    file = models.FileField(upload_to="documents", blank=True)
    picture = models.ImageField(upload_to="pictures", blank=True)

    def __str__(self) -> str:
        return self.title
