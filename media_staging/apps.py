from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MediaStagingConfig(AppConfig):
    name = "media_staging"
    verbose_name = _("Media staging")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from media_staging import fixtures
        from media_staging.area import for_tests
        from media_staging.states import endings
        from media_staging.upkeep import checks  # noqa: F401 (registers the system checks)

        for_tests.configured()
        fixtures.register()
        endings.watch_deletes()
