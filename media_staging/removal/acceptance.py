"""A person says that this database owns a staging area, or a prefix.

Either draws a new id for the database, so that a copy of it, which still has the old one, stops.
"""

from django.db.models import Q

from media_staging.area import evidence, staging
from media_staging.models import Leftover, Place, StagingArea
from media_staging.remotes import Remote, in_use
from media_staging.removal.judging import batched
from media_staging.removal.marks import known_among, own_mark, write_mark
from media_staging.states import relations, transitions
from media_staging.states.installation import draw_new_id


def accept_area() -> None:
    """From now on the area is this database's.

    The prefixes are accepted one by one: their marks still say who had them before. Raises
    StagingUnavailable, before anything is changed where nothing can be written.
    """
    with staging.local_errors():
        evidence.rehearse()
        staging.accept_area()
        evidence.note_database()
        notes = evidence.notes_put_aside()
        me = draw_new_id(counter=evidence.read_counter())
        evidence.write_counter(me.counter)
        evidence.drop(notes)
        evidence.keep_known(
            key for batch in batched(evidence.known()) for key in known_among(batch)
        )
    StagingArea.objects.update(excess_accepted=True)
    relations.remember()
    Leftover.objects.filter(Q(detail="--area") | Q(step__in=["purge", "rows"])).delete()
    transitions.purge_now()


def accept_prefix(remote: Remote) -> bool:
    """From now on the prefix is this database's; False when another one takes it at that moment.

    Those that have been ours get the new id as well. Raises Outage or Setup, before the id is new
    where the mark cannot be written.
    """
    # Who does not answer is not accepted, and keeps the id that it knows.
    remote.read_prefix_mark()
    others = {
        other: mark
        for other in in_use()
        if other.place != remote.place and (mark := own_mark(other))
    }
    if not write_mark(remote, sweep=True):
        return False
    draw_new_id()
    accepted = write_mark(remote, sweep=True)
    for other, mark in others.items():
        write_mark(other, sweep=mark.sweep)
    Place.objects.filter(pk=remote.place).update(excess_accepted=True)
    steps = [f"prefix of {remote.name}", f"objects of {remote.name}", "purge", "evict"]
    Leftover.objects.filter(step__in=steps).delete()
    transitions.purge_now()
    return accepted
