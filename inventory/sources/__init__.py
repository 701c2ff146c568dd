"""Where an estate comes from: one file per source. The only part below ``scanner`` that reads files.

Each source is a class with ``estate() -> Estate`` (:class:`inventory.asset.Source`) that validates everything and
raises one :class:`inventory.sources.errors.InventoryError` with every fault it found.

- ``yaml_file.py``  ``YamlFile``: an inventory in Ansible's YAML form, one file or a directory of them
- ``csv_file.py``   a table of hosts, for ``estatecheck inventory import csv``
"""
