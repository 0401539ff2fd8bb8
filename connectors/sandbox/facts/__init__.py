"""What each department knows of a synthetic person, in the standard's codes and units."""
