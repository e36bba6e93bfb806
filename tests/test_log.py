"""A log on a disk that may fill, fail or be damaged: what was written is read, in order, or told as missing."""

import errno
import os
import random
import stat
import subprocess
import sys
import warnings
from functools import partial
from pathlib import Path

import pytest
from disk import Disk, assert_only_whole_lines, is_file
from strategies import SAMPLE, a_log, child_environment, promptly, read_all, read_log, same, sealed

from lintui.codec import MAX_LINE, encode_event
from lintui.events import Record, Said, Steps
from lintui.log import LogReader, LogWriter


def said(*texts: object) -> list[Said]:
    return [Said(t=0.0, level="info", text=str(text)) for text in texts]


def said_in(records: list[Record]) -> list[str]:
    return [record.event.text for record in records if isinstance(record.event, Said)]


def read_bytes(path: Path, data: bytes) -> tuple[list[Record], list[str]]:
    path.write_bytes(data)
    return read_log(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.jsonl"


# Create


def test_what_is_written_is_read_in_order_and_without_a_problem(path: Path) -> None:
    written = a_log(path, SAMPLE)
    records, problems = read_log(path)
    assert same(records, written)
    assert problems == []


def test_records_are_numbered_from_zero_without_a_gap(path: Path) -> None:
    writer = LogWriter.create(path)
    assert [n for n, _ in writer.append(said("a", "b"))] == [0, 1]
    assert writer.append([]) == []
    assert [n for n, _ in writer.append(said("c"))] == [2]
    writer.close()
    assert [n for n, _ in read_log(path)[0]] == [0, 1, 2]


def test_a_log_is_for_its_owner_alone_whatever_the_umask(path: Path) -> None:
    before = os.umask(0)
    try:
        LogWriter.create(path).close()
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_log_is_not_created_over_a_file(path: Path) -> None:
    path.write_bytes(b"precious")
    with pytest.raises(FileExistsError):
        LogWriter.create(path)
    assert path.read_bytes() == b"precious"


@pytest.mark.parametrize("target", ["precious", "nothing"])
def test_a_log_is_not_created_through_a_symlink(path: Path, target: str) -> None:
    precious = path.with_name("precious")
    precious.write_bytes(b"precious")
    path.symlink_to(path.with_name(target))
    with pytest.raises(FileExistsError):
        LogWriter.create(path)
    assert precious.read_bytes() == b"precious"
    assert not path.with_name("nothing").exists()


def test_a_log_does_not_reach_child_processes(path: Path) -> None:
    writer = LogWriter.create(path)
    (fd,) = [int(name) for name in os.listdir("/dev/fd") if is_file(int(name), path)]
    assert not os.get_inheritable(fd)
    writer.close()


# Follow


def test_a_reader_follows_a_log_that_grows(path: Path) -> None:
    writer = LogWriter.create(path)
    reader = LogReader(path)
    assert reader.read() == []
    for i in range(50):
        writer.append(said(i))
        assert said_in(reader.read()) == [str(i)]
        assert reader.read() == []
    assert reader.problems == []
    writer.close()
    reader.close()


def test_a_torn_last_line_is_not_yet_there_and_is_no_problem(path: Path) -> None:
    line = encode_event(0, SAMPLE[0])
    with path.open("ab", buffering=0) as file:
        reader = LogReader(path)
        for byte in line[:-1]:
            file.write(bytes([byte]))
            assert reader.read() == []
        assert reader.offset == 0
        file.write(line[-1:])
        assert same(reader.read(), [Record(0, SAMPLE[0])])
        assert reader.offset == len(line)
    assert reader.problems == []
    reader.close()


def test_a_log_longer_than_one_read_is_read_to_its_end(path: Path) -> None:
    written = a_log(path, [Said(t=0.0, level="x" * 60_000, text=str(i)) for i in range(200)])
    assert path.stat().st_size > 8 * 1024 * 1024
    records, problems = read_log(path)
    assert (len(records), problems) == (len(written), [])
    assert [n for n, _ in records] == list(range(200))


# Damage


def test_a_damaged_line_is_told_with_its_number_and_the_rest_is_read(path: Path) -> None:
    a_log(path, said("a", "b", "c"))
    path.write_bytes(path.read_bytes().replace(b'"b"', b'"B"'))
    records, problems = read_log(path)
    assert said_in(records) == ["a", "c"]
    assert problems == [
        "line 2 is damaged: its checksum does not match",
        "before line 3, record 1 is missing",
    ]


def test_lost_lines_are_told(path: Path) -> None:
    a_log(path, said("a", "b", "c", "d", "e", "f"))
    lines = path.read_bytes().splitlines(keepends=True)
    records, problems = read_bytes(path, b"".join([lines[1], lines[2], lines[5]]))
    assert said_in(records) == ["b", "c", "f"]
    assert problems == ["before line 1, record 0 is missing", "before line 3, record 3 to 4 is missing"]


def test_repeated_lines_are_told_and_read_once(path: Path) -> None:
    a_log(path, said("a", "b", "c"))
    a, b, c = path.read_bytes().splitlines(keepends=True)
    records, problems = read_bytes(path, a + b + a + b + c + c)
    assert said_in(records) == ["a", "b", "c"]
    assert problems == [
        "line 3 repeats record 0",
        "line 4 repeats record 1",
        "line 6 repeats record 2",
    ]


def test_lines_of_another_kind_are_counted_and_leave_no_gap(path: Path) -> None:
    a, _, c = (encode_event(n, event) for n, event in enumerate(said("a", "b", "c")))
    path.write_bytes(a + sealed({"n": 1, "kind": "hologram"}) + b"\n" + c)
    reader = LogReader(path)
    assert said_in(read_all(reader)) == ["a", "c"]
    assert (reader.unknown, reader.problems, reader.highest_n) == (1, [], 2)
    reader.close()


def test_a_repeated_line_of_another_kind_does_not_cost_the_record_after_it(path: Path) -> None:
    a, _, c = (encode_event(n, event) for n, event in enumerate(said("a", "b", "c")))
    unknown = sealed({"n": 1, "kind": "hologram"}) + b"\n"
    records, _ = read_bytes(path, a + unknown + unknown + c)
    assert said_in(records) == ["a", "c"]


def test_a_lost_line_before_one_of_another_kind_is_told(path: Path) -> None:
    lines = [encode_event(n, event) for n, event in enumerate(said("a", "b", "c", "d"))]
    lines[2] = sealed({"n": 2, "kind": "hologram"}) + b"\n"
    _, problems = read_bytes(path, lines[0] + lines[2] + lines[3])
    assert problems == ["before line 2, record 1 is missing"]


@pytest.mark.parametrize("nonfinite", [[[]], [""]], ids=repr)
def test_a_line_that_lies_about_its_values_does_not_end_the_reading(path: Path, nonfinite: object) -> None:
    a, _, c = (encode_event(n, event) for n, event in enumerate(said("a", "b", "c")))
    lie = {
        "n": 1,
        "kind": "values",
        "branch": 0,
        "split": "",
        "at": 0,
        "t": 0.0,
        "values": {},
        "nonfinite": nonfinite,
    }
    records, problems = read_bytes(path, a + sealed(lie) + b"\n" + c)
    assert said_in(records) == ["a", "c"]
    assert problems[0].startswith("line 2 is damaged")


# What should not be read


def test_an_endless_line_that_has_not_ended_yet_is_passed_over_when_it_does(path: Path) -> None:
    first, last = (encode_event(n, event) for n, event in enumerate(said("first", "last")))
    with path.open("ab", buffering=0) as file:
        file.write(first + b"x" * (2 * MAX_LINE))
        reader = LogReader(path)
        assert said_in(read_all(reader)) == ["first"]
        file.write(b"y" * (2 * MAX_LINE))
        assert read_all(reader) == []
        file.write(b"z\n" + last)
        assert said_in(read_all(reader)) == ["last"]
    assert reader.problems == ["line 2 is longer than a line may be and was passed over"]
    assert reader.offset == path.stat().st_size
    reader.close()


def test_a_record_that_begins_within_an_endless_line_is_the_same_live_and_read_again(path: Path) -> None:
    first, last = (encode_event(n, event) for n, event in enumerate(said("first", "last")))
    with path.open("ab", buffering=0) as file:
        file.write(first + b"x" * (2 * MAX_LINE))
        reader = LogReader(path)
        live = read_all(reader)
        file.write(last)
        live += read_all(reader)
        reader.close()
    assert said_in(live) == said_in(read_log(path)[0])


def test_a_fifo_a_directory_and_a_device_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for place in (tmp_path / "fifo", tmp_path, Path("/dev/zero")):
        with pytest.raises(OSError, match=r"regular|directory"):
            promptly(partial(LogReader, place))
    with pytest.raises(FileNotFoundError):
        LogReader(tmp_path / "nothing")


# Reopen


def test_a_log_that_is_reopened_goes_on_counting(path: Path) -> None:
    a_log(path, said("a", "b"))
    writer = LogWriter.reopen(path)
    assert [n for n, _ in writer.append(said("c"))] == [2]
    writer.close()
    records, problems = read_log(path)
    assert (said_in(records), problems) == (["a", "b", "c"], [])


def test_an_empty_log_can_be_reopened(path: Path) -> None:
    path.touch()
    writer = LogWriter.reopen(path)
    writer.append(said("a"))
    writer.close()
    records, problems = read_log(path)
    assert (records[0].n, said_in(records), problems) == (0, ["a"], [])


def test_a_log_torn_at_any_byte_is_cut_to_whole_lines_and_goes_on(path: Path) -> None:
    a_log(path, said("a", "b"))
    data = path.read_bytes()
    for end in range(len(data) + 1):
        path.write_bytes(data[:end])
        writer = LogWriter.reopen(path)
        writer.append(said("new"))
        writer.close()
        records, problems = read_log(path)
        assert said_in(records) == [*["a", "b"][: data[:end].count(b"\n")], "new"]
        assert problems == []


def test_what_is_added_to_a_reopened_log_is_never_glued_to_an_endless_line(path: Path) -> None:
    a_log(path, said("a"))
    with path.open("ab") as file:
        file.write(b"\0" * (2 * MAX_LINE))
    writer = LogWriter.reopen(path)
    writer.append(said("b", "c"))
    writer.close()
    assert said_in(read_log(path)[0]) == ["a", "b", "c"]


def test_nothing_but_a_torn_tail_is_cut_from_a_damaged_log(path: Path) -> None:
    a_log(path, said("a", "b", "c"))
    data = path.read_bytes().replace(b'"b"', b'"B"')
    path.write_bytes(data + b'{"n":3,"kind":"sa')
    writer = LogWriter.reopen(path)
    writer.append(said("d"))
    writer.close()
    assert path.read_bytes().startswith(data)
    records, _ = read_log(path)
    assert said_in(records) == ["a", "c", "d"]


def test_a_log_is_not_reopened_through_a_symlink_nor_where_there_is_none(path: Path, tmp_path: Path) -> None:
    a_log(tmp_path / "real.jsonl", said("a"))
    path.symlink_to(tmp_path / "real.jsonl")
    with pytest.raises(OSError, match="symbolic"):
        LogWriter.reopen(path)
    with pytest.raises(FileNotFoundError):
        LogWriter.reopen(tmp_path / "nothing")


def test_reopening_leaves_one_descriptor_open(path: Path) -> None:
    a_log(path, said("a"))
    before = len(os.listdir("/dev/fd"))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        writer = LogWriter.reopen(path)
        assert len(os.listdir("/dev/fd")) == before + 1
    writer.close()
    assert [str(warning.message) for warning in caught] == []


# A disk that fills or fails


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch, path: Path) -> Disk:
    return Disk(monkeypatch, path)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT], ids=errno.errorcode.get)
@pytest.mark.parametrize("times", [1, 3])
def test_a_write_that_fails_at_any_moment_costs_no_record(path: Path, disk: Disk, code: int, times: int) -> None:
    for first in range(1, 12):
        disk.writes = 0
        disk.plan = lambda write, data: (
            OSError(code, os.strerror(code)) if first <= write < first + times else len(data)  # noqa: B023
        )
        writer = LogWriter.create(path)
        for i in range(10 + times):
            failing = disk.writes + 1 in range(first, first + times)
            writer.append(said(i))
            assert bool(writer.trouble) == failing
            assert_only_whole_lines(path)
        writer.close()
        records, problems = read_log(path)
        assert said_in(records) == [str(i) for i in range(10 + times)]
        assert (problems, writer.lost, writer.trouble) == ([], 0, "")
        path.unlink()


def test_a_write_that_comes_out_short_by_any_length_leaves_only_whole_lines(path: Path, disk: Disk) -> None:
    whole = sum(len(encode_event(n, event)) for n, event in enumerate(said("a", "b", "c")))
    for short in range(whole):
        disk.writes = 0
        disk.plan = lambda write, data: (short, OSError(errno.ENOSPC, "full"), len(data))[min(write, 3) - 1]  # noqa: B023
        writer = LogWriter.create(path)
        writer.append(said("a", "b", "c"))
        assert writer.trouble
        assert_only_whole_lines(path)
        writer.append(said("d"))
        if disk.writes < 3:
            writer.append([])
        assert writer.trouble == ""
        writer.close()
        records, problems = read_log(path)
        assert (said_in(records), problems) == (["a", "b", "c", "d"], [])
        path.unlink()


def test_a_follower_of_a_disk_that_fills_and_clears_sees_every_record_once(path: Path, disk: Disk) -> None:
    choose = random.Random(3)
    disk.plan = lambda _, data: choose.choice([len(data), choose.randrange(len(data)), OSError(errno.ENOSPC, "full")])
    writer = LogWriter.create(path)
    reader = LogReader(path)
    seen = []
    for i in range(300):
        writer.append(said(i))
        seen += said_in(read_all(reader))
    disk.plan = lambda _, data: len(data)
    writer.close()
    seen += said_in(read_all(reader))
    reader.close()
    assert seen == [str(i) for i in range(300)]
    assert reader.problems == []
    assert_only_whole_lines(path)


def test_a_disk_that_can_not_even_cut_the_torn_line_raises_nothing_and_glues_nothing(path: Path, disk: Disk) -> None:
    writer = LogWriter.create(path)
    writer.append(said("a"))
    disk.cuts_fail = True
    disk.plan = lambda _, data: len(data) // 2
    writer.append(said("b"))
    assert writer.trouble
    writer.append(said("c"))
    disk.cuts_fail = False
    disk.plan = lambda _, data: len(data)
    writer.append(said("d"))
    writer.close()
    assert said_in(read_log(path)[0]) == ["a", "b", "c", "d"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_device_is_told_and_raises_nothing() -> None:
    writer = LogWriter(os.open("/dev/full", os.O_WRONLY))
    assert [n for n, _ in writer.append(said("a"))] == [0]
    assert writer.trouble == os.strerror(errno.ENOSPC)
    writer.append(said("b"))
    writer.sync()
    writer.close()


A_DISK_WITH_ROOM_FOR = """
import resource, sys
from pathlib import Path
from lintui.events import Said
from lintui.log import LogReader, LogWriter

path, room = Path(sys.argv[1]), int(sys.argv[2])
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
writer = LogWriter.create(path)
resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
for i in range(0, 60, 3):
    writer.append([Said(t=0.0, level="info", text=f"{j} " + j * "x") for j in range(i, i + 3)])
    data = path.read_bytes()
    assert data.endswith(b"\\n") or not data, data[-40:]
    assert len(data) <= room
assert writer.trouble
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
writer.append([Said(t=0.0, level="info", text="at last")])
assert not writer.trouble
writer.close()
reader = LogReader(path)
texts = [record.event.text for record in reader.read()]
assert texts == [f"{j} " + j * "x" for j in range(60)] + ["at last"], texts
assert reader.problems == [] and writer.lost == 0
print("all is there")
"""


@pytest.mark.parametrize("room", [0, 1, 500, 1_001, 4_321])
def test_a_real_disk_that_is_full_gets_whole_lines_only_and_the_rest_when_there_is_room(
    path: Path, room: int
) -> None:
    child = subprocess.run(
        [sys.executable, "-c", A_DISK_WITH_ROOM_FOR, str(path), str(room)],
        env=child_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (child.stdout, child.stderr) == ("all is there\n", "")


def test_what_waits_for_the_disk_is_bounded_and_what_is_given_up_is_counted_and_told(path: Path, disk: Disk) -> None:
    disk.plan = lambda _, data: OSError(errno.ENOSPC, "full")
    writer = LogWriter.create(path)
    for i in range(40):
        writer.append([Said(t=0.0, level="x" * 1_000_000, text=str(i))])
    lost = writer.lost
    assert 4 <= lost <= 20
    disk.plan = lambda _, data: len(data)
    writer.close()
    records, problems = read_log(path)
    # The first stays, for its beginning may have been seen; of the others the oldest go.
    assert [record.n for record in records] == [0, *range(lost + 1, 40)]
    assert problems == [f"before line 2, record 1 to {lost} is missing"]


def test_records_that_still_wait_when_the_log_is_closed_are_counted_as_lost(path: Path, disk: Disk) -> None:
    writer = LogWriter.create(path)
    writer.append(said("a"))
    disk.plan = lambda _, data: OSError(errno.ENOSPC, "full")
    writer.append(said("b", "c"))
    writer.close()
    assert writer.lost == 2
    assert_only_whole_lines(path)


def test_a_line_holds_as_many_steps_as_are_handed_over_at_once(path: Path) -> None:
    at = tuple(range(2_000))
    event = Steps(branch=0, split="batch", at=at, t=tuple(map(float, at)), values={"loss": tuple(map(float, at))})
    a_log(path, [event])
    assert path.read_bytes().count(b"\n") == 1
    assert read_log(path) == ([Record(0, event)], [])
