/* SPDX-License-Identifier: MIT */
#include "history/history.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"
#include "history/track_set.h"

#define FINE_NS (5 * NS_PER_S)
#define COARSE_NS (FINE_NS * HISTORY_FINE_PER_COARSE)
/*
 * Who comes this late has slept, and the whole process with it, perhaps: the probers shall see first which slots they
 * have missed.
 */
#define SLEEP_NS NS_PER_S
#define WAKING_NS (NS_PER_S / 2)
/* A median of fewer coarse steps says nothing of what is usual. */
#define USUAL_STEPS 3

struct history {
	struct engine *engine; /* Borrowed, as is the log. */
	const struct log *log;
	unsigned coarse_steps;
	int64_t start_ns;
	pthread_t thread;
	pthread_mutex_t mutex; /* Guards all that follows. */
	pthread_cond_t changed;
	bool is_stopping;
	bool is_reloaded;
	bool lacks_memory; /* And the log says so. */
	uint64_t before;   /* Fine steps that had ended when this one was begun to be ended. */
	uint64_t newest;   /* Those that have. */
	uint64_t
		planned; /* The one whose end the thread waits for: nothing happens in those before. */
	struct track_set tracks;
};

static void visit(void *context, uint64_t target_id, const struct target_values *values,
	const struct distribution *round_trips)
{
	struct history *history = context;
	struct track *track = track_set_visit(&history->tracks, target_id, history->coarse_steps);
	if (track)
		track_advance(track, history->before, history->newest, values, round_trips);
	else if (!history->lacks_memory)
		log_write(history->log, LOG_LEVEL_WARNING, NULL,
			"no memory for the history of each target");
	history->lacks_memory = history->lacks_memory || !track;
}

static uint64_t count_ended(const struct history *history, int64_t now_ns)
{
	return (uint64_t)((now_ns - history->start_ns) / FINE_NS);
}

/* Ends those that have ended and in which nothing happens. With the mutex held. */
static void end_empty_steps(struct history *history, int64_t now_ns)
{
	uint64_t ended = count_ended(history, now_ns);
	if (ended >= history->planned)
		ended = history->planned - 1;
	if (ended <= history->newest)
		return;
	track_set_skip(&history->tracks, history->newest, ended);
	history->newest = ended;
}

/* Ends the steps that have ended by now. With the mutex held. */
static void end_steps(struct history *history, int64_t now_ns)
{
	end_empty_steps(history, now_ns);
	history->before = history->newest;
	history->newest = count_ended(history, now_ns);
	if (history->newest == history->before)
		return;
	engine_visit(history->engine, visit, history);
	track_set_sweep(&history->tracks);
}

/* While the probers sleep nothing happens; but no coarse step ends unseen. With the mutex held. */
static void plan(struct history *history)
{
	int64_t rest_ns = engine_rests_until_ns(history->engine) - history->start_ns;
	uint64_t furthest =
		(history->newest / HISTORY_FINE_PER_COARSE + 1) * HISTORY_FINE_PER_COARSE;
	history->planned = history->newest + 1;
	if (rest_ns > 0 && (uint64_t)(rest_ns / FINE_NS) + 1 > history->planned)
		history->planned = (uint64_t)(rest_ns / FINE_NS) + 1;
	if (history->planned > furthest)
		history->planned = furthest;
}

static int64_t planned_end_ns(const struct history *history)
{
	return history->start_ns + (int64_t)history->planned * FINE_NS;
}

/* New targets may have something due at once. With the mutex held. */
static void change_plan(struct history *history)
{
	history->is_reloaded = false;
	end_empty_steps(history, clock_monotonic_ns());
	history->planned = history->newest + 1;
}

static void on_reload(void *context)
{
	struct history *history = context;
	pthread_mutex_lock(&history->mutex);
	history->is_reloaded = true;
	pthread_cond_signal(&history->changed);
	pthread_mutex_unlock(&history->mutex);
}

static void *run(void *context)
{
	struct history *history = context;
	(void)thread_give_way();
	pthread_mutex_lock(&history->mutex);
	int64_t due_ns = planned_end_ns(history);
	bool is_waking = false;
	while (!history->is_stopping) {
		if (history->is_reloaded && !is_waking) {
			change_plan(history);
			due_ns = planned_end_ns(history);
		}
		if (thread_wait_until(&history->changed, &history->mutex, due_ns) != -ETIMEDOUT)
			continue;
		int64_t now_ns = clock_monotonic_ns();
		if (!is_waking && now_ns - due_ns > SLEEP_NS) {
			due_ns = now_ns + WAKING_NS;
			is_waking = true;
			continue;
		}
		end_steps(history, now_ns);
		plan(history);
		due_ns = planned_end_ns(history);
		is_waking = false;
	}
	pthread_mutex_unlock(&history->mutex);
	return NULL;
}

static void history_free(struct history *history)
{
	track_set_clear(&history->tracks);
	pthread_cond_destroy(&history->changed);
	pthread_mutex_destroy(&history->mutex);
	free(history);
}

int history_start(
	struct engine *engine, int64_t kept_ns, const struct log *log, struct history **history)
{
	struct history *made = calloc(1, sizeof(*made));
	if (!made)
		return -ENOMEM;
	made->engine = engine;
	made->log = log;
	made->coarse_steps = (unsigned)((kept_ns + COARSE_NS - 1) / COARSE_NS);
	made->start_ns = clock_monotonic_ns();
	pthread_mutex_init(&made->mutex, NULL);
	thread_condition_init(&made->changed);
	made->planned = 1;
	int error = thread_start(&made->thread, "history", run, made);
	if (error) {
		history_free(made);
		return error;
	}
	engine_follow_reloads(engine, on_reload, made);
	*history = made;
	return 0;
}

void history_stop(struct history *history)
{
	if (!history)
		return;
	engine_follow_reloads(history->engine, NULL, NULL);
	pthread_mutex_lock(&history->mutex);
	history->is_stopping = true;
	pthread_cond_signal(&history->changed);
	pthread_mutex_unlock(&history->mutex);
	pthread_join(history->thread, NULL);
	history_free(history);
}

void history_lock(struct history *history)
{
	pthread_mutex_lock(&history->mutex);
	/* Their ends are nobody's to wait for. */
	end_empty_steps(history, clock_monotonic_ns());
}

void history_unlock(struct history *history)
{
	pthread_mutex_unlock(&history->mutex);
}

struct history_range history_range(const struct history *history, enum history_scale scale)
{
	bool is_fine = scale == HISTORY_FINE;
	struct history_range range = {
		.step_ns = is_fine ? FINE_NS : COARSE_NS,
		.kept = is_fine ? HISTORY_FINE_STEPS : history->coarse_steps,
		.newest = is_fine ? history->newest : history->newest / HISTORY_FINE_PER_COARSE,
	};
	range.newest_end_ns = history->start_ns + (int64_t)range.newest * range.step_ns;
	return range;
}

size_t history_read(const struct history *history, uint64_t target_id, enum history_scale scale,
	uint64_t since, struct history_step *steps, uint64_t *first)
{
	const struct track *track = track_set_find(&history->tracks, target_id);
	struct history_range range = history_range(history, scale);
	uint64_t from = range.newest > range.kept ? range.newest - range.kept : 0;
	if (since > from)
		from = since < range.newest ? since : range.newest;
	*first = from + 1;
	size_t count = 0;
	for (uint64_t number = *first; track && number <= range.newest; number++)
		steps[count++] = *track_step(track, scale, number);
	return count;
}

/* Of the newest steps, up to so many. least: as for track_median(). */
static unsigned median_of(const struct history *history, uint64_t target_id,
	enum history_scale scale, uint64_t most, unsigned least)
{
	const struct track *track = track_set_find(&history->tracks, target_id);
	uint64_t newest = history_range(history, scale).newest;
	if (!track || newest == 0)
		return 0;
	uint64_t first = newest > most ? newest - most + 1 : 1;
	return track_median(track, scale, first, newest, least);
}

unsigned history_recent_median(const struct history *history, uint64_t target_id)
{
	return median_of(history, target_id, HISTORY_FINE, HISTORY_FINE_PER_COARSE, 1);
}

unsigned history_usual_median(const struct history *history, uint64_t target_id)
{
	return median_of(history, target_id, HISTORY_COARSE, history->coarse_steps, USUAL_STEPS);
}
