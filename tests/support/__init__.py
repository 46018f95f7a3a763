"""What tests stand on: fresh databases of both kinds, the application, a running server, a real browser."""
