/* SPDX-License-Identifier: MIT */
#include "probe/schedule.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/container.h"

/* Long enough for ten thousand targets to be dialled. */
#define START_GRACE_NS NS_PER_S

/* The targets of one interval. */
struct schedule_ring {
	struct slots slots;
	struct alarm alarm; /* When its next slot is due. */
	uint8_t *is_taken;  /* Owned; by index of the phase. */
	uint32_t capacity;
	uint32_t lowest_free; /* No index below this one is free. */
};

void schedule_init(struct schedule *schedule, int64_t start_ns, double shift)
{
	*schedule = (struct schedule){.start_ns = start_ns, .shift = shift};
}

static void ring_free(struct schedule_ring *ring)
{
	slots_clear(&ring->slots);
	free(ring->is_taken);
	free(ring);
}

void schedule_clear(struct schedule *schedule)
{
	for (size_t i = 0; i < schedule->ring_count; i++)
		ring_free(schedule->rings[i]);
	free(schedule->rings);
	alarms_clear(&schedule->order);
	*schedule = (struct schedule){0};
}

static uint64_t weight(const struct schedule_ring *ring)
{
	return UINT64_C(1000000000000000000) / (uint64_t)ring->slots.interval_ns;
}

static int64_t phase_ns(
	const struct schedule *schedule, const struct schedule_ring *ring, uint32_t index)
{
	int64_t interval_ns = ring->slots.interval_ns;
	int64_t shift_ns = (int64_t)(schedule->shift * (double)interval_ns);
	return (slots_phase_ns(index, interval_ns) + shift_ns) % interval_ns;
}

/* Makes room for one more ring. */
static int make_room(struct schedule *schedule)
{
	if (schedule->ring_count < schedule->ring_capacity)
		return 0;
	size_t capacity = schedule->ring_capacity ? 2 * schedule->ring_capacity : 4;
	if (alarms_reserve(&schedule->order, capacity) < 0)
		return -ENOMEM;
	struct schedule_ring **rings =
		realloc(schedule->rings, capacity * sizeof(struct schedule_ring *));
	if (!rings)
		return -ENOMEM;
	schedule->rings = rings;
	schedule->ring_capacity = capacity;
	return 0;
}

/* The ring of an interval, made if there is none. NULL without memory. */
static struct schedule_ring *find_ring(struct schedule *schedule, int64_t interval_ns)
{
	for (size_t i = 0; i < schedule->ring_count; i++)
		if (schedule->rings[i]->slots.interval_ns == interval_ns)
			return schedule->rings[i];
	if (make_room(schedule) < 0)
		return NULL;
	struct schedule_ring *ring = calloc(1, sizeof(*ring));
	if (!ring)
		return NULL;
	int64_t grace_ns = interval_ns >= START_GRACE_NS ? START_GRACE_NS : 0;
	slots_init(&ring->slots, schedule->start_ns + grace_ns, interval_ns);
	alarm_init(&ring->alarm);
	schedule->rings[schedule->ring_count++] = ring;
	return ring;
}

static void drop_ring_if_empty(struct schedule *schedule, struct schedule_ring *ring)
{
	if (ring->slots.count > 0)
		return;
	size_t at = 0;
	while (schedule->rings[at] != ring)
		at++;
	schedule->rings[at] = schedule->rings[--schedule->ring_count];
	if (schedule->draining == ring)
		schedule->draining = NULL;
	alarms_set(&schedule->order, &ring->alarm, ALARM_NEVER);
	ring_free(ring);
}

/* Takes the lowest free index. Returns 0 or -ENOMEM. */
static int take_index(struct schedule_ring *ring, uint32_t *index)
{
	uint32_t at = ring->lowest_free;
	while (at < ring->capacity && ring->is_taken[at])
		at++;
	if (at == ring->capacity) {
		uint32_t capacity = ring->capacity ? 2 * ring->capacity : 64;
		uint8_t *is_taken = realloc(ring->is_taken, capacity);
		if (!is_taken)
			return -ENOMEM;
		memset(is_taken + ring->capacity, 0, capacity - ring->capacity);
		ring->is_taken = is_taken;
		ring->capacity = capacity;
	}
	ring->is_taken[at] = 1;
	ring->lowest_free = at + 1;
	*index = at;
	return 0;
}

static void give_index_back(struct schedule_ring *ring, uint32_t index)
{
	ring->is_taken[index] = 0;
	if (index < ring->lowest_free)
		ring->lowest_free = index;
}

static void set_alarm(struct schedule *schedule, struct schedule_ring *ring)
{
	/* One that is being drained is put back in its place afterwards. */
	if (ring != schedule->draining)
		alarms_set(&schedule->order, &ring->alarm, slots_next_ns(&ring->slots));
}

int schedule_add(struct schedule *schedule, int64_t interval_ns, int64_t now_ns, void *owner,
	struct schedule_place *place)
{
	struct schedule_ring *ring = find_ring(schedule, interval_ns);
	if (!ring)
		return -ENOMEM;
	uint32_t index;
	int error = take_index(ring, &index);
	if (!error) {
		error = slots_add(&ring->slots, phase_ns(schedule, ring, index), now_ns, owner);
		if (error)
			give_index_back(ring, index);
	}
	if (error) {
		drop_ring_if_empty(schedule, ring);
		return error;
	}
	schedule->rate += weight(ring);
	set_alarm(schedule, ring);
	*place = (struct schedule_place){.ring = ring, .index = index};
	return 0;
}

void schedule_remove(struct schedule *schedule, struct schedule_place *place, const void *owner)
{
	struct schedule_ring *ring = place->ring;
	if (!ring)
		return;
	slots_remove(&ring->slots, phase_ns(schedule, ring, place->index), owner);
	give_index_back(ring, place->index);
	schedule->rate -= weight(ring);
	set_alarm(schedule, ring);
	*place = (struct schedule_place){0};
	drop_ring_if_empty(schedule, ring);
}

int64_t schedule_next_ns(const struct schedule *schedule)
{
	return alarms_next_ns(&schedule->order);
}

int64_t schedule_span_ns(const struct schedule *schedule, unsigned slots)
{
	if (schedule->rate == 0)
		return INT64_MAX;
	return (int64_t)(slots * UINT64_C(1000000000000000000) / schedule->rate);
}

bool schedule_take(struct schedule *schedule, int64_t now_ns, struct due_slot *due)
{
	for (;;) {
		struct schedule_ring *ring = schedule->draining;
		if (!ring) {
			struct alarm *alarm = alarms_take(&schedule->order, now_ns);
			if (!alarm)
				return false;
			ring = container_at(alarm, offsetof(struct schedule_ring, alarm));
			schedule->draining = ring;
		}
		if (slots_take(&ring->slots, now_ns, due))
			return true;
		schedule->draining = NULL;
		set_alarm(schedule, ring);
	}
}
