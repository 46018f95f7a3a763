"""Import and export; reads everything, owns no source data."""
