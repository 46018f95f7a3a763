"""How much one entry may carry, the same in every study; phones are told, the server holds it."""

from types import MappingProxyType
from typing import Final

MIB: Final = 1024 * 1024
PHOTOS: Final = 4
PHOTO_BYTES: Final = 8 * MIB
PHOTO_PIXELS: Final = 25_000_000
"""What a picture may declare: checked before a single pixel is read."""
VOICES: Final = 2
VOICE_BYTES: Final = 8 * MIB
VOICE_SECONDS: Final = 180
ATTACHMENT_BODY: Final = PHOTO_BYTES + 16 * 1024
"""A sealed attachment: the largest file, what is said of it, and the envelope."""
FORM_BODY: Final = PHOTOS * PHOTO_BYTES + MIB
"""Today's form sent without scripts, with its photos."""
LARGER_BODIES: Final = MappingProxyType({"/d/sync/attachments/": ATTACHMENT_BODY, "/d/entries": FORM_BODY})
"""Where more may be sent than elsewhere."""
