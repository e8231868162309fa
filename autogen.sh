#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes ./configure out of configure.ac; needed after a clone, not in a released archive.
set -eu
cd "$(dirname "$0")"
autoreconf --install --warnings=all
