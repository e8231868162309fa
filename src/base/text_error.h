/* SPDX-License-Identifier: MIT */
/* Why something that a person wrote or asked for was refused. */
#ifndef BASE_TEXT_ERROR_H
#define BASE_TEXT_ERROR_H

/* Stored by the caller; text_error_set() fills it. */
struct text_error {
	int line;	  /* From 1; 0 where lines mean nothing. */
	char reason[512]; /* One line, no final newline; names the culprit and what is allowed. */
};

/*
 * Sets line and reason, cutting the reason where it is too long. Control characters and malformed
 * UTF-8 become '?', so that a hostile file cannot write to the terminal. error may be NULL; what it
 * held may be among the arguments.
 */
void text_error_set(struct text_error *error, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
