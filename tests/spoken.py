"""What a program says to a terminal, taken apart: all that lintui may say, and whatever else there is."""

import re

_MAY = re.compile(
    rb"""
    \x1b\[[0-9;]*m                          # colours
    | \x1b\[[0-9;]*H                        # the cursor
    | \x1b\[\?(?:1049|25|7)[hl]             # the alternate screen, the cursor seen, long lines wrapped
    | \x1b\[\?(?:1000|1002|1003|1006|1015|1016)[hl]  # the mouse
    | \x1b\[\?(?:1004|2004|2048)[hl]        # focus, pastes, sizes
    | \x1b\[\?2026[hl] | \x1b\[\?2026\$p    # a frame in one piece, and whether the terminal knows that
    | \x1b\[>[0-9]+u | \x1b\[<u              # keys with their modifiers
    | [\r\n\x20-\x7e]+
    | (?: [\xc3-\xdf][\x80-\xbf] | \xc2[\xa0-\xbf]         # text, but no C1
        | \xe2(?!\x80[\x8b-\x8f\xa8-\xae]|\x81[\xa0-\xaf])[\x80-\xbf]{2}  # nor what turns or hides it
        | [\xe0\xe1\xe3-\xee][\x80-\xbf]{2} | \xef(?!\xbb\xbf)[\x80-\xbf]{2}
        | [\xf0-\xf4][\x80-\xbf]{3} )+
    """,
    re.VERBOSE,
)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def unknown(output: bytes) -> list[bytes]:
    """Whatever is in it that lintui never has to say, with what follows; empty: nothing."""
    found = []
    place = 0
    while place < len(output):
        if (said := _MAY.match(output, place)) is None:
            found.append(output[place : place + 60])
            place += 1
        else:
            place = said.end()
    return found


def in_plain_lines(output: bytes) -> list[str]:
    """Every control character in what is printed where there is no terminal; a new line is none."""
    return [found for found in _CONTROL.findall(output.decode()) if found != "\n"]
