/* SPDX-License-Identifier: MIT */
/* Messages for people, each with a level, into one sink that the front injects. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

/* Where messages go. Stored by value, read only after set-up, so that threads share it freely. */
struct log {
	/*
	 * Takes one message. Called from any thread, several at once. message: one line without its
	 * newline; subject: the target it is about, or NULL. Both are borrowed until the call
	 * returns. NULL drops everything.
	 */
	void (*sink)(void *context, enum log_level level, const char *subject, const char *message);
	void *context;		  /* Borrowed; handed to the sink. */
	enum log_level threshold; /* Messages less severe than this are dropped. */
};

/* Longer messages are cut to this many bytes, including the NUL. */
#define LOG_MESSAGE_MAX 1024

/*
 * Formats a message as printf() does and hands it to the sink. Control characters and malformed
 * UTF-8 become '?'.
 */
void log_write(const struct log *log, enum log_level level, const char *subject, const char *format,
	...) __attribute__((format(printf, 4, 5)));

/* "error", "warning", "info" or "debug". */
const char *log_level_name(enum log_level level);

/* Reads a name as log_level_name gives it. Returns 0, or -EINVAL and leaves *level untouched. */
int log_level_parse(const char *name, enum log_level *level);

#endif
