"""Whether a fact may be told: purposes, forms, masks, Cedar policies. No I/O, no clock."""
