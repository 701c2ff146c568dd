"""One use case a file: the only place where looking, judging and telling meet."""
