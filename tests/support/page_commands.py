#!/usr/bin/python3
"""The commands of a page of docs/, as they stand there: its indented lines.

    commands(text)                        # [(section, command)]
    page_commands.py PAGE SECTION...      # these sections' commands, one a line
"""

import pathlib
import re
import sys


def commands(text):
    found, section = [], ""
    for line in text.splitlines():
        if line.startswith("#"):
            section = line.lstrip("# ")
        elif re.match(r" {4,}\S", line):
            found.append((section, line.strip()))
    return found


def main():
    page, *sections = sys.argv[1:]
    found = commands(pathlib.Path(page).read_text())
    absent = set(sections) - {section for section, _ in found}
    if absent:
        sys.exit(f"{page} has nothing to type under: {', '.join(sorted(absent))}")
    print("\n".join(command for section, command in found if section in sections))


if __name__ == "__main__":
    main()
