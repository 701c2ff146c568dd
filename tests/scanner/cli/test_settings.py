"""Where a setting comes from, and what is said when it cannot be used."""

from pathlib import Path

import pytest

from scanner.cli.settings import SettingsError, database_url, resolve, settings


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for setting in settings():
        monkeypatch.delenv(setting.variable, raising=False)


def test_each_place_wins_over_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (resolve()["workers"], resolve().values["workers"].origin) == ("64", "default")
    (tmp_path / "config/estatecheck").mkdir(parents=True)
    (tmp_path / "config/estatecheck/config.toml").write_text("workers = 10\n")
    assert resolve().number("workers") == 10
    (tmp_path / "estatecheck.toml").write_text("workers = 11\n")
    assert resolve().values["workers"].origin == "estatecheck.toml"
    monkeypatch.setenv("ESTATECHECK_WORKERS", "12")
    assert resolve().values["workers"].origin == "ESTATECHECK_WORKERS"
    assert resolve({"workers": 13}).values["workers"].origin == "--workers"
    assert resolve({"workers": None}).number("workers") == 12


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("worker = 3\n", "estatecheck.toml: there is no setting 'worker'; did you mean workers?"),
        ("colour = 3\n", "estatecheck.toml: there is no setting 'colour'; known are database,"),
        ("workers = \n", "estatecheck.toml: cannot be read as TOML"),
        ("workers = 0\n", "estatecheck.toml: workers is '0'; allowed is 1 to 128"),
        ('workers = "many"\n', "workers is 'many'; allowed is 1 to 128"),
        ("workers = true\n", "workers is 'True'; allowed is 1 to 128"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "estatecheck.toml").write_text(content)
    with pytest.raises(SettingsError) as fault:
        resolve()
    assert says in str(fault.value)


def test_the_default_database_makes_its_folder_and_a_named_one_does_not(tmp_path: Path) -> None:
    assert database_url(resolve()) == f"sqlite:///{tmp_path}/data/estatecheck/estatecheck.db"
    assert (tmp_path / "data/estatecheck").is_dir()
    assert database_url(resolve({"database": "sqlite:///far/away.db"})) == "sqlite:///far/away.db"
    assert not (tmp_path / "far").exists()
