"""Office hours by an independent implementation: Python's zoneinfo.

Writes, or with --check compares, the table that crates/domain/tests/hours.rs holds domain::hours to. Each row is a
zone, a grid, an instant, and the open or closed period that the instant lies in (rule R12): wall time, a gap means
the first instant after it, a fold opens at the first and closes at the second, a window belongs to the day on which
it starts.
"""

import argparse
import json
import sys
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

TABLE = Path(__file__).parents[2] / "crates" / "domain" / "tests" / "hours.json"
UTC = timezone.utc
EVERY_DAY = range(7)
# Name: the days on which windows start (0 is Monday), and the windows.
GRIDS = {
    "office": (range(5), ["09:00-12:00", "13:00-17:00"]),
    "nights": (EVERY_DAY, ["22:00-06:00"]),
    "small_hours": (EVERY_DAY, ["01:30-02:30"]),
    "after_midnight": (EVERY_DAY, ["00:15-00:45"]),
    "four_days": (range(4), ["00:00-24:00"]),
}
YEARS = [
    ("America/New_York", 2026),
    ("Europe/London", 2026),
    ("Australia/Lord_Howe", 2026),
    ("America/Sao_Paulo", 2018),
    ("America/Sao_Paulo", 2026),
    ("Asia/Kathmandu", 2026),
    ("Pacific/Apia", 2011),
    ("Pacific/Apia", 2026),
]


def offset(zone, instant):
    return instant.astimezone(zone).utcoffset()


def transitions(zone, year):
    """The instants of the year at which the zone's offset changes, to the minute."""
    found = []
    instant = datetime(year, 1, 1, tzinfo=UTC)
    while instant.year == year:
        after = instant + timedelta(hours=1)
        if offset(zone, instant) != offset(zone, after):
            found.append(first_with(zone, instant, after, offset(zone, after)))
        instant = after
    return found


def first_with(zone, before, after, wanted):
    """The first second of (before, after] at which the offset is the wanted one."""
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if offset(zone, middle) == wanted:
            after = middle
        else:
            before = middle
    return after


def resolve(zone, wall, opening):
    """The instant that a wall time means."""
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if first == second:
        return first
    exists = first.astimezone(zone).replace(tzinfo=None) == wall
    if exists:
        return min(first, second) if opening else max(first, second)
    early, late = min(first, second), max(first, second)
    return first_with(zone, early - timedelta(seconds=1), late, offset(zone, late))


def stretches(zone, grid, around):
    """The open stretches of the days around an instant, those that touch made one."""
    days, windows = GRIDS[grid]
    today = around.astimezone(zone).date()
    found = []
    for delta in range(-9, 10):
        day = today + timedelta(days=delta)
        if day.weekday() not in days:
            continue
        for window in windows:
            start, end = window.split("-")
            midnight = datetime(day.year, day.month, day.day)
            opens = midnight + minutes(start)
            closes = midnight + minutes(end)
            if minutes(end) <= minutes(start):
                closes += timedelta(days=1)
            opens, closes = resolve(zone, opens, True), resolve(zone, closes, False)
            if opens < closes:
                found.append((opens, closes))
    merged = []
    for opens, closes in sorted(found):
        if merged and opens <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], closes))
        else:
            merged.append((opens, closes))
    return merged


def minutes(text):
    hours, rest = text.split(":")
    return timedelta(hours=int(hours), minutes=int(rest))


def period(zone, grid, at):
    closed_since = None
    for opens, closes in stretches(zone, grid, at):
        if closes <= at:
            closed_since = closes
        elif opens <= at:
            return True, opens, closes
        else:
            return False, closed_since, opens
    raise AssertionError("every grid opens within nine days")


def instants(zone, year):
    """Around every change of the clocks, and spread over the year."""
    found = {datetime(year, 1, 3, 5, 7, tzinfo=UTC) + timedelta(days=26 * n, hours=5 * n) for n in range(14)}
    for change in transitions(zone, year):
        for minutes_off in (-1500, -90, -31, -30, -1, 0, 1, 29, 30, 45, 61, 600, 1500):
            found.add(change + timedelta(minutes=minutes_off))
    return sorted(found)


def rows():
    for name, year in YEARS:
        zone = ZoneInfo(name)
        for grid in GRIDS:
            for at in instants(zone, year):
                is_open, start, end = period(zone, grid, at)
                stamp = [instant and int(instant.timestamp()) for instant in (at, start, end)]
                yield [name, grid, stamp[0], is_open, stamp[1], stamp[2]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    arguments = parser.parse_args()
    assert date(2026, 11, 22).weekday() == 6
    table = list(rows())
    text = "[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in table) + "\n]\n"
    if not arguments.check:
        TABLE.write_text(text)
        print(f"{len(table)} rows written")
        return 0
    known = json.loads(TABLE.read_text())
    wrong = [row for row in table if row not in known] if known != table else []
    for row in wrong[:10]:
        print("differs:", row)
    failed = len(wrong) or int(known != table)
    print(f"{len(table) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
