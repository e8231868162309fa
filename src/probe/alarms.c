/* SPDX-License-Identifier: MIT */
#include "probe/alarms.h"

#include <errno.h>
#include <stdlib.h>

void alarm_init(struct alarm *alarm)
{
	*alarm = (struct alarm){.due_ns = ALARM_NEVER};
}

int alarms_reserve(struct alarms *alarms, size_t capacity)
{
	if (capacity <= alarms->capacity)
		return 0;
	/* Those that come one by one find room. */
	if (capacity < 2 * alarms->capacity)
		capacity = 2 * alarms->capacity;
	struct alarm **heap = realloc(alarms->heap, capacity * sizeof(struct alarm *));
	if (!heap)
		return -ENOMEM;
	alarms->heap = heap;
	alarms->capacity = capacity;
	return 0;
}

void alarms_clear(struct alarms *alarms)
{
	free(alarms->heap);
	*alarms = (struct alarms){0};
}

static void place(struct alarms *alarms, size_t position, struct alarm *alarm)
{
	alarms->heap[position] = alarm;
	alarm->position = position;
}

static void sift_up(struct alarms *alarms, struct alarm *alarm)
{
	size_t position = alarm->position;
	while (position > 0) {
		size_t parent = (position - 1) / 2;
		if (alarms->heap[parent]->due_ns <= alarm->due_ns)
			break;
		place(alarms, position, alarms->heap[parent]);
		position = parent;
	}
	place(alarms, position, alarm);
}

static void sift_down(struct alarms *alarms, struct alarm *alarm)
{
	size_t position = alarm->position;
	for (;;) {
		size_t child = 2 * position + 1;
		if (child >= alarms->count)
			break;
		if (child + 1 < alarms->count &&
			alarms->heap[child + 1]->due_ns < alarms->heap[child]->due_ns)
			child++;
		if (alarm->due_ns <= alarms->heap[child]->due_ns)
			break;
		place(alarms, position, alarms->heap[child]);
		position = child;
	}
	place(alarms, position, alarm);
}

static void take_out(struct alarms *alarms, struct alarm *alarm)
{
	struct alarm *last = alarms->heap[--alarms->count];
	size_t position = alarm->position;
	alarm_init(alarm);
	if (last == alarm)
		return;
	place(alarms, position, last);
	sift_up(alarms, last);
	sift_down(alarms, last);
}

void alarms_set(struct alarms *alarms, struct alarm *alarm, int64_t due_ns)
{
	if (alarm->due_ns == due_ns)
		return;
	if (due_ns == ALARM_NEVER) {
		take_out(alarms, alarm);
		return;
	}
	if (alarm->due_ns == ALARM_NEVER)
		place(alarms, alarms->count++, alarm);
	alarm->due_ns = due_ns;
	sift_up(alarms, alarm);
	sift_down(alarms, alarm);
}

int64_t alarms_next_ns(const struct alarms *alarms)
{
	return alarms->count > 0 ? alarms->heap[0]->due_ns : ALARM_NEVER;
}

struct alarm *alarms_at(const struct alarms *alarms, size_t position)
{
	return position < alarms->count ? alarms->heap[position] : NULL;
}

struct alarm *alarms_take(struct alarms *alarms, int64_t now_ns)
{
	if (alarms_next_ns(alarms) > now_ns)
		return NULL;
	struct alarm *alarm = alarms->heap[0];
	take_out(alarms, alarm);
	return alarm;
}
