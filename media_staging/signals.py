"""What other apps may listen to. All are sent after the commit; receivers' errors are logged.

`media_staged`, `media_synced`, `media_failed`: sender StagedFile, `file` the row.
`media_purged`: sender StagedFile, `key`; the row is gone.
Thumbnails send none of these.
`cleanup_round`: at the start of every cleanup round, with `now` and `dry_run`: the place where an
app that keeps deleted owners for a while lets go of them. Receivers return the keys let go of.
"""

from django.dispatch import Signal

media_staged = Signal()
media_synced = Signal()
media_failed = Signal()
media_purged = Signal()
cleanup_round = Signal()
