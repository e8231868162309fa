#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes ./configure from configure.ac; needed in a clone, not in a release archive.
set -eu
cd "$(dirname "$0")"
autoreconf --install --warnings=all
