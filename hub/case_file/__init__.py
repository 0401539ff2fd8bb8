"""在卷材料: what a supervising office reads of one case, by approval (domain C5): the case's own records and its log, and no fact fetched anew."""
