/* SPDX-License-Identifier: MIT */
/* What to run, and how: the one thing both fronts fill in and hand to the engine. */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/endpoint.h"
#include "base/text_error.h"
#include "config/target_list.h"
#include "config/target_options.h"

#define SETTINGS_THREADS_MAX 64

struct settings {
	bool serve;		/* Run the echo server. */
	struct endpoint listen; /* Its address; an empty host means every address, both families. */
	bool probe;		/* Run the prober. */
	struct target_list targets;	/* Owned. */
	struct target_options defaults; /* For targets that do not say otherwise; all given. */
	unsigned threads;		/* Prober threads, 1 to SETTINGS_THREADS_MAX. */
};

/* The defaults: neither server nor prober, ":4000", those of target_options_init(), 1 thread, no
 * targets. */
void settings_init(struct settings *settings);

/* Frees what it holds. */
void settings_clear(struct settings *settings);

/*
 * Whether all values lie in their ranges, alone and together; not the targets'. Returns 0, or
 * -EINVAL with a reason that names the setting, its value and what is allowed: `interval: 0s is out
 * of range; allowed: 1ms to 24h`. It starts with the setting's name: a front can put its sign
 * before.
 */
int settings_check(const struct settings *settings, struct text_error *error);

/* Whether each target's options go together with one another and with the defaults. Returns 0, or
 * -EINVAL with a reason like `target "a": interval: ...`. */
int settings_check_targets(const struct settings *settings, struct text_error *error);

#endif
