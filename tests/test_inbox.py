"""The inbox: a command that was left is collected once and in order, and nothing else in there does harm."""

import os
import random
import stat
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import any_command, promptly, sealed

from lintui.codec import encode_command
from lintui.commands import Command, Scale, Set, Step, Stop, author, new_id
from lintui.inbox import collect, leave


def a_set(value: object, id: str = "") -> Set:
    return Set(id=id or new_id(), by="someone", knob="lr", value=value)  # type: ignore[arg-type]


def collect_all(inbox: Path) -> tuple[list[Command], list[str]]:
    """Collect until nothing more comes."""
    commands: list[Command] = []
    problems: list[str] = []
    for _ in range(100):
        found, told = collect(inbox)
        if not found and not told:
            return commands, problems
        commands += found
        problems += told
    raise AssertionError("the inbox never becomes empty")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir(mode=0o700)
    return folder


# Leave and collect


def test_an_empty_inbox_holds_no_command_and_no_problem(inbox: Path) -> None:
    assert collect(inbox) == ([], [])


def test_commands_of_every_kind_come_in_the_order_in_which_they_were_left(inbox: Path) -> None:
    commands: list[Command] = [
        Set(id="z", by="me", knob="loss", value="l1"),
        Scale(id="y", by="me", knob="lr", factor=2.0),
        Step(id="x", by="me", count=3),
        Stop(id="w", by="me", reason="enough"),
        Set(id="v", by="me", knob="lr", value=0.1, undoes="y"),
        Set(id="u", by="me", knob="lr", value=0.2, redoes="v"),
    ]
    for command in commands:
        leave(inbox, command)
    assert collect(inbox) == (commands, [])


def test_a_command_that_was_collected_is_gone(inbox: Path) -> None:
    leave(inbox, a_set(1.0))
    assert len(collect(inbox)[0]) == 1
    assert collect(inbox) == ([], [])
    assert os.listdir(inbox) == []


def test_a_command_is_for_its_owner_alone(inbox: Path) -> None:
    before = os.umask(0)
    try:
        leave(inbox, a_set(1.0))
    finally:
        os.umask(before)
    (name,) = os.listdir(inbox)
    assert stat.S_IMODE((inbox / name).stat().st_mode) == 0o600


def test_nothing_of_a_command_is_seen_before_all_of_it_is_there(inbox: Path) -> None:
    stop = threading.Event()
    problems: list[str] = []
    found: list[Command] = []

    def look() -> None:
        while not stop.is_set():
            some, told = collect(inbox)
            found.extend(some)
            problems.extend(told)

    looker = threading.Thread(target=look, daemon=True)
    looker.start()
    commands = [a_set(i) for i in range(300)]
    for command in commands:
        leave(inbox, command)
    stop.set()
    looker.join()
    found += collect(inbox)[0]
    assert problems == []
    assert found == commands


def test_commands_left_by_several_at_once_are_all_collected_and_each_one_s_in_order(inbox: Path) -> None:
    def give(who: str) -> None:
        for i in range(100):
            leave(inbox, Set(id=f"{who}{i}", by=who, knob="lr", value=i))

    givers = [threading.Thread(target=give, args=(who,)) for who in "abc"]
    for giver in givers:
        giver.start()
    for giver in givers:
        giver.join()
    commands, problems = collect_all(inbox)
    assert problems == []
    for who in "abc":
        assert [c.value for c in commands if isinstance(c, Set) and c.by == who] == list(range(100))


def test_a_full_inbox_is_taken_a_thousand_at_a_time_and_in_order(inbox: Path) -> None:
    commands = [a_set(i) for i in range(1_500)]
    for command in commands:
        leave(inbox, command)
    assert collect(inbox) == (commands[:1_000], [])
    assert collect(inbox) == (commands[1_000:], [])


def test_an_inbox_that_is_gone_is_an_os_error_for_both_sides(inbox: Path) -> None:
    inbox.rmdir()
    with pytest.raises(FileNotFoundError):
        collect(inbox)
    with pytest.raises(FileNotFoundError):
        leave(inbox, a_set(1.0))


@given(any_command)
def test_any_command_fits_into_a_file(tmp_path_factory: pytest.TempPathFactory, command: Command) -> None:
    assert len(encode_command(command)) < 64 * 1024


def test_no_two_commands_have_the_same_id_and_each_says_from_which_process_it_comes() -> None:
    assert len({new_id() for _ in range(1_000)}) == 1_000
    assert author().endswith(f":{os.getpid()}")


# What is no command


def test_what_is_no_command_is_told_in_a_line_and_removed(inbox: Path) -> None:
    (inbox / "garbage").write_bytes(b"lr = 1")
    leave(inbox, a_set(1.0))
    (inbox / "zero").write_bytes(b"")
    commands, problems = collect(inbox)
    assert len(commands) == 1
    assert problems == [
        "garbage in the inbox is no command: it has no checksum",
        "zero in the inbox is no command: it has no checksum",
    ]
    assert os.listdir(inbox) == []
    assert collect(inbox) == ([], [])


def test_a_file_that_is_not_yet_in_place_is_left_alone(inbox: Path) -> None:
    (inbox / ".00000000000000000001-a.json").write_bytes(b"half a comm")
    assert collect(inbox) == ([], [])
    assert os.listdir(inbox) == [".00000000000000000001-a.json"]


def test_an_event_is_no_command(inbox: Path) -> None:
    (inbox / "1").write_bytes(sealed({"kind": "applied", "id": "1", "by": "me", "knob": "lr", "value": 1.0}))
    assert collect(inbox) == ([], ["1 in the inbox is no command: it is no command"])


def test_a_file_too_large_for_a_command_is_not_read(inbox: Path) -> None:
    with (inbox / "large").open("wb") as file:
        file.truncate(1 << 33)
    assert collect(inbox) == ([], ["large in the inbox is no command: it is too large"])
    assert os.listdir(inbox) == []


MALFORMED = st.one_of(
    st.binary(max_size=100),
    any_command.map(encode_command).map(lambda line: line[:-20]),
    any_command.map(encode_command).map(lambda line: line.replace(b'"by"', b'"By"', 1)),
    st.fixed_dictionaries(
        {"kind": st.sampled_from(["set", "scale", "step", "stop", "applied", "sudo"])},
        optional={
            "id": st.none() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=3),
            "by": st.none() | st.lists(st.integers(0, 9), max_size=2),
            "knob": st.sampled_from(["lr", 1, None, ["lr"]]),
            "value": st.sampled_from([[1], {"a": 1}]),
            "factor": st.sampled_from(["2", None, True]),
            "count": st.sampled_from([1.5, "1", None, 2**63]),
        },
    ).map(sealed),
)


@given(st.data())
def test_of_malformed_commands_none_is_collected(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    inbox = tmp_path_factory.mktemp("inbox")
    malformed = data.draw(st.lists(MALFORMED, min_size=1, max_size=10))
    for number, content in enumerate(malformed):
        (inbox / f"{number:05}").write_bytes(content)
    commands, problems = collect_all(inbox)
    assert commands == []
    assert len(problems) == len(malformed)
    assert os.listdir(inbox) == []


def test_a_flipped_bit_in_any_place_of_a_thousand_commands_lets_none_of_them_pass(inbox: Path) -> None:
    choose = random.Random(4)
    for i in range(1_000):
        content = bytearray(encode_command(Scale(id=str(i), by="me", knob="lr", factor=i + 0.5)).rstrip(b"\n"))
        content[choose.randrange(len(content))] ^= 1 << choose.randrange(8)
        (inbox / f"{i:05}").write_bytes(content)
    commands, problems = collect_all(inbox)
    assert (commands, len(problems)) == ([], 1_000)


# Things that are no files


def test_a_symlink_is_not_followed_and_its_target_not_touched(inbox: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(encode_command(a_set(1.0)))
    (inbox / "link").symlink_to(elsewhere)
    (inbox / "loop").symlink_to("loop")
    (inbox / "nowhere").symlink_to(tmp_path / "nowhere")
    (inbox / "folder").symlink_to(tmp_path)
    commands, problems = collect_all(inbox)
    assert (commands, len(problems)) == ([], 4)
    assert os.listdir(inbox) == []
    assert elsewhere.exists()


def test_a_fifo_makes_nobody_wait_and_is_removed(inbox: Path) -> None:
    os.mkfifo(inbox / "fifo")
    leave(inbox, a_set(1.0))
    commands, problems = promptly(lambda: collect_all(inbox))
    assert len(commands) == 1
    assert problems == ["fifo in the inbox is no command: it is not a regular file"]
    assert os.listdir(inbox) == []


def test_a_directory_is_told_once_and_does_not_keep_commands_from_coming(inbox: Path) -> None:
    (inbox / "0" / "deep").mkdir(parents=True)
    leave(inbox, a_set(1.0))
    commands, problems = collect_all(inbox)
    assert (len(commands), len(problems)) == (1, 1)
    assert collect(inbox) == ([], [])


def test_a_second_directory_of_the_same_name_is_told_once_too(inbox: Path) -> None:
    for _ in range(2):
        (inbox / "0" / "deep").mkdir(parents=True)
        _, problems = collect_all(inbox)
        assert len(problems) == 1


def test_more_directories_than_are_taken_at_once_do_not_hide_a_command(inbox: Path) -> None:
    for i in range(1_100):
        (inbox / f"{i:05}").mkdir()
    leave(inbox, a_set(1.0))
    commands, _ = collect_all(inbox)
    assert len(commands) == 1


@pytest.mark.skipif(sys.platform == "darwin", reason="its file names are always text")
def test_a_file_whose_name_is_no_text_is_told_in_words_that_can_be_written(inbox: Path) -> None:
    for name in (b"\xff\xfe", b"\x1b[2J", b"two\nlines"):
        Path(os.fsdecode(os.fsencode(inbox) + b"/" + name)).write_bytes(b"garbage")
    commands, problems = collect_all(inbox)
    assert (commands, len(problems)) == ([], 3)
    for problem in problems:
        problem.encode()
    assert os.listdir(inbox) == []
