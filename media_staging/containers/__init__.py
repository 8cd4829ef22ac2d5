"""Image containers: what an upload is, whether it is whole, and where its position lies.

Nothing is decoded, and nothing written. The caller applies what is found::

    found = inspect(data, max_pixels=64_000_000, strip_location=True)
    for offset, replacement in found.patches:
        file.seek(offset)
        file.write(replacement)

May import: nothing.
"""

from media_staging.containers.decoding import Decodable, for_decoder
from media_staging.containers.inspection import Inspection, inspect
from media_staging.containers.invalid import InvalidImage

__all__ = ["Decodable", "Inspection", "InvalidImage", "for_decoder", "inspect"]
