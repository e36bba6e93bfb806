"""Files that a person takes along: a picture that needs nothing from the net, and names that overwrite nothing."""

import os
from pathlib import Path
from xml.etree import ElementTree

import pytest
from recorded import regression
from test_monitor import monitor

from tuiapp.kept import NotKept, keep
from tuiapp.picture import svg


async def test_a_picture_shows_the_screen_and_fetches_nothing() -> None:
    async with monitor(regression()) as (app, _):
        picture = svg(app)
    shown = "".join(ElementTree.fromstring(picture).itertext()).replace("\xa0", " ")
    assert "linreg-scratch" in shown
    assert "weights and gradients" in shown
    assert "font-face" not in picture
    addresses = [part.split('"')[0] for part in picture.split("http")[1:]]
    assert all("w3.org" in address or "textualize.io" in address for address in addresses), addresses
    assert "url(" not in picture.replace("url(#", "")


async def test_the_same_screen_gives_the_same_picture() -> None:
    async with monitor(regression()) as (app, _):
        assert svg(app) == svg(app)


def test_a_file_is_never_written_over(tmp_path: Path) -> None:
    for n, name in enumerate(["a.txt", "a-2.txt", "a-3.txt"]):
        assert keep("a", ".txt", f"{n} é\n", [tmp_path]) == tmp_path / name
    assert [(tmp_path / name).read_text("utf-8") for name in ("a.txt", "a-2.txt", "a-3.txt")] == [
        "0 é\n",
        "1 é\n",
        "2 é\n",
    ]


def test_a_link_that_lies_in_wait_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to(tmp_path / "elsewhere")
    assert keep("a", ".txt", "text", [tmp_path]).name == "a-2.txt"
    assert not (tmp_path / "elsewhere").exists()


def test_where_the_first_folder_takes_nothing_the_next_one_is_tried(tmp_path: Path) -> None:
    (tmp_path / "no folder").touch()
    for first in (tmp_path / "no folder", tmp_path / "missing"):
        assert keep("a", ".txt", "text", [first, tmp_path]).parent == tmp_path


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no device that is always full here")
def test_a_disk_that_is_full_leaves_no_half_a_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def __init__(self, path: Path, *_: object, **__: object) -> None:
            Path(path).touch()
            self.file = os.open("/dev/full", os.O_WRONLY)

        def __enter__(self) -> None:
            pass

        def __exit__(self, *_: object) -> None:
            os.close(self.file)

        def write(self, text: str) -> None:
            os.write(self.file, text.encode())

    monkeypatch.setattr("builtins.open", Full)
    with pytest.raises(NotKept, match="No space left"):
        keep("a", ".txt", "text", [tmp_path])
    assert list(tmp_path.iterdir()) == []


def test_where_no_folder_takes_it_a_line_says_why_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotKept) as caught:
        keep("a", ".txt", "text", [tmp_path / "missing"])
    reason = str(caught.value)
    assert "No such file" in reason and "\n" not in reason
    assert "start lintui in a folder" in reason
    with pytest.raises(NotKept):
        keep("a", ".txt", "text", [])
