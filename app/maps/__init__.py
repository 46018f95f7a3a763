"""Experience maps: where on the road people suffer and are lifted, in their own words."""
