/* SPDX-License-Identifier: MIT */
#include "config/settings.h"

#include <errno.h>

#include "base/clock.h"
#include "base/duration.h"
#include "measure/loss_window.h"

#define DEFAULT_PORT 4000
#define DEFAULT_INTERVAL_NS (200 * NS_PER_MS)
#define DEFAULT_TIMEOUT_NS (800 * NS_PER_MS)
#define DEFAULT_WINDOW 100

/* A probe's record outlives its timeout by this much, for late replies. */
#define LATE_NS (500 * NS_PER_MS)

void settings_init(struct settings *settings)
{
	*settings = (struct settings){
		.listen = {.port = DEFAULT_PORT},
		.interval_ns = DEFAULT_INTERVAL_NS,
		.timeout_ns = DEFAULT_TIMEOUT_NS,
		.window = DEFAULT_WINDOW,
		.threads = 1,
	};
}

void settings_clear(struct settings *settings)
{
	target_list_clear(&settings->targets);
}

static int check_duration(const char *name, int64_t value_ns, int64_t min_ns, int64_t max_ns,
	struct text_error *error)
{
	if (value_ns >= min_ns && value_ns <= max_ns)
		return 0;
	char value[DURATION_TEXT_MAX];
	char min[DURATION_TEXT_MAX];
	char max[DURATION_TEXT_MAX];
	duration_format(value_ns, value);
	duration_format(min_ns, min);
	duration_format(max_ns, max);
	text_error_set(
		error, 0, "%s: %s is out of range; allowed: %s to %s", name, value, min, max);
	return -EINVAL;
}

static int check_number(
	const char *name, unsigned long value, unsigned long max, struct text_error *error)
{
	if (value >= 1 && value <= max)
		return 0;
	text_error_set(error, 0, "%s: %lu is out of range; allowed: 1 to %lu", name, value, max);
	return -EINVAL;
}

static int check_records(const struct settings *settings, struct text_error *error)
{
	int64_t kept_ns = settings->timeout_ns + LATE_NS;
	if (kept_ns <= settings->interval_ns * SETTINGS_RECORDS_MAX)
		return 0;
	/* Rounded up to a whole millisecond: shorter to read, and still allowed. */
	int64_t least_ns = (kept_ns + SETTINGS_RECORDS_MAX - 1) / SETTINGS_RECORDS_MAX;
	least_ns = (least_ns + NS_PER_MS - 1) / NS_PER_MS * NS_PER_MS;
	char interval[DURATION_TEXT_MAX];
	char timeout[DURATION_TEXT_MAX];
	char least[DURATION_TEXT_MAX];
	duration_format(settings->interval_ns, interval);
	duration_format(settings->timeout_ns, timeout);
	duration_format(least_ns, least);
	text_error_set(error, 0,
		"interval: %s is too short for a timeout of %s (over %d probes would have to be "
		"remembered); allowed: %s or more",
		interval, timeout, SETTINGS_RECORDS_MAX, least);
	return -EINVAL;
}

int settings_check(const struct settings *settings, struct text_error *error)
{
	int wrong = check_duration("interval", settings->interval_ns, SETTINGS_INTERVAL_MIN_NS,
		SETTINGS_INTERVAL_MAX_NS, error);
	if (wrong == 0)
		wrong = check_duration("timeout", settings->timeout_ns, SETTINGS_TIMEOUT_MIN_NS,
			SETTINGS_TIMEOUT_MAX_NS, error);
	if (wrong == 0)
		wrong = check_records(settings, error);
	if (wrong == 0)
		wrong = check_number("window", settings->window, LOSS_WINDOW_MAX, error);
	if (wrong == 0)
		wrong = check_number("threads", settings->threads, SETTINGS_THREADS_MAX, error);
	return wrong;
}
