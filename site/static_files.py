"""Which static files there are, and under which names production serves them."""

import re
from typing import Any

from django.contrib.staticfiles.apps import StaticFilesConfig
from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

# Of others' scripts nothing is taken away: their comments hold licences.
OURS = ("products/", "media_staging/")
# The types are a quarter of what a page would load. What a string holds (`"image/**"`, `"/**"`)
# is no comment.
COMMENT = re.compile(rb"""(?<![\w"'*])/\*\*.*?\*/|^ *//[^\n]*""", re.DOTALL | re.MULTILINE)
BLANK_LINES = re.compile(rb"\n(?:[ \t]*\n)+")


class StaticFiles(StaticFilesConfig):
    """Of an npm package what it has built, not what it is built from."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "src", "modular"]


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Every file has the hash of its contents in its name, the modules that scripts import too.

    So browsers keep them for good, and no deploy mixes new scripts with old modules.
    """

    support_js_module_import_aggregation = True

    def _save(self, name: str, content: Any) -> str:
        """Our scripts without their comments. What has a hash in its name is made from the source
        once more, so this is the place that both pass.
        """
        if name.startswith(OURS) and name.endswith(".js"):
            content = ContentFile(without_comments(b"".join(content.chunks())))
        return super()._save(name, content)


def without_comments(script: bytes) -> bytes:
    """Takes away JSDoc and lines that are a comment. Inside a template literal it would, too."""
    return BLANK_LINES.sub(b"\n", COMMENT.sub(b"", script))
