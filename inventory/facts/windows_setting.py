"""How a setting of the registry stands in the Windows facts, so that "not set" and "not known" stay apart.

A number: ``None`` could not be read (no judgement); :data:`NOT_SET` provably not set, so Windows' own default applies
(the check knows which one that is); else the DWORD as it stands, 0 to 4294967295. A text: ``None`` could not be read,
``""`` provably not set. A list: ``None`` could not be read, ``()`` read, and there are none. Moments are ISO 8601 in
UTC to the second (``2026-11-23T04:13:48Z``), ``""`` for "provably never"; a ``days_since_`` beside one is the whole
days from it to the collection by the device's own clock, ``None`` for never and for unknown.
"""

NOT_SET = -1
