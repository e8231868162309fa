/* SPDX-License-Identifier: MIT */
/* What a web configuration file asks of the HTTP front, as it is at present: the file is followed. */
#ifndef WEB_WEB_GUARD_H
#define WEB_WEB_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/labels.h"
#include "base/log.h"
#include "base/text_error.h"
#include "config/reloads.h"
#include "web/tls.h"

struct web_guard;

/*
 * Loads the file; path is copied. Returns 0 with *guard owned; or a negative errno with error, one line that names
 * file and key: -ENOTSUP in a build that lacks the libraries for it.
 */
int web_guard_new(const char *path, struct web_guard **guard, struct text_error *error);

/* The rest is for one thread. NULL is accepted everywhere, and asks for nothing. */

/*
 * Loads it again if it has changed, or a file that it names. A bad one changes nothing but is told to log and
 * reloads, once.
 */
void web_guard_follow(struct web_guard *guard, const struct log *log, struct reloads *reloads);

/* Borrowed until web_guard_follow(); NULL for plain HTTP. */
struct tls_context *web_guard_tls(const struct web_guard *guard);

/* Whether a request may have an answer. authorization: the header's value, or "". */
bool web_guard_lets_in(struct web_guard *guard, const char *authorization, size_t length);

/* Headers for all answers. Borrowed until web_guard_follow(). */
const struct labels *web_guard_headers(const struct web_guard *guard);

/* How many users have a password. */
size_t web_guard_users(const struct web_guard *guard);

/* The files that the configuration names, up to WEB_SECRETS. Borrowed until web_guard_follow(). Returns how many. */
size_t web_guard_files(const struct web_guard *guard, const char *files[WEB_SECRETS]);

void web_guard_free(struct web_guard *guard);

/* Appends what makes it possible, with versions: ", GnuTLS 3.7.9, libyaml 0.2.5"; or nothing. */
void web_guard_append_libraries(struct buffer *buffer);

#endif
