/* SPDX-License-Identifier: MIT */
/* Where targets come from, how those are asked that are elsewhere, and which of the targets are probed. */
#ifndef CONFIG_DISCOVERY_SETTINGS_H
#define CONFIG_DISCOVERY_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text_error.h"
#include "config/option_value.h"
#include "config/target_source.h"

enum discovery_text {
	/* What is asked with; the files are read each time. */
	DISCOVERY_CA_FILE,	 /* PEM: who may have signed a server's certificate. */
	DISCOVERY_CERT_FILE,	 /* PEM: this program's own certificate, */
	DISCOVERY_KEY_FILE,	 /* and its key. */
	DISCOVERY_TOKEN_FILE,	 /* A bearer token. */
	DISCOVERY_USER,		 /* For basic authentication, */
	DISCOVERY_PASSWORD_FILE, /* and the password. */
	/* In a mesh: */
	DISCOVERY_SELF,	       /* the name of this machine, */
	DISCOVERY_GROUP_LABEL, /* and what tells the groups. */
	DISCOVERY_TEXTS,
};

/* Stored by the caller; release with discovery_settings_clear(). */
struct discovery_settings {
	char *sources[TARGET_SOURCES_MAX]; /* Owned; each is for target_source_parse(). */
	size_t source_count;
	int64_t refresh_ns;	      /* How often to ask a source that tells no time to live. */
	int64_t timeout_ns;	      /* How long it may take to answer. */
	unsigned probers_per_target;  /* In a mesh; 0: there is none, and all targets are probed. */
	char *texts[DISCOVERY_TEXTS]; /* Owned; NULL where they are not given. */
};

/* The defaults of the table of options; no sources. */
void discovery_settings_init(struct discovery_settings *settings);

/* Whether an option is one of these. */
bool discovery_settings_has(enum option_id id);

/* Whether a text is the path of a file. */
bool discovery_text_is_path(enum discovery_text text);

/* Takes an option's value over. Returns 0, or -ENOMEM. It is one of these; sources are not too many. */
int discovery_settings_set(
	struct discovery_settings *settings, enum option_id id, const struct option_value *value);

/* Whether what is given goes together. style: how options are named. Returns 0, or -EINVAL with a reason that begins
 * with an option's name, without a dash: `self: is of no use without -probers-per-target`. */
int discovery_settings_check(const struct discovery_settings *settings, enum option_style style,
	struct text_error *error);

/* Frees what it holds; as discovery_settings_init() leaves it afterwards. */
void discovery_settings_clear(struct discovery_settings *settings);

#endif
