/* SPDX-License-Identifier: MIT */
/*
 * The targets file: a JSON array of {"name": ..., "address": ...}, each with any other key of the
 * table of options.
 */
#ifndef CONFIG_TARGETS_FILE_H
#define CONFIG_TARGETS_FILE_H

#include <stddef.h>

#include "base/text_error.h"
#include "config/target_list.h"

/* Larger files are refused (some 500,000 targets fit). */
#define TARGETS_FILE_MAX ((size_t)64 * 1024 * 1024)

/*
 * Reads text of so many bytes (no final NUL needed). Strict: unknown, missing and repeated keys,
 * wrong types, no targets at all, anything after the array, control characters, "\u0000" (which
 * would cut a name short without a word) and malformed UTF-8 are errors; a byte order mark is
 * skipped; options that do not go together, the defaults filled in, are errors too. Returns 0 with
 * *list overwritten, or -EINVAL or -ENOMEM with error filled (its line is that on which the target
 * begins, or the text goes wrong) and *list untouched. No I/O: for tests and fuzzing.
 */
int targets_file_parse(const char *text, size_t length, const struct target_options *defaults,
	struct target_list *list, struct text_error *error);

/*
 * Reads the file at path. As above, and -errno where it cannot be opened or read; only regular
 * files are taken (a reload must never wait for a pipe). error->reason starts with the path (and
 * the line where there is one): `/etc/t.json:7: ...`.
 */
int targets_file_load(const char *path, const struct target_options *defaults,
	struct target_list *list, struct text_error *error);

#endif
