/* SPDX-License-Identifier: MIT */
/* How a target is probed: what may differ from one target to the next. */
#ifndef CONFIG_TARGET_OPTIONS_H
#define CONFIG_TARGET_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/endpoint.h"
#include "base/text_error.h"
#include "config/option_value.h"

/* Each handshake takes a port of this machine for a minute (TIME-WAIT), of which there are some
 * 28,000, and work from a host that did not ask for it. */
#define TARGET_CONNECT_INTERVAL_MIN_NS INT64_C(100000000) /* 100 ms */
/* A target keeps a record for each probe of the last timeout + TARGET_GRACE_NS. */
#define TARGET_RECORDS_MAX 65536
/* timeout_ns where it is estimated: see measure/timeout_estimate.h. */
#define TARGET_TIMEOUT_AUTO OPTION_DURATION_WORD
/* What has been unanswered for the timeout and this is given up. */
#define TARGET_GRACE_NS INT64_C(500000000) /* 500 ms */
/* An IPv6 address, "%", an interface's name, NUL. */
#define TARGET_SOURCE_MAX 64
/* An interface's name, NUL. */
#define TARGET_INTERFACE_MAX (OPTION_INTERFACE_MAX + 1)

/* The words of -probe, from 1. */
enum probe_kind {
	PROBE_KIND_ECHO = 1, /* A frame goes to and fro over one persistent connection. */
	PROBE_KIND_CONNECT,  /* A connection is opened and closed. */
};

/* The words of -frame, from 1. */
enum frame_kind {
	FRAME_KIND_16 = 1,
	FRAME_KIND_24,
	FRAME_KIND_AUTO, /* Whichever the peer answers. */
};

/* The words of -ip-version, from 1. */
enum ip_version {
	IP_VERSION_4 = 1,
	IP_VERSION_6,
	IP_VERSION_ANY,
};

/*
 * One field for each TARGET_OPTION of options.def, which has their ranges. Names that end in _ns are
 * nanoseconds; source, an IP address to dial from, and interface_name are texts. A field that is not
 * given is all zero, and so is a struct that has nothing. Plain data; stored by the caller.
 */
struct target_options {
	uint64_t given; /* Which of them are, one bit for each enum option_id. */
#define TARGET_OPTION(id, kind, type, field, ...) __typeof__(type) field;
#include "config/options.def"
};

/* The defaults of the table. */
void target_options_init(struct target_options *options);

bool target_options_has(const struct target_options *options, enum option_id id);

/* Takes a value that was read for an option with the scope OPTION_OF_TARGET. */
void target_options_set(struct target_options *options, const struct option *option,
	const struct option_value *value);

/* Writes what an option is set to as text; "" where it is not given. text: OPTION_VALUE_TEXT_MAX
 * bytes. */
void target_options_format(
	const struct target_options *options, const struct option *option, char *text);

/* Takes over from defaults what is not given. */
void target_options_inherit(struct target_options *options, const struct target_options *defaults);

bool target_options_are_equal(const struct target_options *a, const struct target_options *b);

/*
 * Whether all values lie in their ranges, alone, together and with the address. The options are
 * complete: what has a default is given. Returns 0, or -EINVAL with a reason that begins with the
 * option's key: `interval: 0s is out of range; allowed: 1ms to 24h`. address: NULL where it is not
 * known.
 */
int target_options_check(const struct target_options *options, const struct endpoint *address,
	struct text_error *error);

/* How long a probe may be unanswered before it is given up: the longest timeout there can be, and
 * TARGET_GRACE_NS. */
int64_t target_options_patience_ns(const struct target_options *options);

/* How many probes can be unanswered at once, before they are given up: 2 to TARGET_RECORDS_MAX
 * + 2. */
uint32_t target_options_records(const struct target_options *options);

#endif
