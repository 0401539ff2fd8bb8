"""A sandbox government: a synthetic population and the departments serving it over their own protocols."""
