"""Whether the host says that it must be restarted: Debian's and Ubuntu's mark file, needs-restarting(1) of dnf and yum,
``zypper needs-rebooting`` (zypper(8), exit code 102)."""

from inventory.facts.reboot import Reboot
from scanner.probes.linux.sections import Parts, bounded, parts
from scanner.probes.script import ScriptProbe
from scanner.query import Script, Unreadable

MAX_PACKAGES = 10_000

# A missing mark file proves something only where something installed would write it.
BODY = r"""
if [ -e /run/reboot-required ]; then
  echo =mark=; echo required
  echo =packages=; [ -r /run/reboot-required.pkgs ] && cat /run/reboot-required.pkgs
elif [ -e /etc/kernel/postinst.d/unattended-upgrades ] || [ -e /usr/share/update-notifier/notify-reboot-required ]; then
  echo =mark=; echo none
elif [ -s /var/lib/dpkg/status ] || [ -s /lib/apk/db/installed ]; then
  echo =nothing=
elif command -v zypper >/dev/null; then
  echo =zypper=; zypper -q --non-interactive needs-rebooting 2>/dev/null; echo "=zypper:$?="
elif command -v needs-restarting >/dev/null; then
  echo =needs-restarting=; needs-restarting -r 2>/dev/null; echo "=needs-restarting:$?="
elif command -v dnf >/dev/null; then
  echo =dnf=; dnf -C -q needs-restarting -r 2>/dev/null; echo "=dnf:$?="
else
  echo =nothing=
fi
exit 0
"""


def read_reboot(text: str) -> Reboot:
    said = parts(text)
    if "mark" in said:
        packages = tuple(sorted(set(said.lines("packages"))))
        bounded(len(packages), MAX_PACKAGES, "packages")
        return Reboot(said.lines("mark") == ["required"], "/run/reboot-required", packages)
    if "zypper" in said:
        return Reboot(said.closed("zypper", 0, 102).exit_code == 102, "zypper", ())
    if "needs-restarting" in said:
        return _needs_restarting(said, "needs-restarting")
    if "dnf" in said:
        part = said.closed("dnf", 0, 1)
        unknown = part.exit_code == 1 and not part.text.strip()  # this dnf has no such command
        return Reboot(None, "", ()) if unknown else _needs_restarting(said, "dnf")
    if "nothing" in said:
        return Reboot(None, "", ())
    raise Unreadable("the section on restarts did not answer")


def _needs_restarting(said: Parts, mark: str) -> Reboot:
    """Exit code 1 is "restart" and also any error: only the sentence that goes with it counts."""
    part = said.closed(mark, 0, 1)
    required = part.exit_code == 1
    if required != ("Reboot is required" in part.text):
        raise Unreadable("needs-restarting did not say whether a restart is required")
    return Reboot(required, "needs-restarting", tuple(ln.strip()[2:] for ln in part.lines if ln.startswith("  * ")))


REBOOT = ScriptProbe("reboot", Script("reboot", BODY), read_reboot)
