"""Why a check does not concern an asset, where checks of several kinds of machines say it alike; "" it does."""

from inventory.asset import Asset


def no_antimalware_asked(asset: Asset) -> str:
    return "" if asset.antimalware else "the inventory asks for no malware protection here"
