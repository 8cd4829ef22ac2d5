"""Which static files there are, and under which names production serves them."""

from django.contrib.staticfiles.apps import StaticFilesConfig
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(StaticFilesConfig):
    """Of an npm package what it has built, not what it is built from."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "src", "modular"]


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Every file has the hash of its contents in its name, the modules that scripts import too.

    So browsers keep them for good, and no deploy mixes new scripts with old modules.
    """

    support_js_module_import_aggregation = True
