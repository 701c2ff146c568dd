"""The evidence pack of a whole report: written, verified by a stranger, and the report made again from it.

``names container signed memory history tables recount rebuilt recompute checking program`` need only the standard
library and ``cryptography``, and of ours only pure modules: ``standalone`` makes ``verify_evidence.py`` out of them.
"""
