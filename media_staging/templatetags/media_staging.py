"""`{% load media_staging %}`, then `{% sync_badge file %}` for any StagedFile."""

from django import template

from media_staging.models import StagedFile

register = template.Library()


@register.inclusion_tag("media_staging/badge.html")
def sync_badge(file: StagedFile) -> dict[str, object]:
    """The state of a file as icon and word. A file put off after a failure is "retrying"."""
    return {"state": "retrying" if file.retry_at else file.state, "file": file}
