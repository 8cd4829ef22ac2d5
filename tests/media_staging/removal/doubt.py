"""What tests of doubt begin with: files with an owner, objects without, a dump of a database."""

from io import StringIO

from django.core.management import call_command

from media_staging.models import Installation, Leftover, Place, StagedFile
from media_staging.models.key_hashes import EndedFile
from media_staging.transfer import draining
from media_staging.upkeep import cleanup
from products.models import Product, ProductImage
from tests.media_staging.photos import staged

Reason = Leftover.Reason
ORPHAN = "photos/00000000-0000-4000-8000-000000000000.jpg"
AVATAR = "avatars/11111111-1111-4111-8111-111111111111.png"


def synced(count: int = 1) -> list[StagedFile]:
    files = staged(count)
    for file in files:
        product = Product.objects.create(name="Mug", price=1)
        ProductImage.objects.create(product=product, file=file)
    draining.drain()
    return files


def sweep() -> cleanup.CleanupReport:
    return cleanup.run_round(sweeping=True)


def accept() -> None:
    call_command("staging_accept", "--remote", "fake", stdout=StringIO())


def reasons() -> set[str]:
    return set(Leftover.objects.values_list("reason", flat=True))


def lose_rows(*but: StagedFile) -> None:
    """All but these, past Django: as when somebody puts an older table in the place of this one."""
    lost = StagedFile.objects.exclude(pk__in=[file.pk for file in but])
    lost._raw_delete("default")


class Dump:
    """The database as it is now, to be put in the place of a later one."""

    def __init__(self) -> None:
        self.me = Installation.objects.values().get()
        self.files = list(StagedFile.objects.all())
        self.places = list(Place.objects.values())
        self.ended = list(EndedFile.objects.values_list("pk", flat=True))

    def restore(self) -> None:
        ProductImage.objects.exclude(file__in=self.files).delete()
        lose_rows(*self.files)
        EndedFile.objects.exclude(pk__in=self.ended).delete()
        Installation.objects.filter(id=1).update(**self.me)
        for place in self.places:
            Place.objects.filter(pk=place["id"]).update(**place)
