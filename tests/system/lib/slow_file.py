# SPDX-License-Identifier: MIT
"""Files that somebody writes slowly."""
import time

from lib.scenario import Skip

# The program takes what it finds unchanged a second later for complete.
UNCHANGED_S = 0.9


def write_slowly(path, text, check=lambda: None):
    """
    Writes a file in about a dozen pieces, three a second, and calls check after each. Where the machine itself makes a
    longer pause, the file seems to be complete: that raises Skip.
    """
    size = len(text) // 12
    longest, written = 0.0, time.monotonic()
    try:
        with open(path, "w", encoding="utf-8") as file:
            for at in range(0, len(text), size):
                file.write(text[at:at + size])
                file.flush()
                now = time.monotonic()
                longest, written = max(longest, now - written), now
                time.sleep(0.3)
                check()
    finally:
        longest = max(longest, time.monotonic() - written)
        if longest >= UNCHANGED_S:
            raise Skip(f"this machine is too busy: nothing was written for {longest:.1f} s")
