"""Specifies where Fashion-MNIST comes from: a folder, the cache, or a server, here a real one on this machine."""

import gzip
import hashlib
import http.server
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clothes import NAMES, few, from_idx, idx, make
from filelock import FileLock

from trainer import clothes, fashion
from trainer.download import FetchError, fetch, is_whole
from trainer.trouble import BadData

BYTES = np.random.default_rng(0).bytes(300_000)
MD5 = hashlib.md5(BYTES).hexdigest()
PATIENCE = 60
"""Seconds after which something hangs."""


@dataclass
class Server:
    """Serves `files` over HTTP from a thread, as well or badly as it is told, and remembers what it was asked."""

    files: dict[str, bytes]
    ranges: bool = True
    """Whether it knows how to send the rest of a file."""
    cuts: list[int] = field(default_factory=list)
    """After how many bytes it breaks off its first answers."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Path and range of each request."""
    home: str = ""

    def answer(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        """One request."""
        wanted = handler.headers.get("Range", "")
        self.asked.append((handler.path, wanted))
        data = self.files.get(handler.path.removeprefix("/"))
        if data is None:
            handler.send_error(404)
            return
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and self.ranges else 0
        if start and start >= len(data):
            handler.send_error(416)
            return
        handler.send_response(206 if start else 200)
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        handler.send_header("Content-Length", str(len(data) - start))
        handler.end_headers()
        handler.wfile.write(data[start : start + self.cuts.pop(0) if self.cuts else None])


@pytest.fixture
def server() -> Iterator[Server]:
    """A server of one file."""
    told = Server({"file": BYTES})

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.answer(self)

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        told.home = f"http://127.0.0.1:{listening.server_port}/"
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        yield told
        listening.shutdown()
        thread.join()


def nothing(*_: Any) -> None:
    pass


# One file


def test_a_file_is_fetched_whole_and_how_far_it_is_is_told(tmp_path: Path, server: Server) -> None:
    told: list[tuple[int, int | None]] = []
    fetch(server.home + "file", tmp_path / "file", MD5, lambda done, total: told.append((done, total)))
    assert (tmp_path / "file").read_bytes() == BYTES
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert told == sorted(told)
    assert (told[0], told[-1]) == ((0, len(BYTES)), (len(BYTES), len(BYTES)))


@pytest.mark.parametrize("there", [1, 100_000, len(BYTES) - 1])
def test_what_an_earlier_try_left_is_gone_on_with(tmp_path: Path, server: Server, there: int) -> None:
    (tmp_path / "file.part").write_bytes(BYTES[:there])
    fetch(server.home + "file", tmp_path / "file", MD5, nothing)
    assert (tmp_path / "file").read_bytes() == BYTES
    assert server.asked == [("/file", f"bytes={there}-")]


def test_a_server_that_does_not_know_how_to_send_the_rest_sends_all_of_it(tmp_path: Path, server: Server) -> None:
    server.ranges = False
    (tmp_path / "file.part").write_bytes(BYTES[:100_000])
    fetch(server.home + "file", tmp_path / "file", MD5, nothing)
    assert (tmp_path / "file").read_bytes() == BYTES


@pytest.mark.parametrize("left", [BYTES, BYTES + b"more"], ids=["complete", "too long"])
def test_where_nothing_is_left_to_send_the_file_is_fetched_anew(tmp_path: Path, server: Server, left: bytes) -> None:
    (tmp_path / "file.part").write_bytes(left)
    fetch(server.home + "file", tmp_path / "file", MD5, nothing)
    assert (tmp_path / "file").read_bytes() == BYTES
    assert [wanted for _, wanted in server.asked] == [f"bytes={len(left)}-", ""]


@pytest.mark.parametrize("cuts", [[100_000], [1, 50_000], [70_000] * 4])
def test_a_connection_that_breaks_is_made_again_and_goes_on_where_it_was(
    tmp_path: Path, server: Server, cuts: list[int]
) -> None:
    server.cuts = list(cuts)
    fetch(server.home + "file", tmp_path / "file", MD5, nothing)
    assert (tmp_path / "file").read_bytes() == BYTES
    starts = [f"bytes={sum(cuts[: i + 1])}-" for i in range(len(cuts))]
    assert [wanted for _, wanted in server.asked] == ["", *starts]


def test_a_connection_that_brings_nothing_new_is_given_up_and_what_came_is_kept(
    tmp_path: Path, server: Server
) -> None:
    server.cuts = [100_000, 0, 0]
    with pytest.raises(FetchError, match=r"file: the connection broke after 100000 of 300000 bytes"):
        fetch(server.home + "file", tmp_path / "file", MD5, nothing)
    assert not (tmp_path / "file").exists()
    assert (tmp_path / "file.part").read_bytes() == BYTES[:100_000]
    assert len(server.asked) == 2
    server.cuts.clear()
    fetch(server.home + "file", tmp_path / "file", MD5, nothing)
    assert (tmp_path / "file").read_bytes() == BYTES


def test_without_parts_a_connection_that_always_breaks_is_given_up_too(tmp_path: Path, server: Server) -> None:
    server.ranges = False
    server.cuts = [100_000] * 50
    with pytest.raises(FetchError, match="the connection broke after 100000 of 300000 bytes"):
        fetch(server.home + "file", tmp_path / "file", MD5, nothing)
    assert len(server.asked) == 2


def test_what_is_damaged_is_removed_and_said_and_never_put_in_place(tmp_path: Path, server: Server) -> None:
    server.files["file"] = b"\xff" + BYTES[1:]
    with pytest.raises(FetchError, match="damaged, its checksum is not the published one, and it was removed"):
        fetch(server.home + "file", tmp_path / "file", MD5, nothing)
    assert list(tmp_path.iterdir()) == []
    server.files["file"] = BYTES
    fetch(server.home + "file", tmp_path / "file", MD5, nothing)
    assert is_whole(tmp_path / "file", MD5)


def test_a_file_that_the_server_does_not_have_is_said_with_its_address(tmp_path: Path, server: Server) -> None:
    with pytest.raises(FetchError, match=f"{server.home}other: the server answers 404 Not Found"):
        fetch(server.home + "other", tmp_path / "other", MD5, nothing)
    assert list(tmp_path.iterdir()) == []


def test_whoever_is_told_how_far_it_is_can_end_it_and_what_came_is_kept(tmp_path: Path, server: Server) -> None:
    class Enough(Exception):
        pass

    def tell(done: int, _: int | None) -> None:
        if done > 100_000:
            raise Enough

    with pytest.raises(Enough):
        fetch(server.home + "file", tmp_path / "file", MD5, tell)
    left = (tmp_path / "file.part").read_bytes()
    assert 100_000 < len(left) < len(BYTES)
    assert BYTES.startswith(left)


# The data set


def sums(folder: Path) -> dict[str, str]:
    """The MD5 of the four files."""
    return {name: hashlib.md5((folder / name).read_bytes()).hexdigest() for name in fashion.FILES}


@pytest.fixture
def shop(server: Server) -> Server:
    """A server of the four files, made up."""
    server.files = {name: (few() / name).read_bytes() for name in fashion.FILES}
    return server


def closed_port() -> str:
    """An address at which nobody listens."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listening.getsockname()[1]}/"


def test_the_names_the_checksums_and_the_address_are_the_published_ones() -> None:
    assert list(fashion.FILES) == [*NAMES["train"], *NAMES["test"]]
    assert [checksum[:8] for checksum in fashion.FILES.values()] == ["8d4fb7e6", "25c81989", "bef4ecab", "bb300cfd"]
    assert all(len(checksum) == 32 for checksum in fashion.FILES.values())
    assert fashion.HOME.startswith("https://") and fashion.HOME.endswith("/")
    assert len(fashion.CLASSES) == len(set(fashion.CLASSES)) == 10


def test_the_cache_is_filled_once_and_only_with_what_is_not_there_whole(tmp_path: Path, shop: Server) -> None:
    cache = tmp_path / "a/b"
    fashion.fill(cache, shop.home, sums(few()), nothing)
    assert [path for path, _ in shop.asked] == [f"/{name}" for name in fashion.FILES]
    assert all((cache / name).read_bytes() == shop.files[name] for name in fashion.FILES)
    fashion.fill(cache, shop.home, sums(few()), nothing)
    assert len(shop.asked) == 4
    first, second, *_ = fashion.FILES
    (cache / first).unlink()
    (cache / second).write_bytes(b"damaged since")
    fashion.fill(cache, shop.home, sums(few()), nothing)
    assert [path for path, _ in shop.asked[4:]] == [f"/{first}", f"/{second}"]
    assert all((cache / name).read_bytes() == shop.files[name] for name in fashion.FILES)


def test_how_far_it_is_is_told_in_lines_with_the_name_and_the_place(tmp_path: Path, shop: Server) -> None:
    lines: list[str] = []
    fashion.fill(tmp_path, shop.home, sums(few()), lines.append)
    for name in fashion.FILES:
        assert any(line.startswith(f"fetching {name}, ") and line.endswith(f", into {tmp_path}") for line in lines)
    assert " MB (0 %), " in lines[0] and " MB (100 %), " in lines[-1]


def test_without_a_network_the_line_says_both_ways_out(tmp_path: Path) -> None:
    with pytest.raises(BadData) as told:
        fashion.fill(tmp_path, closed_port(), fashion.FILES, nothing)
    line = str(told.value)
    assert line.isprintable()
    for words in ("can't fetch Fashion-MNIST", "refused", "connect to the network", "--data DIR"):
        assert words in line


def test_a_cache_that_can_not_be_written_is_said_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file, where a folder should be made")
    with pytest.raises(BadData, match=r"can't keep Fashion-MNIST in .*; name a folder that holds it: --data DIR"):
        fashion.fill(tmp_path / "cache", closed_port(), fashion.FILES, nothing)


def test_while_another_process_fills_the_cache_this_one_waits_and_fetches_nothing_twice(
    tmp_path: Path, shop: Server
) -> None:
    said: list[str] = []
    with FileLock(tmp_path / "lock"):
        waiting = threading.Thread(target=fashion.fill, args=(tmp_path, shop.home, sums(few()), said.append))
        waiting.start()
        until(lambda: bool(said))
        assert "another process is fetching Fashion-MNIST" in said[0]
        assert shop.asked == []
        for name in fashion.FILES:
            shutil.copy(few() / name, tmp_path)
    waiting.join(PATIENCE)
    assert not waiting.is_alive()
    assert shop.asked == []


FILL = """
import sys
from pathlib import Path
from trainer import fashion
fashion.fill(Path(sys.argv[1]), sys.argv[2], dict(pair.split("=") for pair in sys.argv[3:]), lambda _: None)
"""


def test_two_processes_at_once_both_find_the_cache_whole(tmp_path: Path, shop: Server) -> None:
    pairs = [f"{name}={checksum}" for name, checksum in sums(few()).items()]
    command = [sys.executable, "-c", FILL, str(tmp_path), shop.home, *pairs]
    root = Path(fashion.__file__).parents[1]
    both = [subprocess.Popen(command, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}) for _ in range(2)]
    assert [process.wait(PATIENCE) for process in both] == [0, 0]
    assert len(shop.asked) == 4
    assert all(is_whole(tmp_path / name, checksum) for name, checksum in sums(few()).items())


def until(what: Callable[[], bool]) -> None:
    """Wait until something holds."""
    pause = threading.Event()
    for _ in range(PATIENCE * 100):
        if what():
            return
        pause.wait(0.01)
    pytest.fail("waited in vain")


# From a folder


@pytest.mark.parametrize("packed", [True, False], ids=["gzipped", "plain"])
def test_a_folder_is_read_as_it_is_and_nothing_is_fetched(tmp_path: Path, cache_folder: Path, packed: bool) -> None:
    make(tmp_path / "data", train=30, test=20)
    arrays = [from_idx(tmp_path / "data" / name) for name in fashion.FILES]
    if not packed:
        for name, array in zip(fashion.FILES, arrays, strict=True):
            (tmp_path / "data" / name).unlink()
            (tmp_path / "data" / name.removesuffix(".gz")).write_bytes(idx(array))
    train, test = fashion.load(str(tmp_path / "data"), nothing)
    for tensor, array in zip((*train, *test), arrays, strict=True):
        assert np.array_equal(tensor.numpy(), array)
    assert (train.X.shape, test.X.shape) == ((30, 28, 28), (20, 28, 28))
    assert not cache_folder.exists()


@pytest.mark.parametrize("name", fashion.FILES)
def test_a_file_that_is_missing_is_named_with_the_four_that_are_needed(tmp_path: Path, name: str) -> None:
    make(tmp_path, train=10, test=10)
    (tmp_path / name).unlink()
    with pytest.raises(BadData) as told:
        fashion.load(str(tmp_path), nothing)
    assert f"there is no {name} in {tmp_path}" in str(told.value)
    assert all(other in str(told.value) for other in fashion.FILES)


def test_images_of_another_size_are_refused(tmp_path: Path) -> None:
    make(tmp_path, train=10, test=10)
    images, _ = NAMES["test"]
    (tmp_path / images).write_bytes(idx(np.zeros((10, 32, 27), np.uint8)))
    with pytest.raises(BadData, match="are 32×27, and 28×28 are needed"):
        fashion.load(str(tmp_path), nothing)


@pytest.mark.parametrize("packed", [True, False], ids=["gzipped", "plain"])
@pytest.mark.parametrize(
    "fault",
    ["none", "missing", "empty", "cut off", "longer", "too few labels", "no such label", "other size", "no images"],
)
def test_a_first_look_at_a_folder_says_what_reading_it_would_say(tmp_path: Path, packed: bool, fault: str) -> None:
    make(tmp_path, train=10, test=10)
    images, labels = (tmp_path / name for name in NAMES["test"])
    X, y = from_idx(images), from_idx(labels)
    put = {
        "empty": (images, b""),
        "cut off": (images, idx(X)[:-20]),
        "longer": (images, idx(X) + b"1"),
        "too few labels": (labels, idx(y[1:])),
        "no such label": (labels, idx(y + 1)),
        "other size": (images, idx(X[:, 1:])),
        "no images": (images, idx(y)),
    }
    if fault == "missing":
        images.unlink()
    elif fault != "none":
        path, data = put[fault]
        path.write_bytes(gzip.compress(data) if packed else data)
    if fault == "none":
        clothes.check(tmp_path)
        return
    lines = []
    for act in (lambda: clothes.check(tmp_path), lambda: fashion.load(str(tmp_path), nothing)):
        with pytest.raises(BadData) as told:
            act()
        lines.append(str(told.value))
    assert lines[0] == lines[1]


def test_a_first_look_takes_a_gzip_file_of_several_parts_as_reading_does(tmp_path: Path) -> None:
    make(tmp_path, train=10, test=10)
    images = tmp_path / NAMES["test"][0]
    data = gzip.decompress(images.read_bytes())
    images.write_bytes(gzip.compress(data[:100]) + gzip.compress(data[100:]))
    clothes.check(tmp_path)
    assert len(fashion.load(str(tmp_path), nothing)[1].y) == 10


def test_a_first_look_does_not_read_all_the_images(tmp_path: Path) -> None:
    make(tmp_path, train=10, test=10)
    images = tmp_path / NAMES["test"][0]
    packed = bytearray(images.read_bytes())
    packed[-6] ^= 1
    images.write_bytes(packed)
    clothes.check(tmp_path)
    with pytest.raises(BadData, match="damaged"):
        fashion.load(str(tmp_path), nothing)


def test_with_nothing_said_the_data_comes_from_the_cache_where_it_is_whole(
    cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = make(cache_folder / "fashion-mnist", train=40, test=30, seed=5)
    for name, checksum in sums(cache).items():
        monkeypatch.setitem(fashion.FILES, name, checksum)
    train, test = fashion.load("", nothing)
    assert (len(train.y), len(test.y)) == (40, 30)


def test_with_nothing_said_no_cache_and_no_network_the_line_says_both_ways_out(cache_folder: Path) -> None:
    with pytest.raises(BadData, match=r"connect to the network .* --data DIR"):
        fashion.load("", nothing)
    assert not list(cache_folder.glob("**/*.gz"))
