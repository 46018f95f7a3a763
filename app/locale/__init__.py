"""gettext catalogues: Chinese is the source language, English stands beside it."""
