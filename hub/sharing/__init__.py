"""共享: requests for what the catalogue lists, corrections and disputes, as records with the law's clocks (GDS §20–28)."""
