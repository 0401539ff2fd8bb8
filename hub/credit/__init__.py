"""Records of dishonesty: out only, after a decision with a named officer, a notice, and the time to object (docs/credit.md)."""
