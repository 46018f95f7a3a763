"""How large a project may be that is handed in on a page; the command line takes larger ones."""

from types import MappingProxyType
from typing import Final

MIB: Final = 1024 * 1024
MOST_HANDED: Final = 64 * MIB
LARGER_BODIES: Final = MappingProxyType({"/studies/*/settings/project": MOST_HANDED + MIB})
