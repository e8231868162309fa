/* SPDX-License-Identifier: MIT */
/* Text within JSON (RFC 8259). */
#ifndef BASE_JSON_TEXT_H
#define BASE_JSON_TEXT_H

#include "base/buffer.h"

/* Appends text within quotes. It is valid UTF-8 without control characters of ASCII. */
void json_append_string(struct buffer *buffer, const char *text);

#endif
