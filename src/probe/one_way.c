/* SPDX-License-Identifier: MIT */
#include "probe/one_way.h"

#include "base/clock.h"

/* Anchors are this far apart at first, so that something is known after a second, and later this. */
#define BIN_FIRST_NS (250 * NS_PER_MS)
#define BIN_LAST_NS (4 * NS_PER_S)

/* So many are enough, and none is older. */
#define ANCHORS_MIN 4
#define AGE_MAX_NS (128 * NS_PER_S)

/* A line is believed for so long after the last fit. */
#define HOLD_MAX_NS (60 * NS_PER_S)

/* What "least" is about: this to twice as long. */
#define LEAST_PERIOD_NS (300 * NS_PER_S)

/* Quartz crystals are off by less, as a rule, and by far less where they are disciplined. */
#define SLOPE_USUAL 50e-6

/* Clocks that are further apart than they were have been set. */
#define OFFSET_MAX_NS (3600 * NS_PER_S)

/* A reply is slow when it took longer than the least by this at least, and by half. */
#define SLOW_MIN_NS NS_PER_MS

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Starts over: the clocks are this far apart. The least round trips still hold. */
static void restart(struct one_way *one_way, int64_t base_ns, int64_t now_ns)
{
	*one_way = (struct one_way){
		.has_base = true,
		.base_ns = base_ns,
		.bin_ns = BIN_FIRST_NS,
		.bin_began_ns = now_ns,
		.best = {.network_ns = INT64_MAX},
		.rtt = one_way->rtt,
		.network = one_way->network,
	};
}

/* How much more than the least an anchor may have taken: half of that can be its error, an eighth of what
 * makes a reply slow. */
static int64_t tolerance_ns(const struct one_way *one_way)
{
	return larger(SLOW_MIN_NS, recent_minimum_get(&one_way->network) / 2) / 8;
}

static bool is_good(const struct one_way *one_way, const struct one_way_anchor *anchor)
{
	return anchor->network_ns <= recent_minimum_get(&one_way->network) + tolerance_ns(one_way);
}

static int64_t line_at(const struct one_way *one_way, int64_t time_ns)
{
	return one_way->offset_ns +
	       (int64_t)(one_way->slope * (double)(time_ns - one_way->time_ns));
}

/* What the good anchors say, weighted: x is their time, y their offset. */
struct sums {
	unsigned count;
	double weight;
	double x;
	double y;
};

/* The nearer to the least, the more it counts. */
static double weight_of(const struct one_way *one_way, const struct one_way_anchor *anchor)
{
	int64_t least_ns = recent_minimum_get(&one_way->network);
	double noise = 20e3 + (double)least_ns / 512;
	double above = (double)(anchor->network_ns - least_ns);
	return 1 / (noise * noise + above * above);
}

static struct sums sum_up(const struct one_way *one_way, int64_t origin_ns)
{
	struct sums sums = {0};
	for (unsigned i = 0; i < one_way->count; i++) {
		const struct one_way_anchor *anchor = &one_way->anchors[i];
		if (!is_good(one_way, anchor))
			continue;
		double weight = weight_of(one_way, anchor);
		sums.count++;
		sums.weight += weight;
		sums.x += weight * (double)(anchor->time_ns - origin_ns);
		sums.y += weight * (double)anchor->offset_ns;
	}
	return sums;
}

/* The slope of weighted least squares, with what is usual as one more observation. */
static double find_slope(
	const struct one_way *one_way, int64_t origin_ns, double mean_x, double mean_y)
{
	double xx = 1 / (SLOPE_USUAL * SLOPE_USUAL);
	double xy = 0;
	for (unsigned i = 0; i < one_way->count; i++) {
		const struct one_way_anchor *anchor = &one_way->anchors[i];
		if (!is_good(one_way, anchor))
			continue;
		double weight = weight_of(one_way, anchor);
		double x = (double)(anchor->time_ns - origin_ns) - mean_x;
		xx += weight * x * x;
		xy += weight * x * ((double)anchor->offset_ns - mean_y);
	}
	return xy / xx;
}

/* The least that each direction took, by the line. */
static void find_least(struct one_way *one_way)
{
	one_way->least_ns[DIRECTION_OUT] = INT64_MAX;
	one_way->least_ns[DIRECTION_BACK] = INT64_MAX;
	for (unsigned i = 0; i < one_way->count; i++) {
		const struct one_way_anchor *anchor = &one_way->anchors[i];
		if (!is_good(one_way, anchor))
			continue;
		int64_t beside_ns = anchor->offset_ns - line_at(one_way, anchor->time_ns);
		int64_t half_ns = anchor->network_ns / 2;
		if (half_ns + beside_ns < one_way->least_ns[DIRECTION_OUT])
			one_way->least_ns[DIRECTION_OUT] = half_ns + beside_ns;
		if (half_ns - beside_ns < one_way->least_ns[DIRECTION_BACK])
			one_way->least_ns[DIRECTION_BACK] = half_ns - beside_ns;
	}
}

/* Fits the line again, if there are enough good anchors. */
static void fit(struct one_way *one_way, int64_t now_ns)
{
	struct sums sums = sum_up(one_way, now_ns);
	if (sums.count < ANCHORS_MIN)
		return;
	double mean_x = sums.x / sums.weight;
	double mean_y = sums.y / sums.weight;
	one_way->slope = find_slope(one_way, now_ns, mean_x, mean_y);
	one_way->time_ns = now_ns + (int64_t)mean_x;
	one_way->offset_ns = (int64_t)mean_y;
	one_way->fitted_ns = now_ns;
	one_way->has_line = true;
	find_least(one_way);
}

static void drop_first(struct one_way *one_way, unsigned count)
{
	one_way->count = (uint8_t)(one_way->count - count);
	for (unsigned i = 0; i < one_way->count; i++)
		one_way->anchors[i] = one_way->anchors[i + count];
}

/* Keeps the better one of each two. */
static void thin_out(struct one_way *one_way)
{
	for (unsigned i = 0; i < ONE_WAY_ANCHORS / 2; i++) {
		const struct one_way_anchor *pair = &one_way->anchors[(size_t)2 * i];
		one_way->anchors[i] = pair[0].network_ns <= pair[1].network_ns ? pair[0] : pair[1];
	}
	one_way->count = ONE_WAY_ANCHORS / 2;
}

/* Makes room for one more. */
static void make_room(struct one_way *one_way, int64_t now_ns)
{
	unsigned old = 0;
	while (old < one_way->count && now_ns - one_way->anchors[old].time_ns > AGE_MAX_NS)
		old++;
	drop_first(one_way, old);
	/* To know something soon again. */
	if (one_way->count == 0)
		one_way->bin_ns = BIN_FIRST_NS;
	if (one_way->count < ONE_WAY_ANCHORS)
		return;
	if (one_way->bin_ns < BIN_LAST_NS) {
		thin_out(one_way);
		one_way->bin_ns *= 2;
	} else {
		drop_first(one_way, 1);
	}
}

/* The present bin is over. */
static void end_bin(struct one_way *one_way, int64_t now_ns)
{
	make_room(one_way, now_ns);
	if (one_way->best.network_ns != INT64_MAX && is_good(one_way, &one_way->best))
		one_way->anchors[one_way->count++] = one_way->best;
	one_way->best.network_ns = INT64_MAX;
	one_way->bin_began_ns = now_ns;
	fit(one_way, now_ns);
}

static bool has_line(const struct one_way *one_way, int64_t now_ns)
{
	return one_way->has_line && now_ns - one_way->fitted_ns <= HOLD_MAX_NS;
}

/* Writes what the directions took above their least; below 0: less. */
static void find_excess(const struct one_way *one_way, const struct one_way_anchor *sample,
	int64_t excess_ns[DIRECTIONS])
{
	int64_t beside_ns = sample->offset_ns - line_at(one_way, sample->time_ns);
	int64_t half_ns = sample->network_ns / 2;
	excess_ns[DIRECTION_OUT] = half_ns + beside_ns - one_way->least_ns[DIRECTION_OUT];
	excess_ns[DIRECTION_BACK] = half_ns - beside_ns - one_way->least_ns[DIRECTION_BACK];
}

/* What a direction that took less than its least may mean. */
enum shortage {
	SHORTAGE_NONE, /* There is none, or it is noise, or of no weight. */
	SHORTAGE_ODD,  /* Either the line is wrong, or what the peer says. */
	SHORTAGE_STEP, /* A clock was set. */
};

/*
 * Leaves no excess below 0. A clock that was set adds to one direction what it takes from the other, which is
 * certain where the round trip is as short as usual.
 */
static enum shortage settle_shortage(
	const struct one_way *one_way, bool is_anchor, int64_t excess_ns[DIRECTIONS])
{
	int64_t noise_ns = 2 * tolerance_ns(one_way);
	for (int i = 0; i < DIRECTIONS; i++) {
		int64_t shortage_ns = -excess_ns[i];
		if (shortage_ns > noise_ns && is_anchor)
			return SHORTAGE_STEP;
		if (shortage_ns > noise_ns && shortage_ns > excess_ns[DIRECTIONS - 1 - i] / 4)
			return SHORTAGE_ODD;
		if (shortage_ns > 0)
			excess_ns[i] = 0;
	}
	return SHORTAGE_NONE;
}

static enum slow_where find_where(
	const struct one_way_result *result, int64_t residence_ns, int64_t above_ns)
{
	/* More than half of it needs no clock to be compared. */
	if (residence_ns > above_ns / 2)
		return SLOW_PEER;
	if (!result->is_known)
		return SLOW_UNKNOWN;
	int64_t out_ns = result->excess_ns[DIRECTION_OUT];
	int64_t back_ns = result->excess_ns[DIRECTION_BACK];
	int64_t most_ns = larger(larger(out_ns, back_ns), residence_ns);
	/* The largest of three is a third of their sum, unless the least has changed. */
	if (most_ns < above_ns / 4)
		return SLOW_UNKNOWN;
	if (residence_ns == most_ns)
		return SLOW_PEER;
	return out_ns == most_ns ? SLOW_OUT : SLOW_BACK;
}

/* The round trip as an anchor. */
static struct one_way_anchor place(
	struct one_way *one_way, const struct one_way_sample *sample, int64_t network_ns)
{
	/* Where the peer's clock would be if it were ours, and both ways equally long. */
	int64_t middle_ns = sample->departure_ns + network_ns / 2;
	int64_t offset_ns = clock_difference_ns(sample->received_unix_ns, middle_ns);
	int64_t beyond_ns = clock_difference_ns(offset_ns, one_way->base_ns);
	if (!one_way->has_base || beyond_ns > OFFSET_MAX_NS || beyond_ns < -OFFSET_MAX_NS) {
		restart(one_way, offset_ns, sample->arrival_ns);
		beyond_ns = 0;
	}
	return (struct one_way_anchor){sample->arrival_ns, beyond_ns, network_ns};
}

void one_way_take(
	struct one_way *one_way, const struct one_way_sample *sample, struct one_way_result *result)
{
	int64_t now_ns = sample->arrival_ns;
	int64_t rtt_ns = sample->arrival_ns - sample->departure_ns;
	int64_t network_ns = rtt_ns - sample->residence_ns;
	struct one_way_anchor anchor = place(one_way, sample, network_ns);
	recent_minimum_note(&one_way->rtt, rtt_ns, LEAST_PERIOD_NS, now_ns);
	if (sample->is_exact)
		recent_minimum_note(&one_way->network, network_ns, LEAST_PERIOD_NS, now_ns);
	if (now_ns - one_way->bin_began_ns >= one_way->bin_ns)
		end_bin(one_way, now_ns);
	*result = (struct one_way_result){.is_known = has_line(one_way, now_ns)};
	if (result->is_known) {
		find_excess(one_way, &anchor, result->excess_ns);
		bool is_anchor = sample->is_exact && is_good(one_way, &anchor);
		enum shortage shortage = settle_shortage(one_way, is_anchor, result->excess_ns);
		if (shortage != SHORTAGE_NONE)
			*result = (struct one_way_result){0};
		if (shortage == SHORTAGE_STEP) {
			restart(one_way, one_way->base_ns + anchor.offset_ns, now_ns);
			anchor.offset_ns = 0;
		}
	}
	if (sample->is_exact && network_ns < one_way->best.network_ns)
		one_way->best = anchor;
	int64_t least_ns = recent_minimum_get(&one_way->rtt);
	int64_t above_ns = rtt_ns - least_ns;
	result->is_slow = above_ns > larger(SLOW_MIN_NS, least_ns / 2);
	if (result->is_slow)
		result->where = find_where(result, sample->residence_ns, above_ns);
}
