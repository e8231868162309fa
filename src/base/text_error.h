/* SPDX-License-Identifier: MIT */
/* Why something that a person wrote or asked for was refused. */
#ifndef BASE_TEXT_ERROR_H
#define BASE_TEXT_ERROR_H

/* Stored by the caller; text_error_set() fills it. */
struct text_error {
	int line;	  /* From 1; 0 where there are no lines. */
	char reason[512]; /* One line, no newline; names the culprit and what is allowed. */
};

/*
 * Sets line and reason; a reason that is too long is cut. Control characters and malformed UTF-8
 * become '?', so that a hostile file cannot write to the terminal. error may be NULL. Its present
 * reason may be among the arguments, so that callers can put more in front of it.
 */
void text_error_set(struct text_error *error, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
