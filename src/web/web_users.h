/* SPDX-License-Identifier: MIT */
/* Who may use the HTTP front, by name and password (RFC 7617). */
#ifndef WEB_WEB_USERS_H
#define WEB_WEB_USERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/labels.h"

struct web_users;

/* Whether this system can verify hashes of bcrypt. */
bool web_users_can_verify(void);

/* Appends what verifies them: ", libxcrypt 4.4.33", or nothing. */
void web_users_append_library(struct buffer *buffer);

/* NULL if this is a hash of bcrypt, "$2y$10$...", of a cost that a server can bear; else why not. */
const char *web_users_check_hash(const char *hash);

/* users: names and hashes, one or more; copied. NULL without memory. */
struct web_users *web_users_new(const struct labels *users);

/* NULL is accepted. */
void web_users_free(struct web_users *users);

/*
 * Whether the value of a header Authorization, of any length and content, lets its sender in. A password takes as
 * long to verify for an unknown user; what was found out is remembered for a while, by a keyed hash, so that
 * scrapes cost next to nothing. Of one thread.
 */
bool web_users_let_in(struct web_users *users, const char *authorization, size_t length);

#endif
