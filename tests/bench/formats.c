/* SPDX-License-Identifier: MIT */
/*
 * What an observation costs, a step of the history, and an exposition in each format, with gzip and without: no
 * network, no probing.
 *
 *     formats [ROUNDS]
 *
 * Prints a Markdown table; medians of ROUNDS (15) rounds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "base/clock.h"
#include "history/track_set.h"
#include "measure/live_distribution.h"
#include "measure/snapshot.h"
#include "measure/target_stats.h"
#include "scrape/exposition.h"
#include "scrape/gzip.h"

#define ROUNDS_MAX 100
#define OBSERVATIONS 1000000
/* Round trips of a target in the exposition: a busy hour's. */
#define REPLIES 5000
#define NAME_MAX_LENGTH 32
#define HISTORY_TARGETS 10000
#define HISTORY_MINUTES 60

static unsigned rounds = 15;

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* Round trips of some hundred microseconds, with a tail. */
static int64_t some_rtt(uint32_t *state)
{
	uint32_t random = next_random(state);
	int64_t rtt_ns = 150000 + (random & 0xffff);
	return random >> 22 == 0 ? rtt_ns * 40 : rtt_ns;
}

static int compare(const void *a, const void *b)
{
	const double *x = a;
	const double *y = b;
	return (*x > *y) - (*x < *y);
}

static double median(double *values)
{
	qsort(values, rounds, sizeof(*values), compare);
	return values[rounds / 2];
}

/* Of target_stats_received(), and of the distribution's part in it. */
static void measure_observation(void)
{
	static struct live_distribution live;
	double whole[ROUNDS_MAX] = {0};
	double part[ROUNDS_MAX] = {0};
	struct target_stats *stats;
	if (target_stats_new(100, &stats) != 0)
		abort();
	for (unsigned i = 0; i < rounds; i++) {
		uint32_t state = 1;
		int64_t start_ns = clock_monotonic_ns();
		for (int k = 0; k < OBSERVATIONS; k++)
			target_stats_received(stats, some_rtt(&state));
		int64_t middle_ns = clock_monotonic_ns();
		for (int k = 0; k < OBSERVATIONS; k++)
			live_distribution_record(&live, some_rtt(&state));
		int64_t end_ns = clock_monotonic_ns();
		whole[i] = (double)(middle_ns - start_ns) / OBSERVATIONS;
		part[i] = (double)(end_ns - middle_ns) / OBSERVATIONS;
	}
	printf("An observation: %.0f ns, of which the fine buckets %.0f ns. They take %zu bytes a target.\n\n",
		median(whole), median(part), sizeof(live));
	target_stats_free(stats);
}

/* A snapshot as the engine makes it. */
static struct snapshot make_snapshot(size_t count)
{
	struct snapshot snapshot = {.has_prober = true, .target_count = count};
	uint32_t state = 1;
	snapshot.targets = calloc(count, sizeof(*snapshot.targets));
	snapshot.distributions = calloc(count, sizeof(*snapshot.distributions));
	snapshot.text = calloc(count, NAME_MAX_LENGTH);
	if (!snapshot.targets || !snapshot.distributions || !snapshot.text)
		abort();
	for (size_t i = 0; i < count; i++) {
		struct target_snapshot *target = &snapshot.targets[i];
		struct target_stats *stats;
		char *name = snapshot.text + i * NAME_MAX_LENGTH;
		snprintf(name, NAME_MAX_LENGTH, "server%05zu.example", i);
		if (target_stats_new(100, &stats) != 0)
			abort();
		target_stats_connected(stats, "192.0.2.1:4000", 250000);
		for (int k = 0; k < REPLIES; k++) {
			target_stats_sent(stats);
			target_stats_received(stats, some_rtt(&state));
		}
		target_stats_tcp(stats, 0, 180000, 120000);
		const struct target_distributions copies = {.rtt = &snapshot.distributions[i]};
		target_stats_read_all(stats, &target->values, &copies);
		target_stats_free(stats);
		target->name = name;
		target->address = "192.0.2.1:4000";
		target->peer = target->values.peer;
		target->distribution = &snapshot.distributions[i];
	}
	return snapshot;
}

static void measure_format(
	const char *says, const struct snapshot *snapshot, struct exposition exposition)
{
	static const struct process_values process = {1, 1, 1, 1, 1, 1, true, {0}, true, 1, {0}};
	static const struct build_info build = {"1.0.0", "0123456789ab", "cc"};
	double plain[ROUNDS_MAX] = {0};
	double packing[ROUNDS_MAX] = {0};
	size_t bytes = 0;
	size_t packed_bytes = 0;
	exposition.snapshot = snapshot;
	exposition.process = &process;
	exposition.build = &build;
	for (unsigned i = 0; i < rounds; i++) {
		struct buffer text = {0};
		struct buffer packed = {0};
		int64_t start_ns = clock_monotonic_ns();
		int error = exposition_write(&exposition, &text);
		int64_t middle_ns = clock_monotonic_ns();
		if (!error)
			error = gzip_compress(text.data, text.length, &packed);
		int64_t end_ns = clock_monotonic_ns();
		if (error)
			abort();
		plain[i] = (double)(middle_ns - start_ns) / (double)NS_PER_US;
		packing[i] = (double)(end_ns - middle_ns) / (double)NS_PER_US;
		bytes = text.length;
		packed_bytes = packed.length;
		buffer_clear(&text);
		buffer_clear(&packed);
	}
	double count = (double)snapshot->target_count;
	printf("| %s | %zu | %.2f | %.0f | %.2f | %.0f |\n", says, snapshot->target_count,
		median(plain) / count, (double)bytes / count, median(packing) / count,
		(double)packed_bytes / count);
}

static void measure_formats(size_t targets)
{
	struct snapshot snapshot = make_snapshot(targets);
	measure_format("text", &snapshot, (struct exposition){.format = EXPOSITION_TEXT});
	measure_format(
		"OpenMetrics", &snapshot, (struct exposition){.format = EXPOSITION_OPENMETRICS});
	measure_format("protobuf", &snapshot, (struct exposition){.format = EXPOSITION_PROTOBUF});
	measure_format("protobuf, native histograms too", &snapshot,
		(struct exposition){.format = EXPOSITION_PROTOBUF, .is_native = true});
	measure_format("text, lean", &snapshot,
		(struct exposition){.format = EXPOSITION_TEXT, .is_lean = true});
	measure_format("protobuf, lean, native histograms too", &snapshot,
		(struct exposition){
			.format = EXPOSITION_PROTOBUF, .is_lean = true, .is_native = true});
	snapshot_clear(&snapshot);
}

/* What malloc() has given out, or 0 where it does not say. */
static size_t memory_in_use(void)
{
#ifdef __GLIBC__
	return mallinfo2().uordblks + mallinfo2().hblkhd;
#else
	return 0;
#endif
}

/* Ends a step for each target, as the history's thread does; a minute's worth of them a round. */
static void measure_history(void)
{
	static struct target_values values;
	static struct distribution round_trips;
	double times[ROUNDS_MAX] = {0};
	struct track_set set = {0};
	uint32_t state = 1;
	uint64_t step = 0;
	size_t before = memory_in_use();
	for (unsigned i = 0; i < rounds; i++) {
		int64_t spent_ns = 0;
		for (int k = 0; k < HISTORY_FINE_PER_COARSE; k++, step++) {
			/* At the default interval. */
			for (int probe = 0; probe < 25; probe++)
				round_trips.counts[distribution_bucket(some_rtt(&state))]++;
			values.sent += 25;
			values.received += 25;
			int64_t start_ns = clock_monotonic_ns();
			for (uint64_t id = 1; id <= HISTORY_TARGETS; id++)
				track_advance(track_set_visit(&set, id, HISTORY_MINUTES), step,
					step + 1, &values, &round_trips);
			track_set_sweep(&set);
			spent_ns += clock_monotonic_ns() - start_ns;
		}
		times[i] = (double)spent_ns / HISTORY_FINE_PER_COARSE / HISTORY_TARGETS;
	}
	printf("A step of the history: %.2f us a target. An hour takes %.0f bytes a target.\n\n",
		median(times) / 1000, (double)(memory_in_use() - before) / HISTORY_TARGETS);
	track_set_clear(&set);
}

int main(int argc, char *argv[])
{
	if (argc > 1)
		rounds = (unsigned)strtoul(argv[1], NULL, 10);
	if (rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "formats: 1 to %d rounds\n", ROUNDS_MAX);
		return 2;
	}
	measure_observation();
	measure_history();
	printf("| exposition | targets | us a target | bytes a target | %s, us a target | bytes a target |\n"
	       "| --- | --- | --- | --- | --- | --- |\n",
		gzip_library());
	measure_formats(1000);
	measure_formats(10000);
	return 0;
}
