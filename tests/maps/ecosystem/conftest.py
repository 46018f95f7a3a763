"""A road that ten people walked, on the application in the test's own process."""

import pytest

from tests.support.cast import Cast
from tests.support.walked_road import walk_road


@pytest.fixture
def road(cast: Cast) -> Cast:
    """The cast, with a road that ten people walked; the team has put nothing down yet."""
    walk_road(cast)
    return cast
