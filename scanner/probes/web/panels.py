"""Ten well-known pages of administrators, and their marks. A path alone proves nothing: many sites answer any.

A page counts when it shows its mark, or asks for a log-in (401) where the rest of the site does not.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

CONTROL = "/estatecheck-there-is-no-such-page"  # what a site answers to anything
LOGIN = r"<input[^>]{0,200}type\s{0,3}=\s{0,3}[\"']?password"


class Panel(NamedTuple):
    name: str
    mark: re.Pattern[str]


def _panel(name: str, mark: str) -> Panel:
    return Panel(name, re.compile(mark, re.IGNORECASE))


PANELS: Mapping[str, Panel] = {
    "/admin/": _panel("a log-in", LOGIN),
    "/administrator/": _panel("Joomla", r"joomla"),
    "/phpmyadmin/": _panel("phpMyAdmin", r"phpmyadmin"),
    "/adminer.php": _panel("Adminer", r"adminer"),
    "/manager/html": _panel("Tomcat Manager", r"tomcat (?:web application )?manager"),
    "/wp-login.php": _panel("WordPress", r"wp-submit|wordpress"),
    "/jenkins/login": _panel("Jenkins", r"jenkins"),
    "/server-status": _panel("Apache's status", r"apache (?:server )?status"),
    "/actuator": _panel("Spring Boot Actuator", r"\"_links\"\s{0,5}:"),
    "/solr/": _panel("Solr", r"solr admin"),
}
PATHS = (CONTROL, *PANELS)


def shown(replies: Mapping[str, Any]) -> tuple[tuple[str, ...] | None, str]:
    """``replies`` by path, None for one that did not come. What is shown, or None and why that cannot be said."""
    if not replies:
        return None, "its administrators' pages were not asked for"
    control = replies.get(CONTROL)
    found = tuple(
        f"{path} ({panel.name})" for path, panel in PANELS.items() if _is_there(replies.get(path), control, panel)
    )
    lacking = _unanswered(replies)
    if found or not lacking:
        return found, ""
    return None, f"{len(lacking)} of its administrators' pages were not answered, {lacking[0]} for one"


def _is_there(reply: Any, control: Any, panel: Panel) -> bool:  # noqa: ANN401 (a Reply of web.py, or None)
    if reply is None or control is None:
        return False
    if reply.status == 401:
        return bool(reply.one("www-authenticate")) and control.status != 401
    return reply.status == 200 and bool(panel.mark.search(reply.body)) and not panel.mark.search(control.body)


def _unanswered(replies: Mapping[str, Any]) -> Sequence[str]:
    return [path for path in PATHS if replies.get(path) is None]
