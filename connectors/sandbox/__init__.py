"""A sandbox government: a synthetic population and six departments serving it over their own protocols."""
