"""SVG pictures that are the same bytes each time."""

import re
from hashlib import blake2b

DERIVED = rb'id="([a-z][0-9a-f]{10})"'  # matplotlib's own, of clips and markers


def numbered(svg: bytes) -> bytes:
    """Ids by their order: matplotlib makes its own of positions, to the last bit."""
    ids = list(dict.fromkeys(re.findall(DERIVED, svg)))
    if not ids:
        return svg
    any_id = b"|".join(ids)
    own = blake2b(re.sub(any_id, b"", svg), digest_size=4).hexdigest()  # a page may hold several
    names = {name: f"{chr(name[0])}{own}{at}".encode() for at, name in enumerate(ids)}
    return re.sub(any_id, lambda found: names[found[0]], svg)
