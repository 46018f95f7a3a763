"""Fixtures of the tests of maps."""

import pytest

from tests.maps.group_site import BAD, GOOD, OLD, YOUNG, say
from tests.support.cast import Cast


@pytest.fixture
def ages(cast: Cast) -> Cast:
    """Nine old people fear the surgery, nine young ones suffer from waiting at the front desk."""
    for group, codes in (("老年", OLD), ("青年", YOUNG)):
        for number, code in enumerate(codes):
            cast.add_patient(code, 客群=group)
            old = group == "老年"
            say(cast, code, "treatment", "surgery", BAD if old else GOOD, number, 2 if old else 8)
            say(cast, code, "visit", "reception", GOOD if old else BAD, number, 8 if old else 2)
    return cast
