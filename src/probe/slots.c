/* SPDX-License-Identifier: MIT */
#include "probe/slots.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void slots_init(struct slots *slots, int64_t start_ns, int64_t interval_ns)
{
	*slots = (struct slots){
		.start_ns = start_ns, .interval_ns = interval_ns, .horizon_ns = start_ns - 1};
}

void slots_clear(struct slots *slots)
{
	free(slots->ring);
	*slots = (struct slots){0};
}

static uint32_t mirror(uint32_t bits)
{
	uint32_t mirrored = 0;
	for (unsigned i = 0; i < 32; i++)
		mirrored |= ((bits >> i) & 1U) << (31U - i);
	return mirrored;
}

int64_t slots_phase_ns(uint32_t index, int64_t interval_ns)
{
	/* interval * mirrored / 2^32 in two steps, since the product of an hour does not fit. */
	uint64_t interval = (uint64_t)interval_ns;
	uint64_t mirrored = mirror(index);
	return (int64_t)((interval >> 32) * mirrored +
			 (((interval & UINT32_MAX) * mirrored) >> 32));
}

/* The first place whose phase is greater. */
static size_t find_place(const struct slots *slots, int64_t phase_ns)
{
	size_t low = 0;
	size_t high = slots->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (slots->ring[middle].phase_ns <= phase_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int make_room(struct slots *slots)
{
	if (slots->count < slots->capacity)
		return 0;
	size_t capacity = slots->capacity ? 2 * slots->capacity : 16;
	struct slot *ring = realloc(slots->ring, capacity * sizeof(*ring));
	if (!ring)
		return -ENOMEM;
	slots->ring = ring;
	slots->capacity = capacity;
	return 0;
}

/* The first slot of a phase after a time. */
static int64_t first_after(const struct slots *slots, int64_t phase_ns, int64_t time_ns)
{
	int64_t first_ns = slots->start_ns + phase_ns;
	if (first_ns > time_ns)
		return first_ns;
	return first_ns + ((time_ns - first_ns) / slots->interval_ns + 1) * slots->interval_ns;
}

int slots_add(struct slots *slots, int64_t phase_ns, int64_t now_ns, void *owner)
{
	int error = make_room(slots);
	if (error)
		return error;
	/* All next slots lie within one interval of the horizon: with something due before now_ns
	 * it has to stay. */
	if (slots_next_ns(slots) > now_ns && slots->horizon_ns < now_ns)
		slots->horizon_ns = now_ns;
	size_t place = find_place(slots, phase_ns);
	memmove(&slots->ring[place + 1], &slots->ring[place],
		(slots->count - place) * sizeof(*slots->ring));
	slots->ring[place] = (struct slot){
		.phase_ns = phase_ns,
		.due_ns = first_after(slots, phase_ns, slots->horizon_ns),
		.owner = owner,
	};
	if (slots->count++ == 0)
		return 0;
	/* The one that was next has moved if the newcomer comes before it, and is second if that is due
	 * earlier. */
	if (place <= slots->next)
		slots->next++;
	if (slots->next == (place + 1) % slots->count &&
		slots->ring[place].due_ns < slots->ring[slots->next].due_ns)
		slots->next = place;
	return 0;
}

void slots_remove(struct slots *slots, int64_t phase_ns, const void *owner)
{
	size_t place = find_place(slots, phase_ns);
	/* After all of its phase; more than one share it only beyond as many targets as
	 * nanoseconds. */
	do {
		if (place == 0 || slots->ring[place - 1].phase_ns != phase_ns)
			return;
		place--;
	} while (slots->ring[place].owner != owner);
	slots->count--;
	memmove(&slots->ring[place], &slots->ring[place + 1],
		(slots->count - place) * sizeof(*slots->ring));
	if (place < slots->next)
		slots->next--;
	if (slots->next == slots->count)
		slots->next = 0;
}

int64_t slots_next_ns(const struct slots *slots)
{
	return slots->count > 0 ? slots->ring[slots->next].due_ns : INT64_MAX;
}

int64_t slots_ahead_ns(const struct slots *slots, size_t nth)
{
	if (nth >= slots->count)
		return INT64_MAX;
	return slots->ring[(slots->next + nth) % slots->count].due_ns;
}

/*
 * After a sleep of more than an interval everyone is due, and the next round begins elsewhere in
 * the ring. The one whose last slot is oldest goes first; otherwise those in between would stay behind the
 * others for good.
 */
static void turn_to(struct slots *slots, int64_t now_ns)
{
	int64_t phase_ns = (now_ns - slots->start_ns) % slots->interval_ns;
	slots->next = find_place(slots, phase_ns) % slots->count;
	slots->horizon_ns = now_ns;
}

bool slots_take(struct slots *slots, int64_t now_ns, struct due_slot *due)
{
	if (slots->count > 0 && now_ns - slots->horizon_ns > slots->interval_ns)
		turn_to(slots, now_ns);
	if (slots_next_ns(slots) > now_ns) {
		if (slots->horizon_ns < now_ns)
			slots->horizon_ns = now_ns;
		return false;
	}
	struct slot *slot = &slots->ring[slots->next];
	int64_t missed = (now_ns - slot->due_ns) / slots->interval_ns;
	due->owner = slot->owner;
	due->missed = (uint64_t)missed;
	due->due_ns = slot->due_ns + missed * slots->interval_ns;
	slot->due_ns = due->due_ns + slots->interval_ns;
	if (++slots->next == slots->count)
		slots->next = 0;
	return true;
}
