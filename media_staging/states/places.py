"""Where files go, and those whose place the settings do not have any more.

A row knows its place from intake on. What no entry of REMOTES answers for is *elsewhere*: shown
from its local copy, counted, named; never asked for, never deleted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from django.db.models import CharField, Count, F, Q, Sum, Value
from django.utils.translation import ngettext, override

from media_staging import remotes
from media_staging.conf import conf
from media_staging.models import Place, RemoteHealth, StagedFile, StagedFileQuerySet
from media_staging.remotes import Remote

LONGEST_ADDRESS = 1000
# Of a file that was never claimed nothing is anywhere but here: it may go to any place.
NEVER_CLAIMED = Q(status__in=StagedFile.PENDING, settle_at__isnull=True)


def served_by(remote: Remote) -> list[str]:
    """The places whose files this remote sends; one place has one remote, whatever it is called."""
    return [place for place, other in remotes.known_places().items() if other is remote]


def bound_for(remote: Remote) -> Q:
    """Of the files that wait: those that a drain of this remote may claim.

    The current one also takes what knows no place yet, and what waits for a place that is gone and
    was never claimed.
    """
    served = served_by(remote)
    if remote is not remotes.current():
        return Q(place__in=served)
    anywhere = Q(settle_at__isnull=True) & ~Q(place__in=list(remotes.known_places()))
    return Q(place__in=[*served, ""]) | anywhere


def waiting_for(remote: Remote) -> list[str]:
    """The places of the files that it may claim, for one question each: then an index leads to them
    past all that waits for other remotes."""
    served = served_by(remote)
    return served if remote is not remotes.current() else [*_unknown(), *served]


def _unknown() -> list[str]:
    """Places that files are staged for and nobody answers for; empty is one of them.

    It takes one small question, and one more for each that there is.
    """
    known, unknown = list(remotes.known_places()), list[str]()
    while found := _staged_for_others([*known, *unknown]):
        unknown += found
    return unknown


def _staged_for_others(known: list[str]) -> list[str]:
    """One other place that a file is staged for, found in what an index has between these."""
    others = Q()
    for before, after in pairwise([None, *sorted(known), None]):
        # Without the status each time SQLite would not take the index.
        between = Q(status=StagedFile.Status.STAGED)
        between &= Q() if before is None else Q(place__gt=before)
        others |= between & (Q() if after is None else Q(place__lt=after))
    rows = StagedFile.objects.filter(others).exclude(place__in=known)
    return list(rows.values_list("place", flat=True)[:1])


def is_moving() -> Q:
    """Of the files that wait: those that some remote in use takes."""
    return Q(place__in=[*remotes.known_places(), ""]) | Q(settle_at__isnull=True)


def is_gone() -> Q:
    """Files of places that nobody answers for. First-version files are looked for by remote."""
    return ~Q(place__in=[*remotes.known_places(), ""])


def makes_thumbnails() -> Q:
    """Files whose remote makes small pictures by itself."""
    known = remotes.known_places().items()
    places = [place for place, remote in known if remote.makes_thumbnails]
    return Q(place__in=places) | Q(place="", remote__in=remotes.making_thumbnails())


# --- What the database knows of places -------------------------------------------------------


def remember() -> None:
    """Keep the address of every place in use, for the day when no setting has it any more.

    A place that was marked has to have its mark from here on.
    """
    own = {
        place: (remote.name, remote.address[:LONGEST_ADDRESS])
        for place, remote in remotes.known_places().items()
        if place == remote.place
    }
    known = Place.objects.filter(pk__in=list(remotes.known_places()))
    noted: dict[str, tuple[str, str]] = {}
    for place, name, address, marked_at in known.values_list(
        "pk", "remote", "address", "marked_at"
    ):
        noted[place] = (name, address)
        if marked_at:
            remotes.known_places()[place].expect_mark()
    changed = [
        Place(id=place, remote=name, address=address)
        for place, (name, address) in own.items()
        if noted.get(place) != (name, address)
    ]
    if changed:
        # Another worker may note the same at this moment.
        Place.objects.bulk_create(
            changed,
            update_conflicts=True,
            update_fields=["remote", "address"],
            unique_fields=["id"],
        )


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Files in one place that no setting has. `place` is empty for those of the first version,
    of which only the name of their remote is known; `address` is the best there is to say."""

    place: str
    remote: str
    address: str
    files: int
    bytes: int

    def __str__(self) -> str:
        """For people: how many, where, and the ways out."""
        text = ngettext(
            "%(count)d file is in %(address)s, which the settings do not have any more. "
            "It is shown from here while its local copy lasts. Put the entry “%(remote)s” back "
            "into REMOTES.",
            "%(count)d files are in %(address)s, which the settings do not have any more. "
            "They are shown from here while their local copies last. Put the entry “%(remote)s” "
            "back into REMOTES.",
            self.files,
        )
        if self.place:
            text = ngettext(
                "%(count)d file is in %(address)s, which the settings do not have any more. "
                "It is shown from here while its local copy lasts. Put the entry “%(remote)s” back "
                'into REMOTES, or say "SAME_AS": ["%(place)s"] in the entry that is the same place '
                "under another name.",
                "%(count)d files are in %(address)s, which the settings do not have any more. "
                "They are shown from here while their local copies last. Put the entry "
                '“%(remote)s” back into REMOTES, or say "SAME_AS": ["%(place)s"] in the entry that '
                "is the same place under another name.",
                self.files,
            )
        told = {"address": self.address, "remote": self.remote, "place": self.place}
        return text % {"count": self.files, **told}

    @property
    def in_english(self) -> str:
        """For logs and machines."""
        with override("en"):
            return str(self)


def elsewhere() -> list[Elsewhere]:
    """One small query while the settings have every place; otherwise it reads the table.

    Thumbnails are not counted, as everywhere.
    """
    gone = unanswered()
    return counted(gone) if gone else []


def counted(gone: Mapping[tuple[str, str], str]) -> list[Elsewhere]:
    """What files are in these places (see `unanswered`). Reads the table."""
    places = Q(place__in=[place for place, _name in gone if place])
    names = Q(place="", remote__in=[name for place, name in gone if not place])
    rows = StagedFile.objects.originals().filter(places | names).exclude(NEVER_CLAIMED)
    totals: dict[tuple[str, str], tuple[int, int]] = {}
    for place, name, files, size in rows.values_list("place", "remote").annotate(
        Count("pk"), Sum("size")
    ):
        # Before the flip a row has no name of a remote; its place says it all.
        key = (place, "" if place else name)
        before = totals.get(key, (0, 0))
        totals[key] = (before[0] + files, before[1] + size)
    return [
        Elsewhere(place, name, address, *totals[key])
        for (place, name), address in sorted(gone.items())
        if (key := (place, "" if place else name)) in totals
    ]


def unanswered() -> dict[tuple[str, str], str]:
    """Every place without an entry, and every remote that took files once and has none any more.

    By place and name; what is known of its address.
    """
    # A breaker's row is what the first version has left of a remote.
    first_version = RemoteHealth.objects.values_list(Value("", CharField()), "remote", F("remote"))
    rows = Place.objects.values_list("pk", "remote", "address").union(first_version)
    names = {*conf().REMOTES, conf().REMOTE}
    return {
        (place, name): address
        for place, name, address in rows
        if (place not in remotes.known_places() if place else name not in names)
    }


def address_of(file: StagedFile) -> str:
    """Where a file is, in the best words that there are: for people."""
    known = Place.objects.filter(pk=file.place).values_list("address", flat=True)
    return known.first() or file.remote or file.place


def stranded() -> StagedFileQuerySet:
    """Files whose bytes are here and whose place is gone: a retry sends them to the current one."""
    return StagedFile.objects.filter(
        is_gone(), settle_at__isnull=False, status__in=StagedFile.PENDING
    )
