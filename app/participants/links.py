"""Personal links: made once, shown once, kept as hashes."""

import unicodedata
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.core import ids

HALF = ids.CODE_LENGTH // 2


@dataclass(frozen=True, slots=True, repr=False)
class PersonalLink:
    """The secrets of one link. They exist only between their making and the page that shows them."""

    token: str
    code: str

    @property
    def shown_code(self) -> str:
        """The short code as it is printed: XXXXX-XXXXX."""
        return f"{self.code[:HALF]}-{self.code[HALF:]}"

    def url(self, public_address: str) -> str:
        """Return the address to hand over. The token stands in the fragment, which browsers never send."""
        return f"{public_address}/d#{self.token}"


def new_link() -> PersonalLink:
    """Return a link with secrets of its own."""
    return PersonalLink(token=ids.token(), code=ids.short_code())


def secret_in(typed: str) -> str:
    """Return the token or short code in what was typed or pasted: a whole link, full width, dashes, any case."""
    text = unicodedata.normalize("NFKC", typed).strip()
    fragment = urlsplit(text).fragment if "#" in text else ""
    candidate = fragment or text
    code = ids.normalise_code(candidate)
    return code if len(code) == ids.CODE_LENGTH and not fragment else candidate
