"""The life of findings beyond a scan: decisions of people, imported results, checkpoints."""

from collections.abc import Sequence

revision = "0004"
down_revision: str | None = "0003"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    _decisions()
    _imports()
    _checkpoints()


def _decisions() -> None:
    """Role keys and the signed statements of people."""


def _imports() -> None:
    """What other tools and testers reported."""


def _checkpoints() -> None:
    """Signed heads of the chain of events."""
