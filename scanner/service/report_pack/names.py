"""Names and limits of a report's evidence pack. docs/evidence.md tells what each file holds."""

import re

VERSION = 1
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "urn:estatecheck:report-evidence:v1"
STATEMENT_TYPE = "application/vnd.in-toto+json"
HANDED_OUT_TYPE = "application/vnd.estatecheck.handed-out+json"  # a checkpoint with its proofs
CHECKPOINT_TYPE = "application/vnd.estatecheck.checkpoint+json"

ENVELOPE = "envelope.json"
KEY = "key.pem"
CHECKPOINT = "checkpoint.json"
KEYS = "keys.json"  # public keys of the roles that signed
POLICIES = "policies.json"  # rules, presets and resolved holidays that the report was judged by
EVENTS = "events.jsonl.gz"
BLOBS = "blobs.jsonl.gz"  # which answers there are, and which are in the pack
REPORT = "report/report.json.gz"
UNSIGNED = frozenset({ENVELOPE, KEY})
NEEDED = (ENVELOPE, KEY, CHECKPOINT, KEYS, EVENTS, BLOBS)
ALLOWED = re.compile(
    r"(?:envelope|checkpoint|keys|policies)\.json|key\.pem|(?:events|blobs)\.jsonl\.gz|report/report\.json\.gz"
    r"|record/[a-z_]{1,40}\.jsonl\.gz|blobs/[0-9a-f]{64}\.gz"
)

MEGABYTE = 1024 * 1024
MAX_FILES = 4_000_000
MAX_DIRECTORY = 600 * MEGABYTE
MAX_SMALL = 64 * MEGABYTE  # of a file that is read at once
MAX_LINE = 64 * MEGABYTE
MAX_PLAIN = 64 * 1024 * MEGABYTE  # of a file that is read line by line
MAX_BLOB = 512 * MEGABYTE  # unpacked
MAX_REPORT = 1024 * MEGABYTE  # unpacked; a longer one is not counted again, and that is said


def blob_name(sha256: str) -> str:
    return f"blobs/{sha256}.gz"


def table_name(table: str) -> str:
    return f"record/{table}.jsonl.gz"
