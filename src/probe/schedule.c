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

/* See schedule_lateness_ns(). */
#define LATENESS_DIVISOR 32
#define LATENESS_LEAST_NS NS_PER_MS
#define LATENESS_MOST_NS (10 * NS_PER_MS)

/*
 * How many slots share a wake-up: more queue behind each other at the peers, the more so the longer those
 * have slept. Where they are close, up to so many more do, and where even those are close, all that fall
 * into that time: the peers are awake anyway.
 */
#define SLOTS_A_WAKE_UP 3
#define SLOTS_NEAR_NS NS_PER_MS
#define SLOTS_NEAR 8
#define CLOSE_NS (500 * NS_PER_US)

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
	set_alarm(schedule, ring);
	*place = (struct schedule_place){0};
	drop_ring_if_empty(schedule, ring);
}

int64_t schedule_next_ns(const struct schedule *schedule)
{
	return alarms_next_ns(&schedule->order);
}

int64_t schedule_lateness_ns(int64_t interval_ns)
{
	int64_t lateness_ns = interval_ns / LATENESS_DIVISOR;
	if (lateness_ns < LATENESS_LEAST_NS)
		lateness_ns = LATENESS_LEAST_NS;
	if (lateness_ns > LATENESS_MOST_NS)
		lateness_ns = LATENESS_MOST_NS;
	return lateness_ns < interval_ns / 2 ? lateness_ns : interval_ns / 2;
}

/* A slot that may be the next one in the order of all rings. */
struct ahead {
	const struct schedule_ring *ring;
	size_t nth; /* Of its ring's next slots. */
	int64_t due_ns;
};

/* Of each slot that was passed its ring's next one, and of each ring two others. */
struct look_ahead {
	const struct schedule *schedule;
	struct ahead candidates[1 + 2 * SLOTS_NEAR];
	size_t count;
};

static void consider(struct look_ahead *ahead, const struct schedule_ring *ring, size_t nth)
{
	int64_t due_ns = slots_ahead_ns(&ring->slots, nth);
	if (due_ns != INT64_MAX)
		ahead->candidates[ahead->count++] =
			(struct ahead){.ring = ring, .nth = nth, .due_ns = due_ns};
}

static void consider_ring(struct look_ahead *ahead, size_t position)
{
	struct alarm *alarm = alarms_at(&ahead->schedule->order, position);
	if (alarm)
		consider(ahead, container_at(alarm, offsetof(struct schedule_ring, alarm)), 0);
}

/* Takes the soonest of the candidates, and puts those in that may follow it. */
static bool pass(struct look_ahead *ahead, struct ahead *passed)
{
	if (ahead->count == 0)
		return false;
	struct ahead *soonest = ahead->candidates;
	for (size_t i = 1; i < ahead->count; i++)
		if (ahead->candidates[i].due_ns < soonest->due_ns)
			soonest = &ahead->candidates[i];
	*passed = *soonest;
	*soonest = ahead->candidates[--ahead->count];
	consider(ahead, passed->ring, passed->nth + 1);
	if (passed->nth == 0) {
		size_t position = passed->ring->alarm.position;
		consider_ring(ahead, 2 * position + 1);
		consider_ring(ahead, 2 * position + 2);
	}
	return true;
}

int64_t schedule_wake_ns(const struct schedule *schedule)
{
	struct look_ahead ahead = {.schedule = schedule};
	struct ahead next;
	int64_t first_ns = schedule_next_ns(schedule);
	int64_t wake_ns = first_ns;
	int64_t latest_ns = INT64_MAX;
	unsigned passed = 0;
	consider_ring(&ahead, 0);
	while (passed < SLOTS_NEAR && pass(&ahead, &next) && next.due_ns <= latest_ns) {
		if (passed >= SLOTS_A_WAKE_UP && next.due_ns > first_ns + SLOTS_NEAR_NS)
			break;
		int64_t by_ns = next.due_ns + schedule_lateness_ns(next.ring->slots.interval_ns);
		if (latest_ns > by_ns)
			latest_ns = by_ns;
		wake_ns = next.due_ns;
		passed++;
	}
	if (passed == SLOTS_NEAR && wake_ns < first_ns + CLOSE_NS)
		wake_ns = first_ns + CLOSE_NS;
	return wake_ns;
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
