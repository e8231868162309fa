/* SPDX-License-Identifier: MIT */
#include "collectd/notices.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/utf8.h"

struct outage {
	int64_t since_ns; /* Monotonic. */
	bool is_kept;	  /* Used by notices_keep() alone. */
	char name[];
};

/* Returns the index of that target's outage, or where it would be inserted. */
static size_t find(const struct notices *notices, const char *name, bool *is_known)
{
	size_t low = 0;
	size_t high = notices->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(notices->outages[middle]->name, name);
		if (order == 0) {
			*is_known = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*is_known = false;
	return low;
}

static void insert(struct notices *notices, size_t at, const char *name, int64_t since_ns)
{
	if (notices->count == notices->capacity) {
		size_t capacity = notices->capacity == 0 ? 16 : 2 * notices->capacity;
		struct outage **outages =
			reallocarray(notices->outages, capacity, sizeof(struct outage *));
		if (!outages)
			return;
		notices->outages = outages;
		notices->capacity = capacity;
	}
	size_t size = strlen(name) + 1;
	struct outage *outage = malloc(sizeof(*outage) + size);
	if (!outage)
		return;
	outage->since_ns = since_ns;
	memcpy(outage->name, name, size);
	memmove(&notices->outages[at + 1], &notices->outages[at],
		(notices->count - at) * sizeof(struct outage *));
	notices->outages[at] = outage;
	notices->count++;
}

static void erase(struct notices *notices, size_t at)
{
	free(notices->outages[at]);
	notices->count--;
	memmove(&notices->outages[at], &notices->outages[at + 1],
		(notices->count - at) * sizeof(struct outage *));
}

static void begin_notice(struct notice *notice, bool is_up, const char *target)
{
	*notice = (struct notice){.is_up = is_up};
	snprintf(notice->target, sizeof(notice->target), "%s", target);
}

bool notices_take(struct notices *notices, const struct letter *letter, struct notice *notice)
{
	bool is_known = false;
	size_t at = find(notices, letter->target, &is_known);
	bool is_up = letter->kind == LETTER_UP;
	/* Up when not known to be down is not news, and neither is down again. */
	if (is_up != is_known)
		return false;
	begin_notice(notice, is_up, letter->target);
	if (is_up) {
		int64_t outage_ns = letter->outage_ns;
		if (outage_ns <= 0)
			outage_ns = letter->time_ns - notices->outages[at]->since_ns;
		char outage[DURATION_TEXT_MAX];
		/* Tenths of a second are precise enough. */
		duration_format(outage_ns - outage_ns % (100 * NS_PER_MS), outage);
		snprintf(notice->text, sizeof(notice->text), "%s answers again after %s",
			notice->target, outage);
		erase(notices, at);
	} else {
		snprintf(notice->text, sizeof(notice->text), "%s is down: %s", notice->target,
			letter->text);
		insert(notices, at, letter->target, letter->time_ns);
	}
	/* It may have been cut in the middle of a character. */
	utf8_sanitize(notice->text);
	return true;
}

void notices_keep(struct notices *notices, const struct target_list *targets,
	void (*on_notice)(const struct notice *notice))
{
	for (size_t i = 0; i < notices->count; i++)
		notices->outages[i]->is_kept = false;
	for (size_t i = 0; i < targets->count; i++) {
		bool is_known = false;
		size_t at = find(notices, targets->targets[i].name, &is_known);
		if (is_known)
			notices->outages[at]->is_kept = true;
	}
	size_t kept = 0;
	for (size_t i = 0; i < notices->count; i++) {
		struct outage *outage = notices->outages[i];
		if (outage->is_kept) {
			notices->outages[kept++] = outage;
			continue;
		}
		struct notice notice;
		begin_notice(&notice, true, outage->name);
		snprintf(notice.text, sizeof(notice.text), "%s is no longer probed", notice.target);
		on_notice(&notice);
		free(outage);
	}
	notices->count = kept;
}

void notices_clear(struct notices *notices)
{
	for (size_t i = 0; i < notices->count; i++)
		free(notices->outages[i]);
	free(notices->outages);
	*notices = (struct notices){0};
}
