/* SPDX-License-Identifier: MIT */
/* How a target is probed: what may differ from one target to the next. */
#ifndef CONFIG_TARGET_OPTIONS_H
#define CONFIG_TARGET_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/endpoint.h"
#include "base/text_error.h"

/* For interval and timeout. */
#define TARGET_DURATION_MIN_NS INT64_C(1000000)	       /* 1 ms */
#define TARGET_DURATION_MAX_NS INT64_C(86400000000000) /* 24 h */
/* Each handshake takes a port of this machine for a minute (TIME-WAIT), of which there are some
 * 28,000, and work from a host that did not ask for it. */
#define TARGET_CONNECT_INTERVAL_MIN_NS INT64_C(100000000) /* 100 ms */
/* A target keeps a record for each probe of the last timeout + TARGET_GRACE_NS. */
#define TARGET_RECORDS_MAX 65536
/* What has been unanswered for the timeout and this is given up. */
#define TARGET_GRACE_NS INT64_C(500000000) /* 500 ms */
#define TARGET_DSCP_MAX 63
/* An IPv6 address, "%", an interface's name, NUL. */
#define TARGET_SOURCE_MAX 64

enum probe_kind {
	PROBE_KIND_UNSET,
	PROBE_KIND_ECHO,    /* A frame goes to and fro on one lasting connection. */
	PROBE_KIND_CONNECT, /* A connection is opened and closed. */
};

enum ip_version {
	IP_VERSION_UNSET,
	IP_VERSION_ANY,
	IP_VERSION_4,
	IP_VERSION_6,
};

/* All zero: nothing is given. Plain data; stored by the caller. */
struct target_options {
	int64_t interval_ns; /* 0: not given. */
	int64_t timeout_ns;  /* 0: not given. */
	uint32_t window;     /* Probes, 1 to LOSS_WINDOW_MAX; 0: not given. */
	enum probe_kind probe;
	enum ip_version ip_version;
	bool has_dscp;
	uint8_t dscp; /* Differentiated services codepoint (RFC 2474), 0 to TARGET_DSCP_MAX. */
	char source[TARGET_SOURCE_MAX]; /* IP address to dial from, as text; "": not given. */
};

enum target_option {
	TARGET_OPTION_INTERVAL,
	TARGET_OPTION_TIMEOUT,
	TARGET_OPTION_WINDOW,
	TARGET_OPTION_PROBE,
	TARGET_OPTION_SOURCE,
	TARGET_OPTION_DSCP,
	TARGET_OPTION_IP_VERSION,
	TARGET_OPTIONS,
};

/* The defaults: 200 ms, 800 ms, 100, echo, any IP version, DSCP 0, the source that the system
 * chooses. */
void target_options_init(struct target_options *options);

/*
 * Sets one option from text, as it stands on a command line. Returns 0, or -EINVAL with *reason
 * (static) that is to follow the quoted text: "is no duration".
 */
int target_options_set_text(struct target_options *options, enum target_option option,
	const char *text, const char **reason);

/* The same from a number; durations are in seconds. */
int target_options_set_number(struct target_options *options, enum target_option option,
	double number, const char **reason);

/* What is allowed as text, for messages: "echo or connect". Static. */
const char *target_option_allowed(enum target_option option);

/* Takes over from defaults what is not given. */
void target_options_inherit(struct target_options *options, const struct target_options *defaults);

bool target_options_are_equal(const struct target_options *a, const struct target_options *b);

/*
 * Whether all values (none of them "not given") lie in their ranges, alone, together and with the
 * address. Returns 0, or -EINVAL with a reason that begins with the option's name in lower case:
 * `interval: 0s is out of range; allowed: 1ms to 24h`. address: NULL where it is not known.
 */
int target_options_check(const struct target_options *options, const struct endpoint *address,
	struct text_error *error);

/* How many probes can be unanswered at once, before they are given up: 2 to TARGET_RECORDS_MAX
 * + 2. */
uint32_t target_options_records(const struct target_options *options);

/* "echo" or "connect". Static. */
const char *probe_kind_name(enum probe_kind kind);

/* "any", "4" or "6". Static. */
const char *ip_version_name(enum ip_version version);

#endif
