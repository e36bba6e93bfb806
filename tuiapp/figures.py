"""Numbers as people read them: three significant digits, short durations, rates; without any widget."""

import math

_SPARKS = "▁▂▃▄▅▆▇█"


def three(x: float | None) -> str:
    """Three significant digits: 0.03, 4.67e-5, 1.26e3; "NaN" and "inf" by name, "–" for nothing."""
    if x is None:
        return "–"
    if not math.isfinite(x):
        return _name(x)
    return _tidy(f"{x:.3g}" if x == 0 or abs(x) >= 1e-3 else f"{x:.2e}")


def typed(x: float) -> str:
    """A setting as a person types it: six digits, so that 0.9999 is not taken for 1."""
    return _tidy(f"{x:.6g}") if math.isfinite(x) else _name(x)


def signed(x: float | None) -> str:
    """Four significant digits with the sign, trailing zeros kept so that a column doesn't flicker."""
    if x is None:
        return "–"
    if not math.isfinite(x):
        return _name(x)
    if x != 0 and not 1e-2 <= abs(x) < 1e5:
        mantissa, _, exponent = f"{x:+.2e}".partition("e")
        return f"{mantissa}e{int(exponent)}"
    return f"{x:+.{max(3 - math.floor(math.log10(abs(x))), 0) if x else 3}f}"


def _name(x: float) -> str:
    return "NaN" if math.isnan(x) else "inf" if x > 0 else "-inf"


def _tidy(text: str) -> str:
    """Shorten the exponent and what stands before it: 4.60e-05 becomes 4.6e-5, 1e+06 becomes 1e6."""
    mantissa, e, exponent = text.partition("e")
    return f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}e{int(exponent)}" if e else text


def duration(seconds: float) -> str:
    """0:03, 12:40 or 1:02:03."""
    if not math.isfinite(seconds):
        return "–"
    whole = max(int(seconds), 0)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def ago(seconds: float | None) -> str:
    """Such as "5 min ago"; "–" where nobody knows."""
    if seconds is None:
        return "–"
    for unit, length in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit} ago"
    return f"{seconds:.0f} s ago"


def took(seconds: float) -> str:
    """How long something took, as " in 0:03" or " in 0.4 s"; empty where nobody kept the time."""
    if seconds >= 1 or not math.isfinite(seconds):
        return f" in {duration(seconds)}"
    return f" in {seconds:.1f} s" if seconds >= 0.1 else " in under 0.1 s" if seconds > 0 else ""


def rate(per_second: float | None) -> str:
    """4.1k steps/s, 38 steps/s, or 0.25 steps/s; nothing while unknown."""
    if per_second is None:
        return ""
    for limit, unit in ((1e6, "M"), (1e3, "k")):
        if per_second >= limit:
            return f"{per_second / limit:.1f}{unit} steps/s"
    return f"{per_second:.0f} steps/s" if per_second >= 10 else f"{per_second:.2g} steps/s"


def percent(share: float) -> str:
    """A share between 0 and 1: 0.8 %."""
    return f"{100 * share:.1f} %" if share < 0.1 else f"{100 * share:.0f} %"


def sparkline(values: list[float | None], width: int) -> str:
    """The last `width` values as blocks of a height that grows with their logarithm; blanks for nothing."""
    last = values[-width:]
    logs = [math.log10(v) if v is not None and 0 < v < math.inf else None for v in last]
    known = [v for v in logs if v is not None]
    if not known:
        return " " * width
    low, span = min(known), max(known) - min(known)
    blocks = [" " if v is None else _SPARKS[round((v - low) / span * 7) if span else 0] for v in logs]
    return "".join(blocks).rjust(width)
