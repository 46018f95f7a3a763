"""The protocol: stages, touchpoints, forms, templates; who may do what in a study."""
