"""What a person takes along from a run: a picture of the screen, a pane as text; and the line that says where."""

from pathlib import Path
from typing import Protocol, runtime_checkable

from lintui import rundir
from lintui.clean import clean_line
from lintui.state import RunState
from tuiapp import clipboard, picture
from tuiapp.kept import NotKept, keep
from tuiapp.screens.tools import Tools
from tuiapp.widgets.drawn import DrawnPane
from tuiapp.widgets.footer import Footer
from tuiapp.widgets.rows import Rows


@runtime_checkable
class Exporting(Protocol):
    """A pane that has numbers to be kept besides its looks."""

    def exports(self) -> dict[str, str]:
        """Texts, by the end of their file's name; none: there is nothing yet."""


class Keeping(Tools):
    """A screen of panes whose looks can be kept."""

    @property
    def state(self) -> RunState:
        """What is known of the run in focus."""
        raise NotImplementedError

    @property
    def folder(self) -> Path | None:
        """Where files go if the working folder takes none: the directory of the run in focus."""
        raise NotImplementedError

    def notice(self, text: str) -> None:
        """Say something in the line of keys, for some seconds or until the next key; empty: nothing any more."""
        for foot in self.query(Footer):
            if text:
                foot.say(clean_line(text))
            else:
                foot.be_quiet()

    def action_screenshot(self) -> None:
        """Keep a picture of the screen as it stands in a file, and say where."""
        try:
            self.notice(f"picture kept as {self._keep('.svg', picture.svg(self.app))}")
        except NotKept as problem:
            self.notice(str(problem))

    def action_export(self) -> None:
        """Keep the numbers of the pane in focus in files, and say where."""
        pane = self.panes[self.pane]
        texts = pane.exports() if isinstance(pane, Exporting) else {}
        if not texts:
            self.notice("there is nothing here to be kept yet")
            return
        try:
            names = [self._keep(f"-{name}", text) for name, text in texts.items()]
        except NotKept as problem:
            self.notice(str(problem))
            return
        self.notice(f"kept as {' and '.join(names)}" if names else "there is nothing to keep yet")

    def action_copy(self) -> None:
        """Copy the pane in focus as text, to the clipboard and into a file, and say where."""
        pane = self.panes[self.pane]
        text = clipboard.cleaned(pane.lines if isinstance(pane, DrawnPane | Rows) else [])
        self.app.copy_to_clipboard(text)
        sent = "sent to the clipboard" if clipboard.fits(text) else "too long for the clipboard"
        try:
            self.notice(f"{sent}, kept as {self._keep('.txt', text)}")
        except NotKept as problem:
            self.notice(f"{sent}; {problem}")

    def _keep(self, ending: str, text: str) -> str:
        """The name of the file that holds the text now, and where it is if not here; raises NotKept."""
        name = self.state.started.name if self.state.started is not None else "run"
        folders = [Path(), *([self.folder] if self.folder is not None else [])]
        path = keep(f"lintui-{rundir.safe_name(name)}-step{self.state.at}", ending, text, folders)
        return path.name if path.parent == Path() else f"{path.name}, in the run's directory"
