"""Staff sign-in, sessions and API keys."""
