"""How does a caller get the words for a call?  From the template in ``templates/calls``, by Jinja2.

Plain text, in German; the words that letters use for patients and days are theirs here too.  An undefined name is an
error, so that nobody reads out a hole.
"""

from pathlib import Path

from attrs import field, frozen
from jinja2 import Template

from boona_adapters.letters import environment_of, wrapped
from boona_adapters.resources import resource_folder
from boona_core.call_scripts import CallScript


@frozen
class JinjaCallScripts:
    """Writes what to say in a call.

    Attributes:
        folder: Where the templates lie, those of letters beside those of calls.

    Raises:
        jinja2.TemplateError: the template is missing or cannot be compiled.
    """

    folder: Path = field(factory=lambda: resource_folder("templates"))
    _template: Template = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        environment = environment_of(self.folder / "calls", self.folder / "emails", html=False)
        object.__setattr__(self, "_template", environment.get_template("call.txt"))

    def compose(self, script: CallScript) -> str:
        """The text for the caller; its lines are at most 78 characters long.

        Raises:
            jinja2.UndefinedError: the template names something that the script does not have.
        """
        return wrapped(self._template.render(script=script, count=len(script.patients)))
