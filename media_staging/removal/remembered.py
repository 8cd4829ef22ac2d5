"""What this database remembers of a prefix: the marks that it wrote there, and how far its numbers
had come when it last found one of them.

Numbers are given again after a database was set back, so what came while nobody had noticed proves
nothing: they are noted for a prefix, and only where its mark is one that this database wrote.
"""

from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import QuerySet

from media_staging import clock
from media_staging.models import Place, StagedFile
from media_staging.remotes import Remote, places_of
from media_staging.states.installation import highest_number, installation
from media_staging.states.places import NEVER_CLAIMED

# As many marks as may be written at the same time.
MOST_TOKENS = 16


def prefix(remote: Remote) -> QuerySet[Place]:
    """Under each of the names that it has had."""
    return Place.objects.filter(pk__in=places_of(remote))


def was_marked(remote: Remote) -> bool:
    """Whether this database has ever found a mark there, its own or another one."""
    return prefix(remote).filter(marked_at__isnull=False).exists()


def tokens(remote: Remote) -> set[str]:
    """Of the marks that this database wrote, or was about to write."""
    return {token for place in prefix(remote) for token in place.tokens}


def holds_former_files(remote: Remote) -> bool:
    """Whether files may be there that were stored under an id which this database has given up.

    A copy that was given an id of its own has rows of them, too.
    """
    rows = StagedFile.objects.filter(place__in=places_of(remote), pk__lte=installation().formerly)
    return rows.exclude(NEVER_CLAIMED).exists()


def draw_token(remote: Remote) -> str:
    """Of a mark that is about to be written. The mark that is there stays known as well."""
    token = uuid4().hex
    with transaction.atomic():
        place = locked(remote)
        place.remote, place.address = remote.name, remote.address
        place.tokens = [*place.tokens, token][-MOST_TOKENS:]
        place.save(update_fields=["remote", "address", "tokens"])
    return token


def note_mark(remote: Remote) -> None:
    """There is a mark: should it be gone one day, nobody takes the prefix for a new one."""
    if not was_marked(remote):
        with transaction.atomic():
            place = locked(remote)
            place.marked_at = clock.now()
            place.save(update_fields=["marked_at"])


def note_highest(remote: Remote) -> None:
    """Nothing speaks against the numbers given so far. Their rows may be deleted by and by."""
    number, me = highest_number(), installation().database
    if number <= highest(remote)[me]:
        return
    with transaction.atomic():
        place = locked(remote)
        place.highest[str(me)] = max(number, place.highest.get(str(me), 0))
        place.save(update_fields=["highest"])


def highest(remote: Remote) -> dict[UUID, int]:
    """The highest number of each id that this database has, or had, as far as it is known."""
    me = installation()
    noted = [place.highest for place in prefix(remote)]
    return {
        UUID(each): max((numbers.get(each, 0) for numbers in noted), default=0)
        for each in (str(me.database), *me.former)
    }


def locked(remote: Remote) -> Place:
    """Call it in a transaction."""
    here = Place(pk=remote.place, remote=remote.name, address=remote.address)
    # It takes the write lock of a database that does not lock rows.
    Place.objects.bulk_create([here], ignore_conflicts=True)
    return Place.objects.select_for_update().get(pk=remote.place)
