"""`{% load media_staging %}`, then `{% sync_badge file %}` and `{% srcset file %}` for any
StagedFile."""

from django import template

from media_staging.models import StagedFile

register = template.Library()


@register.inclusion_tag("media_staging/badge.html")
def sync_badge(file: StagedFile) -> dict[str, object]:
    """The state of a file as icon and word. A file put off after a failure is "retrying"."""
    return {"state": "retrying" if file.retry_at else file.state, "file": file}


@register.simple_tag
def srcset(file: StagedFile) -> str:
    """The thumbnail and the preview for the `srcset` of an `<img>` whose `src` is
    `file.thumbnail_url`; empty while there is one picture only.

    Lists join `thumbnail` and `preview` (`select_related`).
    """
    return ", ".join(f"{url} {width}w" for width, url in file.widths.items())
