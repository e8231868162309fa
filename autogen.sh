#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes ./configure from configure.ac; needed in a clone, not in a release archive.
set -eu
cd "$(dirname "$0")"
# Forced, as aclocal takes files of the same second for old, and what it leaves out depends on that.
autoreconf --force --install --warnings=all
