"""Which static files there are, and under which names production serves them."""

from typing import Any

from django.contrib.staticfiles.apps import StaticFilesConfig
from django.core.files.base import ContentFile
from rjsmin import jsmin
from whitenoise.storage import CompressedManifestStaticFilesStorage

# Others' scripts stay as they are: their comments hold licences.
OURS = ("products/", "media_staging/")


class StaticFiles(StaticFilesConfig):
    """Of an npm package what it has built, not what it is built from."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "src", "modular"]


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Every file has the hash of its contents in its name, the modules that scripts import too.

    So browsers keep them for good, and no deploy mixes new scripts with old modules.
    """

    support_js_module_import_aggregation = True

    def _save(self, name: str, content: Any) -> str:
        """Our scripts are minified: a third of what a page would load are their types and comments.

        A file with a hash in its name is made from the source once more, so both come by here.
        """
        if name.startswith(OURS) and name.endswith(".js"):
            content = ContentFile(jsmin(b"".join(content.chunks())))
        return super()._save(name, content)
