"""How the machine starts: UEFI, Secure Boot (UEFI 2.10 section 3.3, or mokutil(1)), and a password on the boot loader
(GNU GRUB manual, "Security"). The password's hash stays on the host."""

from inventory.asset import Privilege
from inventory.facts.boot import Boot
from scanner.probes.linux.sections import ROOT_ONLY, parts
from scanner.probes.script import ScriptProbe, fields
from scanner.query import Script, Unreadable

# Red Hat's grub.cfg always holds `password_pbkdf2 root ${GRUB2_PASSWORD}`: a variable is no password.
BODY = (
    ROOT_ONLY
    + r"""
if [ -e /.dockerenv ] || [ -e /run/.containerenv ] || [ -e /run/systemd/container ]; then
  echo "a container does not start by itself"
  exit 66
fi
if [ -d /sys/firmware/efi ]; then
  echo uefi=yes
  variable=/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c
  if [ -r $variable ]; then echo "efivar=$(od -An -tu1 $variable)"
  elif command -v mokutil >/dev/null; then echo "mokutil=$(mokutil --sb-state 2>/dev/null)"
  fi
else
  echo uefi=no
fi
blank='[[:space:]]' word='[^[:space:]]'
for file in /boot/grub/grub.cfg /boot/grub2/grub.cfg /boot/efi/EFI/*/grub.cfg; do
  [ -f "$file" ] || continue
  echo loader=grub
  if [ ! -r "$file" ]; then echo unreadable=yes; continue; fi
  grep -qE "^$blank*(password_pbkdf2$blank+$word+$blank+grub\\.|password$blank+$word+$blank+[^\$[:space:]])" "$file" &&
    grep -qE "^$blank*set$blank+superusers=\"?[^\"[:space:]]" "$file" && echo password=yes
done
for file in /boot/grub2/user.cfg /boot/efi/EFI/*/user.cfg; do
  [ -f "$file" ] && grep -q '^GRUB2_PASSWORD=grub\.' "$file" && echo password=yes
done
for directory in /boot/EFI /boot/efi/EFI /efi/EFI; do
  [ -e "$directory/systemd" ] && echo systemd-boot=yes
done
echo end=yes
exit 0
"""
)


def read_boot(text: str) -> Boot:
    said = fields(parts(text).text(""))
    if said.get("uefi") not in ("yes", "no") or said.get("end") != "yes":
        raise Unreadable("the section on starting did not answer in full")
    uefi = said["uefi"] == "yes"
    loader = said.get("loader", "systemd-boot" if "systemd-boot" in said else "")
    return Boot(uefi, _secure_boot(said) if uefi else None, loader, _password(said, loader))


def _secure_boot(said: dict[str, str]) -> bool | None:
    """The variable is four bytes of attributes and one byte, 1 for on."""
    octets = said.get("efivar", "").split()
    if len(octets) == 5:
        return octets[4] == "1"
    word = said.get("mokutil", "")
    return word.startswith("SecureBoot enabled") if word.startswith("SecureBoot ") else None


def _password(said: dict[str, str], loader: str) -> bool | None:
    """systemd-boot knows no password at all."""
    if said.get("password") == "yes":
        return True
    return None if not loader or "unreadable" in said else False


BOOT = ScriptProbe("boot", Script("boot", BODY, Privilege.ROOT), read_boot)
