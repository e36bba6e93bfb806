"""An inbox full of what is no command: nothing breaks or changes, and every command in it is answered once."""

import os
import random
import re
import zlib
from collections import Counter
from collections.abc import Callable

import pytest
from strategies import read_log

from lintui import rundir
from lintui.codec import encode_command
from lintui.commands import Command, Scale, Set, Step, Stop, new_id
from lintui.events import Applied, Ended, Refused
from lintui.inbox import leave
from lintui.run import Run

NO_VALUES = [b'{"a":1}', b"[]", b"1e999", b"NaN", b"9" * 400]
"""What no field of a command may hold, as a line says it."""


def valid(choose: random.Random) -> Command:
    """A command that the run can carry out or refuse, but not pass over."""
    return choose.choice(
        [
            Set(id=new_id(), by="me", knob="lr", value=choose.random()),
            Set(id=new_id(), by="me", knob="lr", value=-1.0),
            Set(id=new_id(), by="me", knob="nothing", value=1),
            Scale(id=new_id(), by="me", knob="lr", factor=choose.choice([0.5, 2.0])),
            Step(id=new_id(), by="me", count=0),
        ]
    )


def malformed(choose: random.Random) -> bytes:
    """Bytes that are no command, though most of them were one."""
    commands: list[Command] = [
        Set(id="malformed", by="me", knob="lr", value=666.0),
        Scale(id="malformed", by="me", knob="lr", factor=666.0),
        Step(id="malformed", by="me", count=666),
        Stop(id="malformed", by="me"),
    ]
    whole, other_than_stop = encode_command(choose.choice(commands)), encode_command(choose.choice(commands[:3]))
    place = choose.randrange(len(whole) - 1)
    return choose.choice(
        [
            lambda: choose.randbytes(choose.randrange(200)),
            lambda: whole[:place],
            lambda: whole[:place] + bytes([whole[place] ^ 1 << choose.randrange(8)]) + whole[place + 1 :],
            lambda: whole[:place] + whole[place + 1 :],
            lambda: whole + whole,
            lambda: sealed_again(
                whole.replace(b'"kind"', choose.choice([b'"Kind"', b'"", "kind"', b'"kind":1,"k"']))
            ),
            lambda: sealed_again(whole.replace(b'"by":"me"', choose.choice([b'"by":1', b'"By":"me"', b'"by":null']))),
            lambda: sealed_again(whole.replace(b'"id"', choose.choice([b'"ID"', b'"id":[],"old"']))),
            lambda: sealed_again(re.sub(rb":666(\.0)?", b":" + choose.choice(NO_VALUES), other_than_stop)),
            lambda: b"[" * choose.randrange(60_000),
        ]
    )()


def sealed_again(line: bytes) -> bytes:
    """The same line with a checksum that is right."""
    body = line[: line.index(b',"crc"')]
    return b'%s,"crc":"%08x"}\n' % (body, zlib.crc32(body))


@pytest.mark.parametrize("count", [500, pytest.param(10_000, marks=pytest.mark.long)])
def test_of_malformed_commands_none_has_an_effect_and_every_valid_one_among_them_is_answered_once(
    count: int, figure: Callable[[str], None]
) -> None:
    choose = random.Random(19)
    run = Run("steered", rundir.create("steered"))
    lr = run.tune("lr", 1.0, low=0.0)
    asked: list[Command] = []
    for i in range(count):
        (run.directory.inbox / f"{choose.randrange(10**6):06}-{i}").write_bytes(malformed(choose))
        if i % 20 == 0:
            asked.append(valid(choose))
            leave(run.directory.inbox, asked[-1])
        if i % 100 == 0:  # one comes again, as after a rename over a network that answered too late
            leave(run.directory.inbox, asked[-1])
    while os.listdir(run.directory.inbox):
        run.step({"loss": 1.0})
        run.safe_point()
    should_stop = run.should_stop
    run.finish()
    records, problems = read_log(run.directory.log)
    answers = [event for _, event in records if isinstance(event, Applied | Refused)]
    assert problems == []
    assert Counter(answer.id for answer in answers) == Counter(command.id for command in asked)
    value = 1.0
    for answer in answers:
        if isinstance(answer, Applied):
            assert (answer.knob, answer.old) == ("lr", value)
            assert isinstance(answer.new, float)
            value = answer.new
    assert lr.value == value
    assert not should_stop
    assert isinstance(records[-1].event, Ended)
    figure(f"{count} malformed commands: 0 had an effect; {len(asked)} valid ones were each answered once")
