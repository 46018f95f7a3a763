"""Maps taken out: SVG, PNG, PDF, slides and JSON of one and the same picture."""
