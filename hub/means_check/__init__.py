"""经济状况核对: checks asked of the regions' means-check systems, and their reports, sealed to the case (docs/means-check.md)."""
