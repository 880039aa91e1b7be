"""Halls from CSV files: what holdfast-init takes, and what it says of the rest.

--dry-run reads and checks a file as loading does, and needs no database.
"""

import os
import pathlib
import subprocess

import pytest

from servers import build_path

INIT = build_path("db", "holdfast-init")
HEAD = "section,row,seat,price\n"


def dry_run(tmp_path, text, *options, event="gala"):
    path = tmp_path / "hall.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    clean = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    return subprocess.run(
        [INIT, "--dry-run", "--csv", path, "--event", event, *options],
        env=clean,
        capture_output=True,
        text=True,
        timeout=60,
    )


def errors(done):
    """(line, message) of each line that names the file."""
    found = []
    for line in done.stderr.splitlines():
        _, _, rest = line.partition("hall.csv:")
        number, _, message = rest.partition(": ")
        found.append((int(number) if number.isdigit() else None, message))
    return found


def test_a_preview_counts_sections_rows_seats_and_money(tmp_path):
    done = dry_run(tmp_path, HEAD + "Stalls,A,1,45.50\nStalls,A,2,45.50\nBox,1,1,100\n")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].split() == "Stalls 1 rows 2 seats 45.50 EUR".split()
    assert lines[1].split() == "Box 1 rows 1 seats 100.00 EUR".split()
    assert lines[2] == "2 sections, 2 rows, 3 seats, 191.00 EUR if all are sold"


@pytest.mark.parametrize(
    "text",
    [
        "price,seat,row,section\n5,1,A,S\n",
        "SECTION, Row ,seat,Price\nS,A,1,5\n",
        "\ufeffsection,row,seat,price\r\nS,A,1,5\r\n",
        "section;row;seat;price\nS;A;1;5,00\n",
        'section,row,seat,price\n"S","A","1","5"\n',
        "\n\nsection,row,seat,price\n\nS,A,1,5\n\n",
    ],
    ids=["any order", "any case", "BOM and CRLF", "semicolons", "quotes", "empty lines"],
)
def test_what_spreadsheets_write_is_taken(tmp_path, text):
    done = dry_run(tmp_path, text)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 seats, 5.00 EUR" in done.stdout


# What is wrong on line 2, by the header of all columns.
ALL = "section,row,seat,price,id,category,x,y,pos,quality,accessible\n"
GOOD = "S,A,1,5,i,c,1,2,3,4,yes".split(",")
WRONG = [
    (0, "", "section is empty"),
    (0, "x" * 61, "section is longer than 60 bytes"),
    (0, b"\xff", "section is not UTF-8"),
    (0, "a\x07", "section has a control character"),
    (0, "a\u0085", "section has a control character"),
    (0, "21-A\u202e", "section has a control of writing direction"),
    (1, "\u2067A", "row has a control of writing direction"),
    (5, "c\u2028", "category has a line or paragraph separator"),
    (1, "", "row is empty"),
    (2, "12A", 'seat is not a whole number: "12A"'),
    (2, "-1", "seat is too small or too large"),
    (2, "100000", "seat is too small or too large"),
    (3, "5.005", "price has more decimals than the currency"),
    (3, "-5", "price is not an amount"),
    (3, "free", 'price is not an amount such as 45 or 45.50: "free"'),
    (4, "", "id is empty"),
    (4, "i" * 129, "id is longer than 128 bytes"),
    (5, "c" * 61, "category is longer than 60 bytes"),
    (6, "left", "x is not a number"),
    (6, "", "x is empty"),
    (7, "10001", "y is too far away"),
    (8, "first", "pos is not a whole number"),
    (9, "-1", "quality is too small or too large"),
    (10, "maybe", "accessible is neither yes nor no"),
]


@pytest.mark.parametrize("column, value, message", WRONG, ids=[w[2] for w in WRONG])
def test_a_wrong_value_is_named_with_its_line(tmp_path, column, value, message):
    cells = [cell.encode() for cell in GOOD]
    cells[column] = value if isinstance(value, bytes) else value.encode()
    done = dry_run(tmp_path, ALL.encode() + b",".join(cells) + b"\n")
    assert done.returncode == 1
    ((line, said),) = errors(done)
    assert line == 2 and said.startswith(message)


def test_values_at_their_limits_are_taken(tmp_path):
    row = ["s" * 60, "r" * 60, "99999", "0", "i" * 128, "c" * 60]
    row += ["-10000", "10000", "99999", "1000000", ""]
    done = dry_run(tmp_path, ALL + ",".join(row) + "\n")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "head, message",
    [
        ("", "the file is empty"),
        ("section,row,seat\n", "the column price is missing"),
        ("section,row,seat,price,prize\n", 'there is no column "prize"'),
        ("section,row,seat,price,seat\n", "the column seat is there twice"),
        ("section,row,seat,price,x\n", "there is x without y"),
        (HEAD, "there are no seats"),
    ],
)
def test_a_wrong_first_row_is_told_and_stops_all(tmp_path, head, message):
    done = dry_run(tmp_path, head + ("bad\n" if head not in ("", HEAD) else ""))
    assert done.returncode == 1
    assert [said.startswith(message) for _, said in errors(done)] == [True]


def test_all_errors_are_told_up_to_twenty(tmp_path):
    done = dry_run(tmp_path, HEAD + "S,A,x,5\n" * 20)
    assert [line for line, _ in errors(done)] == list(range(2, 22))
    done = dry_run(tmp_path, HEAD + "S,A,x,5\n" * 25)
    assert [line for line, _ in errors(done)] == [*range(2, 22), None]
    assert done.stderr.endswith("5 more errors of this kind\n")


def test_rows_that_cannot_be_read_are_told_beside_wrong_values(tmp_path):
    done = dry_run(tmp_path, HEAD + 'S,A,1,5\nS,A",2,5\nS,A\nS,A,x,5\n')
    assert [line for line, _ in errors(done)] == [3, 4, 5]
    assert "quote" in done.stderr and "2 fields where the first row has 4" in done.stderr


def test_two_seats_of_one_name_are_told_with_both_lines(tmp_path):
    done = dry_run(tmp_path, HEAD + "S,A,1,5\nS,B,1,5\nS,A,1,6\n")
    assert errors(done)[0] == (4, "section S, row A, seat 1 is on line 2 already")


def test_two_seats_of_one_place_are_told_with_both_lines(tmp_path):
    text = "section,row,seat,price,x,y\nS,A,1,5,1,2\nS,A,2,5,2,2\nT,A,1,5,1.04,2\n"
    assert errors(dry_run(tmp_path, text)) == [
        (4, "x 1.0, y 2.0 is the place of line 2 already")]


def test_two_seats_of_one_pos_in_their_row_are_told_with_both_lines(tmp_path):
    text = "section,row,seat,price,pos\nS,A,2,5,7\nS,B,1,5,7\nS,A,1,5,7\n"
    assert errors(dry_run(tmp_path, text)) == [
        (4, "section S, row A has pos 7 on line 2 already")]


def test_two_seats_of_one_id_are_told(tmp_path):
    done = dry_run(tmp_path, "id," + HEAD + "i,S,A,1,5\ni,S,A,2,5\n")
    assert errors(done) == [(3, "the id i is that of line 2 already")]


def test_names_that_give_the_same_id_are_told(tmp_path):
    done = dry_run(tmp_path, HEAD + "S+,A,1,5\nS-+,A,1,5\nS*,A,1,5\n")
    ((line, said),) = errors(done)
    assert line == 4 and "gala:S_-A-1" in said and "give a column id" in said


def test_an_id_made_of_long_names_is_refused(tmp_path):
    done = dry_run(tmp_path, HEAD + f"{'s' * 60},{'r' * 60},1,5\n", event="e" * 63)
    assert done.returncode == 1 and "give a column id" in done.stderr


@pytest.mark.parametrize(
    "currency, price, sum_", [("JPY", "4500", "4500"), ("KWD", "4.505", "4.505")]
)
def test_prices_have_the_currencys_decimals(tmp_path, currency, price, sum_):
    done = dry_run(tmp_path, HEAD + f"S,A,1,{price}\n", "--currency", currency)
    assert f"1 seats, {sum_} {currency}" in done.stdout
    assert dry_run(tmp_path, HEAD + f"S,A,1,{price}9\n" if currency == "KWD" else
                   HEAD + f"S,A,1,{price}.0\n", "--currency", currency).returncode == 1


def test_a_hall_has_so_many_seats_at_most(tmp_path):
    rows = "".join(f"S,{n // 1000},{n % 1000},5\n" for n in range(200000))
    done = dry_run(tmp_path, HEAD + rows)
    assert (done.returncode, done.stderr) == (0, "")
    done = dry_run(tmp_path, HEAD + rows + "T,1,1,5\n")
    assert errors(done) == [(200002, "more than 200000 seats")]


def test_a_file_that_is_not_there_or_too_large_is_told(tmp_path):
    done = subprocess.run([INIT, "--dry-run", "--csv", tmp_path / "none"],
                          capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (
        1, f"holdfast-init: {tmp_path}/none: cannot be read: No such file or directory\n")
    path = tmp_path / "large"
    with open(path, "wb") as file:
        file.truncate((64 << 20) + 1)
    done = subprocess.run([INIT, "--dry-run", "--csv", path],
                          capture_output=True, text=True)
    assert done.returncode == 1 and "File too large" in done.stderr


def test_the_sample_is_whole_and_has_every_column(tmp_path):
    sample = pathlib.Path(os.environ["HOLDFAST_SRC"], "db/halls/studio.csv").read_text()
    done = dry_run(tmp_path, sample)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 sections, 3 rows, 24 seats, " in done.stdout
    assert set(sample.splitlines()[0].split(",")) == set(ALL.strip().split(",")) - {"id"}


@pytest.mark.parametrize("hall, seats", [("theatre", 1200), ("arena", 50000)])
def test_the_halls_that_come_with_it_are_whole(hall, seats):
    done = subprocess.run([INIT, "--dry-run", "--hall", hall, "--event", "x"],
                          capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert f" {seats} seats, " in done.stdout


@pytest.mark.parametrize(
    "options, message",
    [
        (["--event", "Gala"], "small letters"),
        (["--event", "-x"], "small letters"),
        (["--event", "e" * 64], "small letters"),
        (["--currency", "euro"], "three capital letters"),
        (["--time-zone", "UTC+2"], "--time-zone is a name of the IANA database"),
        (["--starts-at", "2027-05-01 20:00"], "--starts-at is a time with its offset"),
        (["--opens-at", "soon"], "--opens-at is a time with its offset"),
        (["--opens-at", "2027-04-31T10:00:00Z"], "--opens-at has a day that its month"),
        (["--title", "a\x01"], "--title has a control character"),
        (["--title", "x" * 201], "--title is longer than 200 bytes"),
        (["--title", ""], "--title is 1 to 200 bytes"),
        (["--tickets", "5"], "give one"),
        (["--migrate-only"], "--migrate-only"),
        (["--seats-per-client", "0"], "--seats-per-client"),
        (["--seats-per-client", "1001"], "--seats-per-client"),
    ],
    ids=lambda v: v if isinstance(v, str) else " ".join(v)[:20],
)
def test_wrong_options_are_named(options, message):
    done = subprocess.run([INIT, "--dry-run", "--hall", "theatre", *options],
                          capture_output=True, text=True)
    assert done.returncode == 2 and message in done.stderr
    assert done.stderr.count("\n") == 1
