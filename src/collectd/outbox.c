/* SPDX-License-Identifier: MIT */
#include "collectd/outbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/thread.h"

struct outbox {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct letter *first;
	struct letter *last;
	unsigned count;
	uint64_t lost;
	bool is_woken;
};

int outbox_new(struct outbox **outbox)
{
	struct outbox *made = calloc(1, sizeof(*made));
	if (!made)
		return -ENOMEM;
	thread_condition_init(&made->changed);
	pthread_mutex_init(&made->mutex, NULL);
	*outbox = made;
	return 0;
}

void outbox_free(struct outbox *outbox)
{
	if (!outbox)
		return;
	for (struct letter *letter = outbox->first; letter;) {
		struct letter *next = letter->next;
		free(letter);
		letter = next;
	}
	pthread_cond_destroy(&outbox->changed);
	pthread_mutex_destroy(&outbox->mutex);
	free(outbox);
}

/* Copies letter, with its texts behind it. NULL when out of memory. */
static struct letter *copy(const struct letter *letter)
{
	size_t target_size = letter->target ? strlen(letter->target) + 1 : 0;
	size_t text_size = strlen(letter->text) + 1;
	struct letter *made = malloc(sizeof(*made) + target_size + text_size);
	if (!made)
		return NULL;
	*made = *letter;
	char *text = (char *)(made + 1);
	made->text = memcpy(text, letter->text, text_size);
	if (letter->target)
		made->target = memcpy(text + text_size, letter->target, target_size);
	return made;
}

static void post(struct outbox *outbox, const struct letter *pattern)
{
	struct letter *letter = copy(pattern);
	pthread_mutex_lock(&outbox->mutex);
	if (!letter || outbox->count == OUTBOX_MAX) {
		outbox->lost++;
		free(letter);
	} else {
		letter->next = NULL;
		if (outbox->last)
			outbox->last->next = letter;
		else
			outbox->first = letter;
		outbox->last = letter;
		outbox->count++;
	}
	pthread_cond_signal(&outbox->changed);
	pthread_mutex_unlock(&outbox->mutex);
}

void outbox_log(void *context, enum log_level level, const char *target, const char *message)
{
	const struct letter letter = {
		.kind = LETTER_LOG,
		.level = level,
		.time_ns = clock_monotonic_ns(),
		.target = target,
		.text = message,
	};
	post(context, &letter);
}

void outbox_change(void *context, const struct target_change *change)
{
	const struct letter letter = {
		.kind = change->is_up ? LETTER_UP : LETTER_DOWN,
		.time_ns = clock_monotonic_ns(),
		.outage_ns = change->outage_ns,
		.target = change->target,
		.text = change->text,
	};
	post(context, &letter);
}

void outbox_wait(struct outbox *outbox, int64_t until_ns)
{
	pthread_mutex_lock(&outbox->mutex);
	int error = 0;
	while (!outbox->first && outbox->lost == 0 && !outbox->is_woken && !error)
		error = thread_wait_until(&outbox->changed, &outbox->mutex, until_ns);
	outbox->is_woken = false;
	pthread_mutex_unlock(&outbox->mutex);
}

void outbox_wake(struct outbox *outbox)
{
	pthread_mutex_lock(&outbox->mutex);
	outbox->is_woken = true;
	pthread_cond_signal(&outbox->changed);
	pthread_mutex_unlock(&outbox->mutex);
}

struct letter *outbox_take(struct outbox *outbox)
{
	pthread_mutex_lock(&outbox->mutex);
	struct letter *letter = outbox->first;
	if (letter) {
		outbox->first = letter->next;
		outbox->count--;
		if (!outbox->first)
			outbox->last = NULL;
	}
	pthread_mutex_unlock(&outbox->mutex);
	return letter;
}

uint64_t outbox_take_lost(struct outbox *outbox)
{
	pthread_mutex_lock(&outbox->mutex);
	uint64_t lost = outbox->lost;
	outbox->lost = 0;
	pthread_mutex_unlock(&outbox->mutex);
	return lost;
}
