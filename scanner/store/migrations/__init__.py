"""How an older record becomes a current one. Alembic without an ini file; slow to import, so import it late."""

from pathlib import Path

from alembic import command
from alembic.config import Config

from scanner.store.database import Database


def config() -> Config:
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return made


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the record to ``revision`` in one transaction. Raises :class:`StoreError`."""
    database = Database(url)
    made = config()
    try:
        with database.writing() as connection:
            made.attributes["connection"] = connection
            command.upgrade(made, revision)
    finally:
        database.close()
