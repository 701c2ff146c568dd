"""How it is told. Pure: data in, bytes out."""
