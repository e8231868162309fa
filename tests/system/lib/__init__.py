# SPDX-License-Identifier: MIT
"""Shared by the system tests. Standard library only, so that they run wherever Python 3.9 does."""
