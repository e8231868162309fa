/* SPDX-License-Identifier: MIT */
#include "measure/target_stats.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/aligned.h"
#include "measure/live_distribution.h"

/*
 * A sequence lock without fences (H.-J. Boehm, "Can seqlocks get along with programming language
 * memory models?", MSPC 2012): the version is odd while the writer is at work; data is stored with
 * release and loaded with acquire order, so a reader that saw any of a step's data also sees its
 * odd version. On x86 all of these are plain moves.
 *
 * Every field that readers see is one 64-bit word, so that they can be copied as an array.
 */
#define PEER_WORDS (ADDRESS_TEXT_MAX / sizeof(uint64_t))

enum word {
	WORD_SENT,
	WORD_TIMEOUTS,
	WORD_LATE,
	WORD_UNSENT,
	WORD_DUPLICATES,
	WORD_MISSED_SLOTS,
	WORD_CONNECTS,
	WORD_MOVES,
	WORD_TCP_RETRANSMITS,
	WORD_RTT_SUM,
	WORD_LAST_RTT,
	WORD_JITTER,
	WORD_TIMEOUT,
	WORD_LAST_CONNECT,
	WORD_TCP_RTT,
	WORD_TCP_MIN_RTT,
	WORD_WINDOW_SETTLED,
	WORD_WINDOW_LOST,
	WORD_CONNECTED,
	WORD_STAMPED,
	WORD_STAMPS_REJECTED,
	WORD_PEER_NS,
	WORD_PEER_TCP_RETRANSMITS,
	WORD_ONE_WAY_ERROR,
	WORD_SEEN_TTL,
	WORD_SEEN_DSCP,
	WORD_SEEN_MSS,
	WORD_FAILURE,
	WORD_LATEST_TIME,
	WORD_LATEST_WHAT,
	WORD_EXCESS,
	WORD_ONE_WAY = WORD_EXCESS + DIRECTIONS,
	WORD_SLOW = WORD_ONE_WAY + DIRECTIONS,
	WORD_CONNECT_FAILURES = WORD_SLOW + SLOW_WHERES,
	WORD_DISCONNECTS = WORD_CONNECT_FAILURES + CONNECT_FAILURES,
	WORD_PEER = WORD_DISCONNECTS + DISCONNECTS,
	WORD_BUCKETS = WORD_PEER + PEER_WORDS,
	WORDS = WORD_BUCKETS + HISTOGRAM_BUCKETS,
};

struct target_stats {
	_Atomic uint64_t version;
	_Atomic uint64_t words[WORDS];
	/* A ring, within the steps as well; few readers want it. */
	_Atomic uint64_t event_count; /* All that ever happened. */
	_Atomic uint64_t event_times[TARGET_EVENTS_MAX];
	_Atomic uint64_t event_whats[TARGET_EVENTS_MAX];
	struct live_distribution rtt;
	struct live_distribution *excess; /* Owned; one a direction, or NULL. */
	/* For the writer alone. */
	struct loss_window window;
	struct jitter jitter;
	bool has_connection;
	bool has_replied; /* Over the present connection, or the last one. */
	bool is_doubted;  /* The last connection ended without a reply. */
};

/* Targets of different threads must not share a cache line. */
#define CACHE_LINE 64

int target_stats_new(uint32_t window, struct target_stats **stats)
{
	size_t size = (sizeof(**stats) + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
	struct target_stats *made = aligned_new(CACHE_LINE, size);
	if (!made)
		return -ENOMEM;
	memset(made, 0, size);
	int error = loss_window_init(&made->window, window);
	if (error) {
		aligned_free(made);
		return error;
	}
	jitter_init(&made->jitter);
	static const unsigned unknown[] = {WORD_LAST_RTT, WORD_JITTER, WORD_LAST_CONNECT,
		WORD_TCP_RTT, WORD_TCP_MIN_RTT, WORD_STAMPED, WORD_ONE_WAY + DIRECTION_OUT,
		WORD_ONE_WAY + DIRECTION_BACK, WORD_ONE_WAY_ERROR, WORD_SEEN_TTL, WORD_SEEN_DSCP,
		WORD_SEEN_MSS};
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		atomic_init(&made->words[unknown[i]], (uint64_t)-1);
	*stats = made;
	return 0;
}

int target_stats_keep_excess(struct target_stats *stats)
{
	stats->excess = calloc(DIRECTIONS, sizeof(*stats->excess));
	return stats->excess ? 0 : -ENOMEM;
}

bool target_stats_keeps_excess(const struct target_stats *stats)
{
	return stats->excess != NULL;
}

void target_stats_free(struct target_stats *stats)
{
	if (!stats)
		return;
	loss_window_clear(&stats->window);
	free(stats->excess);
	aligned_free(stats);
}

static void begin(struct target_stats *stats)
{
	uint64_t version = atomic_load_explicit(&stats->version, memory_order_relaxed);
	atomic_store_explicit(&stats->version, version + 1, memory_order_relaxed);
}

static void end(struct target_stats *stats)
{
	uint64_t version = atomic_load_explicit(&stats->version, memory_order_relaxed);
	atomic_store_explicit(&stats->version, version + 1, memory_order_release);
}

static void set(struct target_stats *stats, unsigned word, uint64_t value)
{
	atomic_store_explicit(&stats->words[word], value, memory_order_release);
}

static void add(struct target_stats *stats, unsigned word, uint64_t by)
{
	set(stats, word, atomic_load_explicit(&stats->words[word], memory_order_relaxed) + by);
}

static void show_window(struct target_stats *stats)
{
	set(stats, WORD_WINDOW_SETTLED, stats->window.settled);
	set(stats, WORD_WINDOW_LOST, stats->window.lost);
}

/* Within a step: a reply came, whatever it counts as. */
static void note_reply(struct target_stats *stats)
{
	if (stats->has_replied)
		return;
	stats->has_replied = true;
	stats->is_doubted = false;
	if (stats->has_connection)
		set(stats, WORD_CONNECTED, 1);
}

/* Within a step: what a peer says of one connection is not true of another. */
static void forget_stamps(struct target_stats *stats)
{
	if ((int64_t)atomic_load_explicit(&stats->words[WORD_STAMPED], memory_order_relaxed) < 0)
		return;
	set(stats, WORD_STAMPED, 0);
	set(stats, WORD_ONE_WAY + DIRECTION_OUT, (uint64_t)-1);
	set(stats, WORD_ONE_WAY + DIRECTION_BACK, (uint64_t)-1);
	set(stats, WORD_ONE_WAY_ERROR, (uint64_t)-1);
	set(stats, WORD_SEEN_TTL, (uint64_t)-1);
	set(stats, WORD_SEEN_DSCP, (uint64_t)-1);
	set(stats, WORD_SEEN_MSS, (uint64_t)-1);
}

/* Within a step: there is no connection any more that this is true of. */
static void forget_connection(struct target_stats *stats)
{
	stats->has_connection = false;
	jitter_init(&stats->jitter);
	set(stats, WORD_CONNECTED, 0);
	set(stats, WORD_JITTER, (uint64_t)-1);
	set(stats, WORD_TCP_RTT, (uint64_t)-1);
	set(stats, WORD_TCP_MIN_RTT, (uint64_t)-1);
	forget_stamps(stats);
}

void target_stats_sent(struct target_stats *stats)
{
	begin(stats);
	add(stats, WORD_SENT, 1);
	end(stats);
}

void target_stats_received(struct target_stats *stats, int64_t rtt_ns)
{
	jitter_record(&stats->jitter, rtt_ns);
	loss_window_record(&stats->window, false);
	begin(stats);
	add(stats, WORD_BUCKETS + histogram_bucket(HISTOGRAM_RTT_FIRST_NS, rtt_ns), 1);
	add(stats, WORD_RTT_SUM, (uint64_t)rtt_ns);
	set(stats, WORD_LAST_RTT, (uint64_t)rtt_ns);
	set(stats, WORD_JITTER, (uint64_t)jitter_ns(&stats->jitter));
	live_distribution_record(&stats->rtt, rtt_ns);
	note_reply(stats);
	show_window(stats);
	end(stats);
}

void target_stats_timed_out(struct target_stats *stats, uint64_t count)
{
	if (count == 0)
		return;
	/* A whole window of losses leaves nothing else in it, and more would change nothing. */
	for (uint64_t i = 0; i < count && i < stats->window.size; i++)
		loss_window_record(&stats->window, true);
	begin(stats);
	add(stats, WORD_TIMEOUTS, count);
	show_window(stats);
	end(stats);
}

void target_stats_unsent(struct target_stats *stats)
{
	loss_window_record(&stats->window, true);
	begin(stats);
	add(stats, WORD_SENT, 1);
	add(stats, WORD_TIMEOUTS, 1);
	add(stats, WORD_UNSENT, 1);
	show_window(stats);
	end(stats);
}

void target_stats_late(struct target_stats *stats)
{
	begin(stats);
	add(stats, WORD_LATE, 1);
	note_reply(stats);
	end(stats);
}

void target_stats_duplicate(struct target_stats *stats)
{
	begin(stats);
	add(stats, WORD_DUPLICATES, 1);
	note_reply(stats);
	end(stats);
}

void target_stats_missed(struct target_stats *stats, uint64_t slots)
{
	begin(stats);
	add(stats, WORD_MISSED_SLOTS, slots);
	end(stats);
}

void target_stats_connected(struct target_stats *stats, const char *peer, int64_t handshake_ns)
{
	uint64_t text[PEER_WORDS] = {0};
	memcpy(text, peer, strnlen(peer, ADDRESS_TEXT_MAX - 1));
	stats->has_connection = true;
	stats->has_replied = false;
	begin(stats);
	add(stats, WORD_CONNECTS, 1);
	forget_stamps(stats);
	if (!stats->is_doubted)
		set(stats, WORD_CONNECTED, 1);
	set(stats, WORD_LAST_CONNECT, (uint64_t)handshake_ns);
	for (unsigned i = 0; i < PEER_WORDS; i++)
		set(stats, WORD_PEER + i, text[i]);
	end(stats);
}

/* A failure, and what happened with its failure, as one word each. */
static uint64_t pack_failure(struct target_failure failure)
{
	return (uint64_t)failure.kind | (uint64_t)failure.reason << 8;
}

static struct target_failure unpack_failure(uint64_t word)
{
	return (struct target_failure){(uint8_t)word, (uint8_t)(word >> 8)};
}

static struct target_event unpack_event(uint64_t time, uint64_t what)
{
	return (struct target_event){
		.unix_ns = (int64_t)time,
		.kind = (enum target_event_kind)(what >> 16),
		.failure = unpack_failure(what),
	};
}

/* Within a step. Returns the event as a word. */
static uint64_t add_event(struct target_stats *stats, enum target_event_kind kind, uint64_t failure,
	struct wall_time now)
{
	uint64_t what = failure | (uint64_t)kind << 16;
	uint64_t count = atomic_load_explicit(&stats->event_count, memory_order_relaxed);
	size_t place = (size_t)(count % TARGET_EVENTS_MAX);
	atomic_store_explicit(
		&stats->event_times[place], (uint64_t)now.unix_ns, memory_order_release);
	atomic_store_explicit(&stats->event_whats[place], what, memory_order_release);
	atomic_store_explicit(&stats->event_count, count + 1, memory_order_release);
	return what;
}

/* Within a step: the target went up or down. */
static void change(struct target_stats *stats, enum target_event_kind kind, uint64_t failure,
	struct wall_time now)
{
	set(stats, WORD_LATEST_WHAT, add_event(stats, kind, failure, now));
	set(stats, WORD_LATEST_TIME, (uint64_t)now.unix_ns);
}

void target_stats_up(struct target_stats *stats, struct wall_time now)
{
	begin(stats);
	change(stats, TARGET_EVENT_UP, 0, now);
	end(stats);
}

void target_stats_down(struct target_stats *stats, struct wall_time now)
{
	uint64_t failure = atomic_load_explicit(&stats->words[WORD_FAILURE], memory_order_relaxed);
	begin(stats);
	change(stats, TARGET_EVENT_DOWN, failure, now);
	end(stats);
}

void target_stats_moved(struct target_stats *stats, struct wall_time now)
{
	begin(stats);
	add(stats, WORD_MOVES, 1);
	add_event(stats, TARGET_EVENT_MOVED, 0, now);
	end(stats);
}

/* Within a step. */
static void count_connect_failure(struct target_stats *stats, enum connect_failure failure)
{
	add(stats, WORD_CONNECT_FAILURES + failure, 1);
	set(stats, WORD_FAILURE, pack_failure(target_failure_of_connect(failure)));
}

void target_stats_connect_failed(struct target_stats *stats, enum connect_failure failure)
{
	begin(stats);
	count_connect_failure(stats, failure);
	end(stats);
}

void target_stats_unreached(struct target_stats *stats, enum connect_failure failure)
{
	begin(stats);
	count_connect_failure(stats, failure);
	forget_connection(stats);
	end(stats);
}

void target_stats_disconnected(struct target_stats *stats, enum disconnect disconnect)
{
	if (stats->has_connection && !stats->has_replied)
		stats->is_doubted = true;
	begin(stats);
	add(stats, WORD_DISCONNECTS + disconnect, 1);
	set(stats, WORD_FAILURE, pack_failure(target_failure_of_disconnect(disconnect)));
	forget_connection(stats);
	end(stats);
}

void target_stats_retransmitted(struct target_stats *stats, uint64_t retransmits)
{
	if (retransmits == 0)
		return;
	begin(stats);
	add(stats, WORD_TCP_RETRANSMITS, retransmits);
	end(stats);
}

void target_stats_tcp(
	struct target_stats *stats, uint64_t retransmits, int64_t rtt_ns, int64_t min_rtt_ns)
{
	begin(stats);
	add(stats, WORD_TCP_RETRANSMITS, retransmits);
	/* A target that does not count as connected has no RTT. */
	set(stats, WORD_TCP_RTT, (uint64_t)(stats->is_doubted ? -1 : rtt_ns));
	set(stats, WORD_TCP_MIN_RTT, (uint64_t)(stats->is_doubted ? -1 : min_rtt_ns));
	end(stats);
}

void target_stats_stamping(struct target_stats *stats)
{
	begin(stats);
	set(stats, WORD_STAMPED, 1);
	end(stats);
}

void target_stats_seen(struct target_stats *stats, unsigned ttl, unsigned dscp, unsigned mss_bytes)
{
	begin(stats);
	set(stats, WORD_SEEN_TTL, ttl);
	set(stats, WORD_SEEN_DSCP, dscp);
	set(stats, WORD_SEEN_MSS, mss_bytes > 0 ? mss_bytes : (uint64_t)-1);
	end(stats);
}

/* Within a step. */
static void add_excess(struct target_stats *stats, unsigned direction, int64_t excess_ns)
{
	add(stats, WORD_EXCESS + direction, (uint64_t)excess_ns);
	if (stats->excess)
		live_distribution_record(&stats->excess[direction], excess_ns);
}

void target_stats_stamped(struct target_stats *stats, const struct target_stamp *stamp)
{
	begin(stats);
	add(stats, WORD_PEER_NS, (uint64_t)stamp->residence_ns);
	if (stamp->retransmits > 0)
		add(stats, WORD_PEER_TCP_RETRANSMITS, stamp->retransmits);
	for (unsigned i = 0; i < DIRECTIONS; i++) {
		if (stamp->is_known)
			add_excess(stats, i, stamp->excess_ns[i]);
		set(stats, WORD_ONE_WAY + i, (uint64_t)stamp->one_way_ns[i]);
	}
	set(stats, WORD_ONE_WAY_ERROR, (uint64_t)stamp->one_way_error_ns);
	if (stamp->is_slow)
		add(stats, WORD_SLOW + stamp->where, 1);
	end(stats);
}

void target_stats_stamp_rejected(struct target_stats *stats)
{
	begin(stats);
	add(stats, WORD_STAMPS_REJECTED, 1);
	end(stats);
}

void target_stats_timeout(struct target_stats *stats, int64_t timeout_ns)
{
	begin(stats);
	set(stats, WORD_TIMEOUT, (uint64_t)timeout_ns);
	end(stats);
}

static void copy_distributions(
	const struct target_stats *stats, const struct target_distributions *copies)
{
	if (copies->rtt)
		live_distribution_read(&stats->rtt, copies->rtt);
	for (unsigned i = 0; stats->excess && i < DIRECTIONS; i++)
		if (copies->excess[i])
			live_distribution_read(&stats->excess[i], copies->excess[i]);
}

/* Whether words holds a state between two steps; if not, the writer was at work: read again. */
static bool copy_words(const struct target_stats *stats, uint64_t words[WORDS],
	const struct target_distributions *distributions)
{
	uint64_t before = atomic_load_explicit(&stats->version, memory_order_acquire);
	if (before & 1)
		return false;
	for (unsigned i = 0; i < WORDS; i++)
		words[i] = atomic_load_explicit(&stats->words[i], memory_order_acquire);
	copy_distributions(stats, distributions);
	return atomic_load_explicit(&stats->version, memory_order_relaxed) == before;
}

void target_stats_read(const struct target_stats *stats, struct target_values *values)
{
	static const struct target_distributions none;
	target_stats_read_all(stats, values, &none);
}

void target_stats_read_all(const struct target_stats *stats, struct target_values *values,
	const struct target_distributions *distributions)
{
	uint64_t words[WORDS];
	while (!copy_words(stats, words, distributions))
		;
	*values = (struct target_values){
		.sent = words[WORD_SENT],
		.timeouts = words[WORD_TIMEOUTS],
		.late = words[WORD_LATE],
		.unsent = words[WORD_UNSENT],
		.duplicates = words[WORD_DUPLICATES],
		.missed_slots = words[WORD_MISSED_SLOTS],
		.connects = words[WORD_CONNECTS],
		.moves = words[WORD_MOVES],
		.tcp_retransmits = words[WORD_TCP_RETRANSMITS],
		.last_rtt_ns = (int64_t)words[WORD_LAST_RTT],
		.jitter_ns = (int64_t)words[WORD_JITTER],
		.timeout_ns = (int64_t)words[WORD_TIMEOUT],
		.last_connect_ns = (int64_t)words[WORD_LAST_CONNECT],
		.tcp_rtt_ns = (int64_t)words[WORD_TCP_RTT],
		.tcp_min_rtt_ns = (int64_t)words[WORD_TCP_MIN_RTT],
		.window_settled = (uint32_t)words[WORD_WINDOW_SETTLED],
		.window_lost = (uint32_t)words[WORD_WINDOW_LOST],
		.connected = words[WORD_CONNECTED] != 0,
		.stamped = (int64_t)words[WORD_STAMPED],
		.stamps_rejected = words[WORD_STAMPS_REJECTED],
		.peer_ns = words[WORD_PEER_NS],
		.peer_tcp_retransmits = words[WORD_PEER_TCP_RETRANSMITS],
		.one_way_error_ns = (int64_t)words[WORD_ONE_WAY_ERROR],
		.seen_ttl = (int64_t)words[WORD_SEEN_TTL],
		.seen_dscp = (int64_t)words[WORD_SEEN_DSCP],
		.seen_mss_bytes = (int64_t)words[WORD_SEEN_MSS],
		.failure = unpack_failure(words[WORD_FAILURE]),
		.latest = unpack_event(words[WORD_LATEST_TIME], words[WORD_LATEST_WHAT]),
	};
	memcpy(values->excess_ns, &words[WORD_EXCESS], sizeof(values->excess_ns));
	memcpy(values->one_way_ns, &words[WORD_ONE_WAY], sizeof(values->one_way_ns));
	memcpy(values->slow, &words[WORD_SLOW], sizeof(values->slow));
	memcpy(values->connect_failures, &words[WORD_CONNECT_FAILURES],
		sizeof(values->connect_failures));
	memcpy(values->disconnects, &words[WORD_DISCONNECTS], sizeof(values->disconnects));
	memcpy(values->peer, &words[WORD_PEER], sizeof(values->peer));
	memcpy(values->rtt.counts, &words[WORD_BUCKETS], sizeof(values->rtt.counts));
	values->rtt.sum_ns = words[WORD_RTT_SUM];
	values->received = histogram_count(&values->rtt);
}

/* As copy_words() does. count: all that ever happened. */
static bool copy_events(
	const struct target_stats *stats, struct target_event *events, uint64_t *count)
{
	uint64_t before = atomic_load_explicit(&stats->version, memory_order_acquire);
	if (before & 1)
		return false;
	*count = atomic_load_explicit(&stats->event_count, memory_order_acquire);
	for (unsigned i = 0; i < *count && i < TARGET_EVENTS_MAX; i++) {
		unsigned place = (unsigned)((*count - 1 - i) % TARGET_EVENTS_MAX);
		events[i] = unpack_event(
			atomic_load_explicit(&stats->event_times[place], memory_order_acquire),
			atomic_load_explicit(&stats->event_whats[place], memory_order_acquire));
	}
	return atomic_load_explicit(&stats->version, memory_order_relaxed) == before;
}

unsigned target_stats_read_events(
	const struct target_stats *stats, struct target_event events[TARGET_EVENTS_MAX])
{
	uint64_t count;
	while (!copy_events(stats, events, &count))
		;
	return count < TARGET_EVENTS_MAX ? (unsigned)count : TARGET_EVENTS_MAX;
}

uint64_t target_values_in_flight(const struct target_values *values)
{
	return values->sent - values->received - values->timeouts;
}

double target_values_loss(const struct target_values *values, double whole)
{
	if (values->window_settled == 0)
		return 0;
	return whole * values->window_lost / values->window_settled;
}
