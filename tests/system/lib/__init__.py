# SPDX-License-Identifier: MIT
"""What the system tests share. Standard library only, so that they run wherever Python 3.9 does."""
