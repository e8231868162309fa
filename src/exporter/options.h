/* SPDX-License-Identifier: MIT */
/* The command line of tcp-echo-metrics: Go-style flags, from the table of options. */
#ifndef EXPORTER_OPTIONS_H
#define EXPORTER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/endpoint.h"
#include "base/log.h"
#include "base/text_error.h"
#include "config/discovery_settings.h"
#include "config/settings.h"
#include "discover/discovery.h"
#include "log/log_line.h"
#include "scrape/http_front.h"
#include "service/service_request.h"

enum options_action {
	OPTIONS_RUN,
	OPTIONS_CHECK,
	OPTIONS_HELP,
	OPTIONS_VERSION,
	OPTIONS_SERVICE, /* What verb tells, except VERB_RUN, which is OPTIONS_RUN. */
};

/* What the command line asks for. Stored by the caller; release with options_clear(). */
struct options {
	enum options_action action;
	struct settings settings; /* Without the targets of sources: see struct discovery. */
	struct http_front_settings front; /* Without what is to run. */
	bool enables_lifecycle;
	const char *web_config_path;	     /* Borrowed from argv; NULL for none. */
	struct discovery_settings discovery; /* No sources without -targets. */
	enum log_level log_level;
	enum log_format log_format;
	enum service_verb verb;
	const char *service_name; /* Fit for a file name. Static, or borrowed from argv. */
	/* The flags that say how to run, each as it was given last, in the order of the help. */
	struct service_flag given[SERVICE_FLAGS_MAX];
	size_t given_count;
	struct text_error warning; /* Flags without effect; "" mostly. */
};

/*
 * Reads the command line. Nothing but its arguments decides, and nothing else is touched. Returns
 * 0; or -EINVAL with error (one line that begins with the flag and says what is allowed), or
 * -ENOMEM. *options is to be released in any case, and tells log_format as far as it was read.
 *
 * The last one of repeated flags wins, as in Go. -help ends the reading there. A flag
 * without effect in the chosen mode is no reason to refuse, as one command line may serve several
 * machines that differ in -mode alone: it is named in warning. But -target or -targets without any
 * -mode is refused: the default mode probes nothing, and that is hardly what was meant.
 *
 * -mode=both without targets probes its own server.
 */
int options_parse(int argc, char *const argv[], struct options *options, struct text_error *error);

/* Where the targets come from, borrowed from options. */
struct discovery_input options_discovery(const struct options *options);

/* Appends the help text. */
void options_usage(struct buffer *buffer);

/* "install" and so on. verb: not VERB_NONE. */
const char *options_verb_name(enum service_verb verb);

/* "server", "client", "both". */
const char *options_mode(const struct options *options);

void options_clear(struct options *options);

#endif
