"""The care team's side of a study: messages with the people who write."""
