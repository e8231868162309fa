/* SPDX-License-Identifier: MIT */
/* What to run, and how: the one thing both fronts fill in and hand to the engine. */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/endpoint.h"
#include "base/text_error.h"
#include "config/target_list.h"

#define SETTINGS_INTERVAL_MIN_NS INT64_C(1000000)	 /* 1 ms */
#define SETTINGS_INTERVAL_MAX_NS INT64_C(86400000000000) /* 24 h */
#define SETTINGS_TIMEOUT_MIN_NS INT64_C(1000000)	 /* 1 ms */
#define SETTINGS_TIMEOUT_MAX_NS INT64_C(86400000000000)	 /* 24 h */
/* A target keeps a record for each probe of the last timeout + 500 ms. */
#define SETTINGS_RECORDS_MAX 65536
#define SETTINGS_THREADS_MAX 64

struct settings {
	bool serve;		/* Run the echo server. */
	struct endpoint listen; /* Its address; an empty host means every address, both families. */
	bool probe;		/* Run the prober. */
	struct target_list targets; /* Owned. */
	int64_t interval_ns;
	int64_t timeout_ns;
	uint32_t window;  /* Probes, 1 to LOSS_WINDOW_MAX. */
	unsigned threads; /* Prober threads, 1 to SETTINGS_THREADS_MAX. */
};

/* The defaults: neither server nor prober, ":4000", 200 ms, 800 ms, 100, 1 thread, no targets. */
void settings_init(struct settings *settings);

/* Frees what it holds. */
void settings_clear(struct settings *settings);

/*
 * Whether all values lie in their ranges, alone and together ((timeout + 500 ms) / interval at most
 * SETTINGS_RECORDS_MAX). Returns 0, or -EINVAL with a reason that names the setting, its value and
 * what is allowed: `interval: 0s is out of range; allowed: 1ms to 24h`. It starts with the
 * setting's name, "interval", "timeout", "window" or "threads": a front can put its sign before.
 */
int settings_check(const struct settings *settings, struct text_error *error);

#endif
