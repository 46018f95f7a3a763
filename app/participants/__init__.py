"""Who takes part: enrolment, personal links, consent, segments, withdrawal."""
