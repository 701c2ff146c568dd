"""What publishers say: support dates now; version order, advisories and matching grow here."""
