"""The Jinja2 sandbox in which templates of somebody's own run, for HTML sections and for Word. Pure.

No attribute that begins with an underscore, no change of what a template is given, ranges of 100,000 at most, no huge
number or text by one sign, no filter that could let markup through, no include, and no way to switch escaping off.
Time, memory and output are bounded by whoever runs it.
"""

import traceback
from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, nodes, pass_context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from reports.branding import BadBranding
from reports.text import safe_text

FAULTS = (
    TemplateError, ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, TypeError, ValueError,
)  # fmt: skip
_REFUSED: Mapping[type[nodes.Node], str] = {
    nodes.Include: "include",
    nodes.Import: "import",
    nodes.FromImport: "import",
    nodes.Extends: "extends",
    nodes.ScopedEvalContextModifier: "autoescape",
    nodes.EvalContextModifier: "autoescape",
}
_UNSAFE_FILTERS = ("safe", "forceescape", "urlize", "xmlattr", "pprint", "tojson", "indent", "striptags", "center")
MAX_WORDS = 200


class Sandbox(ImmutableSandboxedEnvironment):
    """Numbers and texts cannot be made huge by one sign."""

    intercepted_binops = frozenset({"**", "*", "%"})

    def __init__(self, finalize: Callable[[Any], Any], **options: Any) -> None:  # noqa: ANN401 (those of Environment)
        """Nothing is worked out while a template is read, which happens outside the bounds of whoever runs it."""

        @pass_context
        def late(_: object, value: object) -> object:  # Jinja2 folds no constant that needs the context
            return finalize(value)

        super().__init__(autoescape=True, undefined=StrictUndefined, optimized=False, finalize=late, **options)
        for name in _UNSAFE_FILTERS:
            self.filters.pop(name, None)
        for name in ("lipsum", "cycler", "joiner", "namespace"):
            self.globals.pop(name, None)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401 (any value)
        if operator == "**" or not all(isinstance(one, int | float) for one in (left, right)):
            raise TypeError(f"{operator} is for numbers only" if operator != "**" else "** is not there")
        return super().call_binop(context, operator, left, right)


def look(environment: Sandbox, source: str, where: str) -> Template:
    """Raises :class:`BadBranding` for what may not stand in a template, before any of it runs, and
    ``TemplateSyntaxError`` for what is none. ``where``: "a section"."""
    try:
        tree = environment.parse(source)
        made = environment.from_string(tree)
    except (RecursionError, MemoryError, SyntaxError) as fault:  # the last two are Python's own, of what Jinja2 wrote
        raise BadBranding("it is nested too deep") from fault
    for kind, word in _REFUSED.items():
        for node in tree.find_all(kind):
            raise BadBranding(f"{word} may not be used in {where}", node.lineno)
    return made


def words(fault: BaseException, memory: int) -> str:
    """``memory``: bytes that it might use."""
    if isinstance(fault, MemoryError):
        return f"it uses more than {memory // 2**20} MB"
    if isinstance(fault, RecursionError):
        return "it calls itself without end"
    return safe_text(str(fault) or type(fault).__name__, MAX_WORDS)


def line(fault: BaseException) -> int:
    """Of the template: Jinja2 puts it into the traceback."""
    frames = traceback.extract_tb(fault.__traceback__)
    return next((frame.lineno or 0 for frame in reversed(frames) if frame.filename == "<template>"), 0)
