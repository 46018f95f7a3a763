"""Page shell: templates, static files, catalogue, CSRF, paging, security headers; knows no feature."""
