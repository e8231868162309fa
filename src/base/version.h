/* SPDX-License-Identifier: MIT */
/* What was built. A module of its own, since our config.h and collectd's define the same names. */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

/* Static texts, e.g. "1.0.0" and "gcc 12.2.0". */
const char *version_text(void);
const char *version_compiler(void);

/* Likewise the commit, "6d66edf0a1b2", perhaps with "-modified", or "unknown"; and the day of the build,
 * "2026-11-27". */
const char *version_revision(void);
const char *version_build_date(void);

#endif
