"""The file of results, whose parts are written by several programs."""

import os
import re


def part_of(file_name, heading):
    """The part under this heading, with it, up to the next one; empty where there is none."""
    if not os.path.exists(file_name):
        return ""
    with open(file_name, encoding="utf-8") as file:
        found = re.search(rf"^{re.escape(heading)}\n.*?(?=^## |\Z)", file.read(), re.M | re.S)
    return found[0] if found else ""


def replace_part(file_name, heading, text):
    """What is under this heading, or a new part at the end."""
    part = f"{heading}\n\n{text}\n"
    before = part_of(file_name, heading)
    content = ""
    if os.path.exists(file_name):
        with open(file_name, encoding="utf-8") as file:
            content = file.read()
    if before:
        end = "\n" if content.index(before) + len(before) < len(content) else ""
        content = content.replace(before, part + end)
    else:
        content = f"{content.rstrip()}\n\n{part}" if content else part
    with open(file_name, "w", encoding="utf-8") as file:
        file.write(content)
