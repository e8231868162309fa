/* SPDX-License-Identifier: MIT */
/* The table of options: what each is called, what it takes, and what is said of it. */
#ifndef CONFIG_OPTION_H
#define CONFIG_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text_error.h"

/* How many prober threads there may be. */
#define OPTION_THREADS_MAX 64

/* How many peers an echo server may have. */
#define OPTION_PEERS_MAX 1000000

/* How many targets may be probed on request. */
#define OPTION_PROBE_MOST 10000

#define OPTION_WORDS_MAX 15

/* One percent, as percentages are kept. */
#define OPTION_PERCENT INT64_C(1000000)

/* Of a network interface's name: IFNAMSIZ of Linux and the BSDs, less its NUL. */
#define OPTION_INTERFACE_MAX 15

/* A duration that is given by its word. */
#define OPTION_DURATION_WORD (-1)

/* One in so many, at most. */
#define OPTION_SHARE_MAX 1000000

/* Of a probe, in bytes. */
#define OPTION_SIZE_MAX 65536

/* What option_allowed() writes, with its NUL. */
#define OPTION_ALLOWED_MAX 128

enum option_id {
#define TARGET_OPTION(id, kind, type, field, ...) OPTION_##id,
#define TARGET_KEY(id, kind, ...) OPTION_##id,
#define PROGRAM_OPTION(id, kind, ...) OPTION_##id,
#include "config/options.def"
	OPTIONS,
};

_Static_assert(OPTIONS <= 64, "64 bits tell which options are given");

/* Its bit among those of all options. */
static inline uint64_t option_bit(enum option_id id)
{
	return UINT64_C(1) << id;
}

enum option_kind {
	OPTION_KIND_DURATION, /* As text, "200ms". In collectd a number is seconds. */
	OPTION_KIND_NUMBER,   /* Whole. */
	OPTION_KIND_PERCENT,  /* A number that may have a fraction. */
	OPTION_KIND_CHOICE,   /* One of some words. */
	OPTION_KIND_DSCP,     /* A codepoint by number or by name. */
	OPTION_KIND_IP_ADDRESS,
	OPTION_KIND_INTERFACE,	  /* By name. It need not exist: interfaces come and go. */
	OPTION_KIND_NETWORKS,	  /* A list, as networks_add() reads it. */
	OPTION_KIND_DESTINATIONS, /* Likewise for destinations_add(). */
	OPTION_KIND_ENDPOINT_TO_LISTEN,
	OPTION_KIND_ENDPOINT_TO_DIAL,
	OPTION_KIND_PATH,    /* Of a file. */
	OPTION_KIND_SOURCE,  /* Of targets: target_source_parse(). */
	OPTION_KIND_BOOLEAN, /* As a flag it is enough that it is there. */
	OPTION_KIND_SWITCH,  /* On or off; in collectd a boolean, which may be spelt like that. */
	OPTION_KIND_SHARE,   /* Off, or one in so many: "1/100". Off is 0. */
	OPTION_KIND_SERVICE_NAME,
	OPTION_KIND_TEXT,   /* Whoever uses it knows its rules. */
	OPTION_KIND_LABELS, /* A JSON object of strings. */
};

enum option_scope {
	OPTION_OF_PROGRAM,
	OPTION_OF_TARGET, /* How a target is probed; a default for all where it is a flag. */
	OPTION_KEY_OF_TARGET,
};

/* Which part of the program a flag is for. */
enum option_part {
	OPTION_FOR_ALL,
	OPTION_FOR_SERVER,
	OPTION_FOR_PROBER,
};

/* Of flags, in the order of -help. */
enum option_group {
	OPTION_GROUP_WHAT,
	OPTION_GROUP_HOW,
	OPTION_GROUP_OUTPUT,
	OPTION_GROUP_OTHER,
	OPTION_GROUP_SERVICE,
	OPTION_GROUPS,
};

/* Whether a value can be the path of a file. */
static inline bool option_kind_is_path(enum option_kind kind)
{
	return kind == OPTION_KIND_PATH || kind == OPTION_KIND_SOURCE;
}

/* A row. All of it is static; what is left out is NULL, 0 or the first of its enum. */
struct option {
	enum option_id id;
	enum option_kind kind;
	enum option_scope scope;
	enum option_group group;
	enum option_part part;
	bool any_case; /* Capitals make no difference to the words. */
	unsigned
		times; /* How often it may be given, its values adding up; 0: the last one counts. */
	bool serves;   /* Of a target's: as a flag it is the echo server's, too. */
	const char *key;      /* In the targets file; NULL where it has none. */
	const char *flag;     /* Without its dash; likewise. */
	const char *alias;    /* Another name of the flag, which other exporters use; or NULL. */
	const char *collectd; /* Likewise; in any case. */
	const char *value;    /* What help calls the value; NULL for a boolean. */
	int64_t least;	      /* Of a duration (nanoseconds), number, percentage or codepoint. */
	int64_t most;	      /* Likewise. */
	/* Those of a choice, up to a NULL; of other kinds what completions offer. That of a duration stands
	 * for OPTION_DURATION_WORD. */
	const char *words[OPTION_WORDS_MAX + 1];
	const char *content;   /* Of a path: what is in the file, "JSON". */
	const char *invalid;   /* Of a choice: "is not a valid mode", to follow the quoted value. */
	const char *initial;   /* The default, as text; NULL for none. */
	const char *otherwise; /* What else holds where it is not given, in words. */
	const char *help;      /* For -help and completions; 55 bytes at most with the default. */
	/* For documents, code in backticks; defaults, ranges and words are added to it. NULL: help. */
	const char *text;
	const char *collectd_text; /* The same where collectd's differs; then it has no default. */
	const char *label;	   /* What -check calls it. NULL: the flag. */
	const char *own; /* What -check says before the value of one target. NULL: the key. */
};

enum option_style {
	OPTION_STYLE_PLAIN,    /* Command line and targets file. */
	OPTION_STYLE_COLLECTD, /* Durations in seconds, texts in quotes. */
	OPTION_STYLE_DOCUMENT, /* Words in backticks. */
};

const struct option *option_get(enum option_id id);

/* Of just that name or alias (no abbreviations), or NULL. length: of the flag without its dash. */
const struct option *option_find_flag(const char *flag, size_t length);

/* The flag that may have been meant by an unknown one, or NULL. */
const char *option_nearest_flag(const char *flag, size_t length);

/* Likewise the key of the targets file, and the option of collectd. */
const char *option_nearest_key(const char *key);
const char *option_nearest_collectd(const char *name);

/* Of a key of the targets file, or NULL. */
const struct option *option_find_key(const char *key);

/* The default in collectd, as text, or NULL: none where its option says something else than the flag. */
const char *option_initial_in_collectd(const struct option *option);

/* By collectd's name in any case, or NULL. */
const struct option *option_find_collectd(const char *name);

/* Whether it can be given as a number, which for a duration is one of seconds. */
bool option_takes_number(const struct option *option);

/* Whether it can be given as true or false where those are something else than text. */
bool option_takes_boolean(const struct option *option);

/* Whether it can be given as text where numbers are something else. */
bool option_takes_text(const struct option *option);

/* Whether least and most mean something. */
bool option_has_range(const struct option *option);

bool option_is_in_range(const struct option *option, int64_t number);

/* The same with a reason, for settings that were put together. Returns 0 or -EINVAL with error:
 * `interval: 0s is out of range; allowed: 1ms to 24h`. */
int option_check_range(const struct option *option, int64_t number, struct text_error *error);

/* Which of a choice's words that is, from 1; 0 for none. */
int option_find_word(const struct option *option, const char *word);

/* Writes one end of its range, or any value of its kind: "1ms", "63". */
void option_format_number(const struct option *option, int64_t number, char *text, size_t size);

/* Writes what is allowed, for messages: "1 to 64", "echo or connect". "" where its rules are not
 * those of its kind. text: OPTION_ALLOWED_MAX bytes. */
void option_allowed(const struct option *option, enum option_style style, char *text);

#endif
