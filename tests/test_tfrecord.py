"""Frames of TFRecord files: checksums against published vectors, what is damaged, and what is not there yet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lintui.tfrecord import MAX_RECORD, crc32c, crc32c_each, frame, framed_length, frames, masked

VECTORS = {
    b"123456789": 0xE3069283,  # the check value of every catalogue of CRCs
    bytes(32): 0x8A9136AA,  # these four: RFC 3720, appendix B.4
    b"\xff" * 32: 0x62A8AB43,
    bytes(range(32)): 0x46DD794E,
    bytes(range(31, -1, -1)): 0x113FDB5C,
    b"": 0,
}


@pytest.mark.parametrize("data", VECTORS, ids=lambda data: f"{len(data)} bytes")
def test_the_checksum_is_that_of_the_published_vectors(data: bytes) -> None:
    assert crc32c(data) == VECTORS[data]


def test_the_checksums_of_many_are_those_of_the_published_vectors() -> None:
    assert crc32c_each(list(VECTORS)) == list(VECTORS.values())


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_the_checksums_of_many_are_those_of_each(records: list[bytes]) -> None:
    assert crc32c_each(records) == [crc32c(record) for record in records]


@given(st.binary(max_size=50), st.binary(max_size=50))
def test_a_checksum_can_be_gone_on_with(first: bytes, second: bytes) -> None:
    assert crc32c(second, crc32c(first)) == crc32c(first + second)


def test_a_frame_is_the_one_that_tensorflow_writes() -> None:
    # The first record of every event file, from one written by torch.utils.tensorboard.
    record = bytes.fromhex("09 00 00 00 00 00 00 f8 3f 1a 0d 62 72 61 69 6e 2e 45 76 65 6e 74 3a 32")
    assert frame(record)[:12] == bytes.fromhex("18 00 00 00 00 00 00 00 a3 7f 4b 22")
    assert frame(record)[12:-4] == record
    assert framed_length(frame(record)) == len(frame(record))


@given(st.lists(st.binary(max_size=60), max_size=8), st.data())
def test_what_was_framed_comes_back_and_half_a_frame_is_not_there_yet(
    records: list[bytes], data: st.DataObject
) -> None:
    whole = b"".join(map(frame, records))
    assert frames(whole) == (records, [], len(whole), "torn")
    cut = data.draw(st.integers(0, len(whole)))
    found = frames(whole[:cut])
    assert found.records == records[: len(found.records)]
    assert found.end == sum(len(frame(record)) for record in found.records) <= cut
    assert frames(whole[found.end :]).records == records[len(found.records) :]


@given(st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=6), st.data())
def test_one_flipped_bit_is_always_noticed_and_costs_one_record_or_the_rest(
    records: list[bytes], data: st.DataObject
) -> None:
    whole = bytearray(b"".join(map(frame, records)))
    bit = data.draw(st.integers(0, 8 * len(whole) - 1))
    whole[bit // 8] ^= 1 << bit % 8
    found = frames(bytes(whole))
    hit = next(i for i in range(len(records)) if bit // 8 < sum(len(frame(r)) for r in records[: i + 1]))
    start = sum(len(frame(record)) for record in records[:hit])
    if bit // 8 - start < 12:
        assert found == (records[:hit], [], start, "length")
    else:
        assert found == (records[:hit] + records[hit + 1 :], [start], len(whole), "torn")


def test_a_sound_length_beyond_the_limit_is_told_before_its_bytes_are_there() -> None:
    length = (MAX_RECORD + 1).to_bytes(8, "little")
    head = length + masked(crc32c(length)).to_bytes(4, "little")
    assert frames(frame(b"x") + head) == ([b"x"], [], len(frame(b"x")), "long")
    assert framed_length(head) == MAX_RECORD + 17
