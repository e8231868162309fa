/* SPDX-License-Identifier: MIT */
#include "collectd/outbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
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

static size_t size_of(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

/* Moves a text to end, which has room for it. Returns what is behind it. */
static char *move_text(const char **text, char *end)
{
	if (!*text)
		return end;
	const char *from = *text;
	*text = end;
	return text_put(end, from) + 1;
}

/* Copies letter, with its texts behind it. NULL when out of memory. */
static struct letter *copy(const struct letter *letter)
{
	struct letter *made =
		malloc(sizeof(*made) + size_of(letter->target) + size_of(letter->address) +
			size_of(letter->peer) + size_of(letter->text));
	if (!made)
		return NULL;
	*made = *letter;
	char *end = (char *)(made + 1);
	end = move_text(&made->target, end);
	end = move_text(&made->address, end);
	end = move_text(&made->peer, end);
	move_text(&made->text, end);
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
	int64_t now_ns = clock_monotonic_ns();
	struct letter letter = {
		.kind = change->is_up ? LETTER_UP : LETTER_DOWN,
		.time_ns = now_ns,
		.target = change->target,
		.address = change->address,
		.peer = change->peer,
		.text = change->text,
	};
	if (!change->is_up)
		letter.since_ns = now_ns;
	else if (change->outage_ns > 0)
		letter.since_ns = now_ns - change->outage_ns;
	post(context, &letter);
}

void outbox_loss(void *context, const struct loss_change *change)
{
	const struct letter letter = {
		.kind = LETTER_LOSS,
		.time_ns = clock_monotonic_ns(),
		.since_ns = change->since_ns,
		.is_lossy = change->is_lossy,
		.percent = change->percent,
		.limit = change->limit,
		.target = change->target,
		.address = change->address,
		.peer = change->peer,
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
