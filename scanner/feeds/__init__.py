"""What publishers say, as bytes with a date and a digest. Decoding is done in ``checks/advisories``."""
