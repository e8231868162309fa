/* SPDX-License-Identifier: MIT */
/* What was built. A module of its own, since our config.h and collectd's define the same names. */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

/* Static texts, e.g. "1.0.0" and "gcc 12.2.0". */
const char *version_text(void);
const char *version_compiler(void);

#endif
