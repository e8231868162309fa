/* SPDX-License-Identifier: MIT */
#include "probe/echo_probe.h"

#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../unit.h"
#include "base/clock.h"
#include "base/le64.h"
#include "echo/stamp.h"
#include "scripted.h"

#define S NS_PER_S
#define MS NS_PER_MS
#define US NS_PER_US
#define INTERVAL_NS (100 * MS)
#define TIMEOUT_NS (300 * MS)
/* How many unanswered probes have records: target_options_records(), up to a power of 2. */
#define RECORDS 16

struct fixture {
	struct probe_context context;
	struct probed_target *target;
};

/* A connection that was just established. */
static void set_up_with(struct fixture *fixture, const struct target_options *options)
{
	script_begin(&fixture->context);
	fixture->target = script_target(&fixture->context, "192.0.2.97:4000", options);
	script_go_to(&fixture->context, script.now_ns);
	script_run(&fixture->context);
	ck_assert_int_eq(fixture->target->link.state, LINK_CONNECTED);
}

static void set_up(struct fixture *fixture)
{
	const struct target_options options = script_options(PROBE_KIND_ECHO);
	set_up_with(fixture, &options);
}

/* Every scenario ends with the law of accounting: once all is over, nothing is in flight. */
static void tear_down(struct fixture *fixture)
{
	struct link *link = &fixture->target->link;
	link_abort(link);
	struct target_values values = script_values(fixture->target);
	ck_assert_uint_eq(values.sent, values.received + values.timeouts);
	probed_target_free(fixture->target);
	script_end(&fixture->context);
}

/* A slot that is due now. */
static void probe(struct fixture *fixture)
{
	link_use_slot(&fixture->target->link, script.now_ns, script.now_ns);
}

/* Sends count probes, one per interval, while nothing else happens. */
static void probe_often(struct fixture *fixture, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (i > 0)
			script.now_ns += INTERVAL_NS;
		probe(fixture);
	}
}

/* What the peer has got, up to size bytes; returns how many. */
static size_t take_frames(unsigned char *bytes, size_t size)
{
	ssize_t got = recv(script.far_fd, bytes, size, MSG_DONTWAIT);
	return got > 0 ? (size_t)got : 0;
}

static void reply(const void *bytes, size_t length)
{
	ck_assert_int_eq(send(script.far_fd, bytes, length, MSG_NOSIGNAL), (ssize_t)length);
}

static unsigned char *frame_at(unsigned char *bytes, unsigned frame)
{
	return bytes + (size_t)frame * FRAME_SIZE;
}

START_TEST(a_frame_has_number_and_wall_time)
{
	struct fixture fixture;
	set_up(&fixture);
	script.now_ns += 77;
	probe_often(&fixture, 2);
	unsigned char bytes[2 * FRAME_SIZE];
	ck_assert_uint_eq(take_frames(bytes, sizeof(bytes)), sizeof(bytes));
	struct frame frame;
	frame_decode(FRAME_FORMAT_PLAIN, bytes, &frame);
	ck_assert_uint_eq(frame.seq, 1);
	ck_assert_int_eq(frame.unix_time_ns, SCRIPT_START_NS + SCRIPT_AHEAD_NS + 77);
	frame_decode(FRAME_FORMAT_PLAIN, frame_at(bytes, 1), &frame);
	ck_assert_uint_eq(frame.seq, 2);
	ck_assert_uint_eq(script_values(fixture.target).sent, 2);
	tear_down(&fixture);
}
END_TEST

START_TEST(an_alarm_for_what_was_answered_is_put_off)
{
	struct fixture fixture;
	set_up(&fixture);
	struct link *link = &fixture.target->link;
	int64_t departure_ns = script.now_ns;
	probe(&fixture);
	ck_assert_int_eq(link->alarm.due_ns, departure_ns + TIMEOUT_NS);
	link_review_alarm(&link->alarm, script.now_ns + MS);
	ck_assert_int_eq(link->alarm.due_ns, departure_ns + TIMEOUT_NS);
	unsigned char bytes[FRAME_SIZE];
	take_frames(bytes, sizeof(bytes));
	reply(bytes, sizeof(bytes));
	script.now_ns += MS;
	script_run(&fixture.context);
	ck_assert_uint_eq(script_values(fixture.target).received, 1);
	/* Not with each reply: that would cost more than it saves where probes are frequent. */
	ck_assert_int_eq(link->alarm.due_ns, departure_ns + TIMEOUT_NS);
	link_review_alarm(&link->alarm, script.now_ns);
	ck_assert_int_eq(link->alarm.due_ns, ALARM_NEVER);
	/* The next one is watched again. */
	script.now_ns += MS;
	probe(&fixture);
	ck_assert_int_eq(link->alarm.due_ns, script.now_ns + TIMEOUT_NS);
	/* What is due is not settled by a review. */
	script.now_ns += TIMEOUT_NS;
	link_review_alarm(&link->alarm, script.now_ns);
	ck_assert_uint_eq(script_values(fixture.target).timeouts, 0);
	script_go_to(&fixture.context, script.now_ns);
	ck_assert_uint_eq(script_values(fixture.target).timeouts, 1);
	tear_down(&fixture);
}
END_TEST

/* One probe departs, and is answered. */
static const struct {
	const char *says;
	int64_t stamped_ns; /* After the departure; 0: the kernel does not say. */
	int64_t read_ns;    /* After the departure. */
	int64_t rtt_ns;	    /* 0: not received. */
	unsigned late;
} replies[] = {
	{"as timestamped by the kernel", 123 * US, 9 * MS, 123 * US, 0},
	{"without a timestamp, as it was read", 0, 9 * MS, 9 * MS, 0},
	{"just in time", TIMEOUT_NS - 1, TIMEOUT_NS - 1, TIMEOUT_NS - 1, 0},
	{"just in time, but read late", TIMEOUT_NS - 1, 400 * MS, TIMEOUT_NS - 1, 0},
	{"just too late", TIMEOUT_NS, TIMEOUT_NS, 0, 1},
	{"too late", 350 * MS, 400 * MS, 0, 1},
};

START_TEST(a_reply_is_in_time_or_late_by_its_arrival)
{
	struct fixture fixture;
	set_up(&fixture);
	int64_t departure_ns = script.now_ns;
	probe(&fixture);
	unsigned char bytes[FRAME_SIZE];
	take_frames(bytes, sizeof(bytes));
	reply(bytes, sizeof(bytes));
	/* The prober sleeps: what is due is done only after reading, as in every turn. */
	script.now_ns = departure_ns + replies[_i].read_ns;
	script.stamped_ns = replies[_i].stamped_ns ? departure_ns + replies[_i].stamped_ns : 0;
	script_run(&fixture.context);
	script_go_to(&fixture.context, script.now_ns);
	struct target_values values = script_values(fixture.target);
	const char *says = replies[_i].says;
	ck_assert_msg(values.received == (replies[_i].rtt_ns ? 1 : 0), "%s", says);
	ck_assert_msg(values.timeouts == (replies[_i].rtt_ns ? 0 : 1), "%s", says);
	ck_assert_msg(values.late == replies[_i].late, "%s", says);
	if (replies[_i].rtt_ns)
		ck_assert_msg(values.last_rtt_ns == replies[_i].rtt_ns, "%s: %lld", says,
			(long long)values.last_rtt_ns);
	ck_assert_str_eq(script.log, "up: 192.0.2.97:4000 answers");
	tear_down(&fixture);
}
END_TEST

START_TEST(settling_reads_before_it_counts_anything_as_lost)
{
	struct fixture fixture;
	set_up(&fixture);
	int64_t departure_ns = script.now_ns;
	probe(&fixture);
	unsigned char bytes[FRAME_SIZE];
	take_frames(bytes, sizeof(bytes));
	reply(bytes, sizeof(bytes));
	script.stamped_ns = departure_ns + 5 * MS;
	/* The alarm goes off before anything has been read. */
	script_go_to(&fixture.context, departure_ns + TIMEOUT_NS);
	ck_assert_uint_eq(script_values(fixture.target).received, 1);
	ck_assert_int_eq(script_values(fixture.target).last_rtt_ns, 5 * MS);
	tear_down(&fixture);
}
END_TEST

START_TEST(a_probe_without_reply_times_out_and_may_still_be_late)
{
	struct fixture fixture;
	set_up(&fixture);
	int64_t departure_ns = script.now_ns;
	probe_often(&fixture, 2);
	unsigned char bytes[2 * FRAME_SIZE];
	take_frames(bytes, sizeof(bytes));
	ck_assert_int_eq(fixture.target->link.alarm.due_ns, departure_ns + TIMEOUT_NS);
	script_go_to(&fixture.context, departure_ns + TIMEOUT_NS - 1);
	ck_assert_uint_eq(script_values(fixture.target).timeouts, 0);
	script_go_to(&fixture.context, departure_ns + TIMEOUT_NS);
	ck_assert_uint_eq(script_values(fixture.target).timeouts, 1);
	script.now_ns += 20 * MS;
	reply(bytes, sizeof(bytes));
	script_run(&fixture.context);
	struct target_values values = script_values(fixture.target);
	ck_assert_uint_eq(values.received, 1);
	ck_assert_uint_eq(values.timeouts, 1);
	ck_assert_uint_eq(values.late, 1);
	/* Once more: each of them is a duplicate. */
	reply(bytes, sizeof(bytes));
	script_run(&fixture.context);
	ck_assert_uint_eq(script_values(fixture.target).duplicates, 2);
	ck_assert_int_eq(fixture.target->link.state, LINK_CONNECTED);
	tear_down(&fixture);
}
END_TEST

static void set_up_estimated(struct fixture *fixture)
{
	struct target_options options = script_options(PROBE_KIND_ECHO);
	options.timeout_ns = TARGET_TIMEOUT_AUTO;
	set_up_with(fixture, &options);
	ck_assert_int_eq(script_values(fixture->target).timeout_ns, TIMEOUT_ESTIMATE_FIRST_NS);
}

START_TEST(an_estimated_timeout_follows_the_replies)
{
	struct fixture fixture;
	set_up_estimated(&fixture);
	unsigned char bytes[FRAME_SIZE];
	for (int i = 0; i < 20; i++) {
		probe(&fixture);
		take_frames(bytes, sizeof(bytes));
		reply(bytes, sizeof(bytes));
		script.now_ns += 2 * MS;
		script_run(&fixture.context);
		script_go_to(&fixture.context, script.now_ns + INTERVAL_NS);
	}
	ck_assert_int_eq(script_values(fixture.target).timeout_ns, TIMEOUT_ESTIMATE_LEAST_NS);
	/* Now silence: the first one is lost after just that, and what follows is waited for twice as long. */
	int64_t departure_ns = script.now_ns;
	probe(&fixture);
	script_go_to(&fixture.context, departure_ns + TIMEOUT_ESTIMATE_LEAST_NS - 1);
	ck_assert_uint_eq(script_values(fixture.target).timeouts, 0);
	script_go_to(&fixture.context, departure_ns + TIMEOUT_ESTIMATE_LEAST_NS);
	ck_assert_uint_eq(script_values(fixture.target).timeouts, 1);
	ck_assert_int_eq(script_values(fixture.target).timeout_ns, 2 * TIMEOUT_ESTIMATE_LEAST_NS);
	departure_ns = script.now_ns;
	probe(&fixture);
	script_go_to(&fixture.context, departure_ns + 2 * TIMEOUT_ESTIMATE_LEAST_NS - 1);
	ck_assert_uint_eq(script_values(fixture.target).timeouts, 1);
	script_go_to(&fixture.context, departure_ns + 2 * TIMEOUT_ESTIMATE_LEAST_NS);
	ck_assert_uint_eq(script_values(fixture.target).timeouts, 2);
	/* A short timeout does not cut the connection sooner: TCP needs its time to repair. */
	ck_assert_int_eq(fixture.target->link.state, LINK_CONNECTED);
	script_go_to(&fixture.context, departure_ns + 3000 * MS);
	ck_assert_int_eq(fixture.target->link.state, LINK_CONNECTED);
	script_go_to(&fixture.context, departure_ns + 3500 * MS);
	ck_assert_uint_eq(script_values(fixture.target).disconnects[DISCONNECT_STALLED], 1);
	tear_down(&fixture);
}
END_TEST

START_TEST(a_fixed_timeout_is_not_estimated)
{
	struct fixture fixture;
	set_up(&fixture);
	probe(&fixture);
	script_go_to(&fixture.context, script.now_ns + TIMEOUT_NS);
	ck_assert_uint_eq(script_values(fixture.target).timeouts, 1);
	ck_assert_int_eq(script_values(fixture.target).timeout_ns, 0);
	tear_down(&fixture);
}
END_TEST

START_TEST(without_any_reply_the_connection_is_stalled)
{
	struct fixture fixture;
	set_up(&fixture);
	int64_t departure_ns = script.now_ns;
	probe_often(&fixture, 3);
	int64_t stalled_ns = departure_ns + TIMEOUT_NS + TARGET_GRACE_NS;
	script_go_to(&fixture.context, stalled_ns - 1);
	ck_assert_int_eq(fixture.target->link.state, LINK_CONNECTED);
	ck_assert_uint_eq(script_values(fixture.target).timeouts, 3);
	script_go_to(&fixture.context, stalled_ns);
	ck_assert_int_eq(fixture.target->link.state, LINK_WAITING);
	ck_assert_uint_eq(script_values(fixture.target).disconnects[DISCONNECT_STALLED], 1);
	ck_assert(script.was_reset);
	/* A slot without a connection is unsent. */
	probe(&fixture);
	ck_assert_uint_eq(script_values(fixture.target).unsent, 1);
	tear_down(&fixture);
}
END_TEST

/* Which of 20 probes are answered, an interval apart, and how long the last one's reply is waited
 * for. */
static const struct {
	const char *says;
	uint32_t swallowed; /* Bits. */
	bool is_stalled;
} swallowings[] = {
	{"none", 0, false},
	{"one is a loss", 1U << 5, false},
	{"each second one", 0x55555, false},
	{"as many as fall into less than the time", 0x7fU << 4, false},
	{"as many as fall into the time", 0xfffU << 4, true},
	{"all but the first", 0xffffe, true},
};

START_TEST(a_connection_is_stalled_if_nothing_at_all_comes_back)
{
	struct fixture fixture;
	set_up(&fixture);
	unsigned char bytes[FRAME_SIZE];
	uint64_t received = 0;
	for (int i = 0; i < 20 && fixture.target->link.state == LINK_CONNECTED; i++) {
		probe(&fixture);
		take_frames(bytes, sizeof(bytes));
		if (!(swallowings[_i].swallowed >> i & 1)) {
			reply(bytes, sizeof(bytes));
			received++;
		}
		script_run(&fixture.context);
		script_go_to(&fixture.context, script.now_ns + INTERVAL_NS);
	}
	struct target_values values = script_values(fixture.target);
	ck_assert_msg(values.disconnects[DISCONNECT_STALLED] == swallowings[_i].is_stalled, "%s",
		swallowings[_i].says);
	ck_assert_uint_eq(values.received, received);
	tear_down(&fixture);
}
END_TEST

START_TEST(pieces_of_a_reply_that_never_is_whole_are_no_sign_of_life)
{
	struct fixture fixture;
	set_up(&fixture);
	int64_t departure_ns = script.now_ns;
	probe(&fixture);
	for (int i = 0; i < FRAME_SIZE - 1 && fixture.target->link.state == LINK_CONNECTED; i++) {
		reply((const unsigned char *)"x", 1);
		script_run(&fixture.context);
		script_go_to(&fixture.context, script.now_ns + INTERVAL_NS);
	}
	ck_assert_uint_eq(script_values(fixture.target).disconnects[DISCONNECT_STALLED], 1);
	ck_assert_int_le(script.now_ns - departure_ns, TIMEOUT_NS + TARGET_GRACE_NS + INTERVAL_NS);
	tear_down(&fixture);
}
END_TEST

START_TEST(an_idle_connection_is_healthy)
{
	struct fixture fixture;
	set_up(&fixture);
	unsigned char bytes[FRAME_SIZE];
	probe(&fixture);
	take_frames(bytes, sizeof(bytes));
	reply(bytes, sizeof(bytes));
	script_run(&fixture.context);
	script_go_to(&fixture.context, script.now_ns + 3600 * S);
	ck_assert_int_eq(fixture.target->link.state, LINK_CONNECTED);
	ck_assert_int_eq(fixture.target->link.alarm.due_ns, ALARM_NEVER);
	tear_down(&fixture);
}
END_TEST

/* What comes over the old connection of a name that moved, with three probes in flight. */
enum old_peer {
	OLD_ANSWERS_ALL,
	OLD_ANSWERS_BEFORE, /* The move. */
	OLD_ANSWERS_SOME,   /* And ends. */
	OLD_ENDS,
	OLD_SENDS_GARBAGE,
	OLD_IS_MUTE,
	OLD_ANSWERS_ANEW, /* Over the new connection. */
};

static const struct {
	const char *says;
	enum old_peer old;
	uint64_t received; /* Of the three, and of three that follow. */
	bool is_invalid;
} moves[] = {
	{"it answers in time: no probe is lost", OLD_ANSWERS_ALL, 6, false},
	{"nothing is in flight any more", OLD_ANSWERS_BEFORE, 6, false},
	{"it answers one and ends", OLD_ANSWERS_SOME, 4, false},
	{"it ends", OLD_ENDS, 3, false},
	{"it sends garbage", OLD_SENDS_GARBAGE, 3, false},
	{"it never answers", OLD_IS_MUTE, 3, false},
	{"a reply comes over the wrong connection", OLD_ANSWERS_ANEW, 0, true},
};

static void act_old(enum old_peer old, int old_far_fd, int new_far_fd, const unsigned char *bytes)
{
	unsigned char garbage[FRAME_SIZE] = {0};
	switch (old) {
	case OLD_ANSWERS_ALL:
		send(old_far_fd, bytes, (size_t)3 * FRAME_SIZE, MSG_NOSIGNAL);
		return;
	case OLD_ANSWERS_SOME:
		send(old_far_fd, bytes, FRAME_SIZE, MSG_NOSIGNAL);
		shutdown(old_far_fd, SHUT_RDWR);
		return;
	case OLD_ENDS:
		shutdown(old_far_fd, SHUT_RDWR);
		return;
	case OLD_SENDS_GARBAGE:
		send(old_far_fd, garbage, sizeof(garbage), MSG_NOSIGNAL);
		return;
	case OLD_ANSWERS_ANEW:
		send(new_far_fd, bytes, FRAME_SIZE, MSG_NOSIGNAL);
		return;
	case OLD_ANSWERS_BEFORE:
	case OLD_IS_MUTE:
		return;
	}
}

START_TEST(a_move_takes_over_without_a_lost_probe)
{
	struct fixture fixture;
	const struct target_options options = script_options(PROBE_KIND_ECHO);
	unsigned char bytes[3 * FRAME_SIZE];
	script_begin(&fixture.context);
	script.valid_ns = 0;
	fixture.target = script_target(&fixture.context, "name.example:4000", &options);
	struct link *link = &fixture.target->link;
	script_go_to(&fixture.context, script.now_ns);
	script_answer("a", RESOLVER_FOUND);
	script_run(&fixture.context);
	int old_far_fd = script.far_fd;
	script_go_to(&fixture.context, link->resolve_due_ns);
	for (int i = 0; i < 3; i++)
		probe(&fixture);
	ck_assert_uint_eq(take_frames(bytes, sizeof(bytes)), sizeof(bytes));
	if (moves[_i].old == OLD_ANSWERS_BEFORE) {
		reply(bytes, sizeof(bytes));
		script_run(&fixture.context);
	}
	script_answer("b", RESOLVER_FOUND);
	script_run(&fixture.context);
	int new_far_fd = script.far_fd;
	ck_assert_int_ne(new_far_fd, old_far_fd);
	ck_assert_str_eq(script_values(fixture.target).peer, "192.0.2.98:4000");
	ck_assert_uint_eq(
		script.opened - script.closed, moves[_i].old == OLD_ANSWERS_BEFORE ? 1 : 2);
	script.now_ns += 10 * MS;
	act_old(moves[_i].old, old_far_fd, new_far_fd, bytes);
	script_run(&fixture.context);
	for (int i = 0; i < 3; i++) {
		probe(&fixture);
		if (take_frames(bytes, sizeof(bytes)) > 0)
			reply(bytes, FRAME_SIZE);
		script_run(&fixture.context);
	}
	struct target_values values = script_values(fixture.target);
	ck_assert_msg(values.received == moves[_i].received, "%s: %llu", moves[_i].says,
		(unsigned long long)values.received);
	ck_assert_uint_eq(values.disconnects[DISCONNECT_INVALID], moves[_i].is_invalid ? 1 : 0);
	ck_assert_uint_eq(values.disconnects[DISCONNECT_CLOSED], 0);
	ck_assert_uint_eq(values.moves, 1);
	ck_assert_uint_eq(values.connects, 2);
	/* Whatever happens, the old connection is over once no reply can be in time, and late ones
	 * had their time. */
	script_go_to(&fixture.context, script.now_ns + TIMEOUT_NS + TARGET_GRACE_NS);
	if (!moves[_i].is_invalid) {
		ck_assert_uint_eq(script.opened - script.closed, 1);
		ck_assert_int_eq(link->state, LINK_CONNECTED);
		ck_assert_uint_eq(script_values(fixture.target).timeouts, 6 - moves[_i].received);
	}
	tear_down(&fixture);
}
END_TEST

static const size_t pieces[] = {1, 3, 7, 8, 15, 16, 17, 31, 48};

START_TEST(replies_may_come_in_pieces)
{
	struct fixture fixture;
	set_up(&fixture);
	probe_often(&fixture, 3);
	unsigned char bytes[3 * FRAME_SIZE];
	ck_assert_uint_eq(take_frames(bytes, sizeof(bytes)), sizeof(bytes));
	for (size_t at = 0; at < sizeof(bytes);) {
		size_t length = sizeof(bytes) - at < pieces[_i] ? sizeof(bytes) - at : pieces[_i];
		reply(bytes + at, length);
		script_run(&fixture.context);
		at += length;
		ck_assert_uint_eq(script_values(fixture.target).received, at / FRAME_SIZE);
	}
	tear_down(&fixture);
}
END_TEST

/* Garbage of all kinds, mostly after correct replies. */
static const struct {
	const char *says;
	unsigned right;	     /* Replies before it. */
	int seq_off;	     /* How far the number is off; */
	int64_t time_off_ns; /* likewise the time. */
	bool is_first_again; /* The first reply, once more. */
	unsigned times;
	bool is_invalid;
} garbage[] = {
	{"a number that was never sent", 0, 3, 0, false, 1, true},
	{"number 0", 0, -1, 0, false, 1, true},
	{"another time", 0, 0, 1, false, 1, true},
	{"after a correct one", 1, 0, -1, false, 1, true},
	{"after all", 3, 1, 0, false, 1, true},
	{"as many duplicates as probes", 3, 0, 0, true, 3, false},
	{"more duplicates than probes", 3, 0, 0, true, 4, true},
};

START_TEST(what_is_not_an_echo_ends_the_connection)
{
	struct fixture fixture;
	set_up(&fixture);
	probe_often(&fixture, 3);
	unsigned char bytes[8 * FRAME_SIZE];
	ck_assert_uint_eq(take_frames(bytes, sizeof(bytes)), (size_t)3 * FRAME_SIZE);
	unsigned right = garbage[_i].right;
	for (unsigned i = 0; i < garbage[_i].times; i++) {
		struct frame frame;
		frame_decode(FRAME_FORMAT_PLAIN,
			garbage[_i].is_first_again ? bytes : frame_at(bytes, right < 3 ? right : 2),
			&frame);
		frame.seq = (uint64_t)((int64_t)frame.seq + garbage[_i].seq_off);
		frame.unix_time_ns += garbage[_i].time_off_ns;
		frame_encode(FRAME_FORMAT_PLAIN, &frame, frame_at(bytes, right + i));
	}
	reply(bytes, (size_t)(right + garbage[_i].times) * FRAME_SIZE);
	script_run(&fixture.context);
	struct target_values values = script_values(fixture.target);
	ck_assert_msg(values.received == right, "%s", garbage[_i].says);
	ck_assert_msg(values.disconnects[DISCONNECT_INVALID] == (garbage[_i].is_invalid ? 1 : 0),
		"%s", garbage[_i].says);
	if (garbage[_i].is_invalid) {
		ck_assert_uint_eq(values.timeouts, 3 - right);
		ck_assert(script.was_reset);
	}
	tear_down(&fixture);
}
END_TEST

/* A peer that knows only one format ends connections of the other. */
static void refuse_once(struct fixture *fixture)
{
	probe(fixture);
	unsigned char bytes[FRAME_SIZE_MAX];
	ck_assert_uint_eq(take_frames(bytes, sizeof(bytes)), FRAME_SIZE);
	shutdown(script.far_fd, SHUT_WR);
	script_run(&fixture->context);
	ck_assert_int_eq(fixture->target->link.state, LINK_WAITING);
	script_go_to(&fixture->context, fixture->target->link.alarm.due_ns);
	script_run(&fixture->context);
	ck_assert_int_eq(fixture->target->link.state, LINK_CONNECTED);
}

START_TEST(after_two_connections_without_a_byte_the_next_has_the_other_frames)
{
	struct fixture fixture;
	set_up(&fixture);
	refuse_once(&fixture);
	refuse_once(&fixture);
	ck_assert_str_eq(script.log, "connected to 192.0.2.97:4000");
	script.now_ns += 5;
	probe_often(&fixture, 2);
	unsigned char bytes[2 * FRAME_WITH_MAGIC_SIZE];
	ck_assert_uint_eq(take_frames(bytes, sizeof(bytes)), sizeof(bytes));
	struct frame frame;
	for (uint64_t i = 0; i < 2; i++) {
		const unsigned char *at = bytes + i * FRAME_WITH_MAGIC_SIZE;
		ck_assert(frame_decode(FRAME_FORMAT_WITH_MAGIC, at, &frame));
		ck_assert_uint_eq(frame.seq, 3 + i);
	}
	/* Byte by byte but for the end. */
	for (size_t i = 0; i < sizeof(bytes); i++) {
		ck_assert_uint_eq(
			script_values(fixture.target).received, i / FRAME_WITH_MAGIC_SIZE);
		reply(bytes + i, 1);
		script_run(&fixture.context);
	}
	ck_assert_uint_eq(script_values(fixture.target).received, 2);
	ck_assert_uint_eq(script_values(fixture.target).timeouts, 2);
	ck_assert_str_eq(script.log, "answers 24-byte frames");
	/* From now on its replies begin with the magic. */
	probe(&fixture);
	take_frames(bytes, sizeof(bytes));
	reply(bytes + 1, FRAME_WITH_MAGIC_SIZE);
	script_run(&fixture.context);
	ck_assert_uint_eq(script_values(fixture.target).disconnects[DISCONNECT_INVALID], 1);
	tear_down(&fixture);
}
END_TEST

/* Closed before anything was sent, it tells nothing of formats. */
#define FRAMES 4

static void set_up_large(struct fixture *fixture)
{
	struct target_options options = script_options(PROBE_KIND_ECHO);
	options.size = FRAMES * FRAME_SIZE;
	set_up_with(fixture, &options);
}

START_TEST(a_large_probe_is_answered_when_its_last_byte_is_back)
{
	struct fixture fixture;
	set_up_large(&fixture);
	probe(&fixture);
	unsigned char bytes[FRAMES * FRAME_SIZE + 1];
	ck_assert_uint_eq(take_frames(bytes, sizeof(bytes)), (size_t)FRAMES * FRAME_SIZE);
	ck_assert_uint_eq(script_values(fixture.target).sent, 1);
	for (size_t i = 0; i < (size_t)FRAMES * FRAME_SIZE; i++) {
		ck_assert_uint_eq(script_values(fixture.target).received, 0);
		reply(bytes + i, 1);
		script_run(&fixture.context);
	}
	ck_assert_uint_eq(script_values(fixture.target).received, 1);
	ck_assert_int_eq(fixture.target->link.state, LINK_CONNECTED);
	tear_down(&fixture);
}
END_TEST

START_TEST(more_padding_than_was_sent_is_no_echo)
{
	struct fixture fixture;
	set_up_large(&fixture);
	probe(&fixture);
	unsigned char bytes[FRAMES * FRAME_SIZE];
	take_frames(bytes, sizeof(bytes));
	for (int i = 0; i < FRAMES - 1; i++)
		reply(bytes, FRAME_SIZE);
	script_run(&fixture.context);
	ck_assert_int_eq(fixture.target->link.state, LINK_CONNECTED);
	reply(bytes, FRAME_SIZE);
	script_run(&fixture.context);
	ck_assert_uint_eq(script_values(fixture.target).disconnects[DISCONNECT_INVALID], 1);
	tear_down(&fixture);
}
END_TEST

START_TEST(a_connection_that_carried_no_frame_was_refused_none)
{
	struct fixture fixture;
	set_up(&fixture);
	for (int i = 0; i < FRAME_CHOICE_PATIENCE; i++) {
		shutdown(script.far_fd, SHUT_WR);
		script_run(&fixture.context);
		script_go_to(&fixture.context, fixture.target->link.alarm.due_ns);
		script_run(&fixture.context);
	}
	probe(&fixture);
	unsigned char bytes[FRAME_SIZE_MAX];
	ck_assert_uint_eq(take_frames(bytes, sizeof(bytes)), FRAME_SIZE);
	tear_down(&fixture);
}
END_TEST

/* The peer of these tests plays a server that gives stamps, or one that does not. */

static void set_up_stamped(struct fixture *fixture)
{
	struct target_options options = script_options(PROBE_KIND_ECHO);
	options.stamps = true;
	set_up_with(fixture, &options);
}

/* Sends the first probe, whose frame goes to frame; returns the nonce of the hello before it. */
static uint64_t greet(struct fixture *fixture, unsigned char *frame)
{
	unsigned char bytes[HELLO_SIZE + FRAME_SIZE + 1];
	probe(fixture);
	ck_assert_uint_eq(take_frames(bytes, sizeof(bytes)), HELLO_SIZE + FRAME_SIZE);
	ck_assert(hello_is_one(bytes));
	memcpy(frame, bytes + HELLO_SIZE, FRAME_SIZE);
	return le64_get(bytes + 8);
}

static void answer_hello(struct fixture *fixture, uint64_t nonce, bool is_accepted)
{
	unsigned char bytes[HELLO_SIZE];
	hello_encode(nonce, bytes);
	if (is_accepted)
		hello_accept(bytes);
	reply(bytes, sizeof(bytes));
	script_run(&fixture->context);
}

/* A connection whose peer stamps, with one probe received. */
static void set_up_accepted(struct fixture *fixture)
{
	unsigned char first[FRAME_SIZE];
	set_up_stamped(fixture);
	uint64_t nonce = greet(fixture, first);
	answer_hello(fixture, nonce, true);
	ck_assert_int_eq(script_values(fixture->target).stamped, 1);
	reply(first, FRAME_SIZE);
	script_run(&fixture->context);
	ck_assert_uint_eq(script_values(fixture->target).received, 1);
}

/* A probe is stamped and answered: it takes 1 ms out, and 2 ms in all. */
static void answer_stamped(struct fixture *fixture, const struct stamp *stamp)
{
	unsigned char bytes[FRAME_STAMPED_SIZE];
	int64_t departure_ns = script.now_ns;
	probe(fixture);
	ck_assert_uint_eq(take_frames(bytes, sizeof(bytes)), sizeof(bytes));
	ck_assert_uint_eq(frame_type(bytes), FRAME_TYPE_STAMPED);
	stamp_encode(stamp, bytes);
	reply(bytes, sizeof(bytes));
	script.now_ns = departure_ns + 3 * MS;
	script.stamped_ns = departure_ns + 2 * MS;
	script_run(&fixture->context);
	script.now_ns = departure_ns + INTERVAL_NS;
	script_go_to(&fixture->context, script.now_ns);
}

static struct stamp good_stamp(void)
{
	return (struct stamp){
		.received_unix_ns = script.now_ns + MS + SCRIPT_AHEAD_NS,
		.residence_ns = 300000,
		.flags = STAMP_SYNCHRONISED,
		.version = STAMP_VERSION,
		.retransmits = 5,
		.max_error_us = 30,
		.ttl = 57,
		.dscp = 46,
		.mss = 1400,
	};
}

START_TEST(a_plain_server_is_measured_as_ever)
{
	struct fixture fixture;
	unsigned char first[FRAME_SIZE];
	unsigned char bytes[FRAME_SIZE + 1];
	set_up_stamped(&fixture);
	uint64_t nonce = greet(&fixture, first);
	answer_hello(&fixture, nonce, false);
	ck_assert_uint_eq(script_values(fixture.target).received, 0);
	reply(first, FRAME_SIZE);
	script_run(&fixture.context);
	probe(&fixture);
	ck_assert_uint_eq(take_frames(bytes, sizeof(bytes)), FRAME_SIZE);
	reply(bytes, FRAME_SIZE);
	script_run(&fixture.context);
	struct target_values values = script_values(fixture.target);
	ck_assert_uint_eq(values.sent, 2);
	ck_assert_uint_eq(values.received, 2);
	ck_assert_uint_eq(values.duplicates, 0);
	ck_assert_int_eq(values.stamped, -1);
	tear_down(&fixture);
}
END_TEST

START_TEST(each_connection_has_its_own_hello)
{
	struct fixture fixture;
	unsigned char frame[FRAME_SIZE];
	set_up_accepted(&fixture);
	link_lose(&fixture.target->link, DISCONNECT_RESET, script.now_ns);
	ck_assert_int_eq(script_values(fixture.target).stamped, 0);
	script_go_to(&fixture.context, fixture.target->link.alarm.due_ns);
	script_run(&fixture.context);
	uint64_t nonce = greet(&fixture, frame);
	answer_hello(&fixture, nonce + 1, true);
	ck_assert_uint_eq(script_values(fixture.target).disconnects[DISCONNECT_INVALID], 1);
	tear_down(&fixture);
}
END_TEST

START_TEST(stamps_are_counted)
{
	struct fixture fixture;
	set_up_accepted(&fixture);
	script.has_clock_error = true;
	script.clock_error_us = 12;
	struct stamp stamp = good_stamp();
	answer_stamped(&fixture, &stamp);
	stamp = good_stamp();
	stamp.retransmits = 7;
	answer_stamped(&fixture, &stamp);
	struct target_values values = script_values(fixture.target);
	ck_assert_uint_eq(values.received, 3);
	ck_assert_int_eq(values.last_rtt_ns, 2 * MS);
	ck_assert_uint_eq(values.peer_ns, 600000);
	ck_assert_uint_eq(values.peer_tcp_retransmits, 7);
	ck_assert_int_eq(values.seen_ttl, 57);
	ck_assert_int_eq(values.seen_dscp, 46);
	ck_assert_int_eq(values.seen_mss_bytes, 1400);
	ck_assert_int_eq(values.one_way_ns[DIRECTION_OUT], MS);
	ck_assert_int_eq(values.one_way_ns[DIRECTION_BACK], 700 * US);
	ck_assert_int_eq(values.one_way_error_ns, 42 * US);
	ck_assert_uint_eq(values.stamps_rejected, 0);
	tear_down(&fixture);
}
END_TEST

/* Whose clock is not synchronised. */
START_TEST(without_synchronised_clocks_there_is_no_one_way)
{
	for (int who = 0; who < 3; who++) {
		struct fixture fixture;
		set_up_accepted(&fixture);
		script.has_clock_error = who != 0;
		struct stamp stamp = good_stamp();
		if (who == 1)
			stamp.flags = 0;
		if (who == 2)
			stamp.max_error_us = CLOCK_ERROR_UNKNOWN;
		answer_stamped(&fixture, &stamp);
		struct target_values values = script_values(fixture.target);
		ck_assert_int_eq(values.one_way_ns[DIRECTION_OUT], -1);
		ck_assert_int_eq(values.one_way_ns[DIRECTION_BACK], -1);
		ck_assert_int_eq(values.one_way_error_ns, -1);
		ck_assert_uint_eq(values.peer_ns, 300000);
		tear_down(&fixture);
	}
}
END_TEST

/* What a peer may say, wrongly; and what of it is not believed. */
static const struct {
	const char *says;
	int64_t received_unix_ns; /* 0: as it was. */
	uint32_t residence_ns;
	uint16_t version;
	bool is_rejected;
} lies[] = {
	{"it kept the probe as long as it was away", 0, 2000000, 1, false},
	{"it kept it longer", 0, 2000001, 1, true},
	{"for ever", 0, UINT32_MAX, 1, true},
	{"no version", 0, 0, 0, true},
	{"a later version", 0, 0, 2, false},
	{"before there were clocks", -1, 0, 1, true},
	{"the beginning", INT64_MIN, 0, 1, true},
	{"the end", INT64_MAX, 0, 1, true},
	{"next century", INT64_C(1) << 62, 0, 1, false},
	{"a little later", (INT64_C(1) << 62) + 1, 0, 1, true},
	{"another day", SCRIPT_AHEAD_NS, 0, 1, false},
};

START_TEST(no_lie_changes_a_round_trip)
{
	struct fixture fixture;
	set_up_accepted(&fixture);
	struct stamp stamp = good_stamp();
	if (lies[_i].received_unix_ns != 0)
		stamp.received_unix_ns = lies[_i].received_unix_ns;
	stamp.residence_ns = lies[_i].residence_ns;
	stamp.version = lies[_i].version;
	answer_stamped(&fixture, &stamp);
	struct target_values values = script_values(fixture.target);
	const char *says = lies[_i].says;
	ck_assert_msg(values.received == 2 && values.last_rtt_ns == 2 * MS, "%s", says);
	ck_assert_msg(values.stamps_rejected == (lies[_i].is_rejected ? 1 : 0), "%s", says);
	ck_assert_msg(
		values.peer_ns == (lies[_i].is_rejected ? 0 : lies[_i].residence_ns), "%s", says);
	tear_down(&fixture);
}
END_TEST

START_TEST(a_counter_that_falls_counts_nothing)
{
	struct fixture fixture;
	set_up_accepted(&fixture);
	static const uint32_t totals[] = {5, 3, 4, 0, UINT32_MAX};
	for (int i = 0; i < ROWS(totals); i++) {
		struct stamp stamp = good_stamp();
		stamp.retransmits = totals[i];
		answer_stamped(&fixture, &stamp);
	}
	ck_assert_uint_eq(script_values(fixture.target).peer_tcp_retransmits, 6);
	tear_down(&fixture);
}
END_TEST

START_TEST(a_late_reply_has_no_stamp_that_counts)
{
	struct fixture fixture;
	unsigned char bytes[FRAME_STAMPED_SIZE];
	set_up_accepted(&fixture);
	struct stamp stamp = good_stamp();
	int64_t departure_ns = script.now_ns;
	probe(&fixture);
	take_frames(bytes, sizeof(bytes));
	stamp_encode(&stamp, bytes);
	script_go_to(&fixture.context, departure_ns + TIMEOUT_NS);
	reply(bytes, sizeof(bytes));
	script.stamped_ns = 0;
	script_run(&fixture.context);
	struct target_values values = script_values(fixture.target);
	ck_assert_uint_eq(values.late, 1);
	ck_assert_uint_eq(values.peer_ns, 0);
	ck_assert_uint_eq(values.stamps_rejected, 0);
	tear_down(&fixture);
}
END_TEST

/* Sizes, and how many bytes a probe has before and after its peer is known to stamp. */
static const struct {
	const char *says;
	uint32_t size;
	size_t before;
	size_t after;
} stamped_sizes[] = {
	{"no room for a stamp: no hello", 32, 32, 32},
	{"just room for it", 48, HELLO_SIZE + 48, 48},
	{"padding", 96, HELLO_SIZE + 96, 96},
};

START_TEST(a_size_holds_with_stamps_too)
{
	struct fixture fixture;
	struct target_options options = script_options(PROBE_KIND_ECHO);
	options.stamps = true;
	options.size = stamped_sizes[_i].size;
	set_up_with(&fixture, &options);
	unsigned char bytes[256];
	const char *says = stamped_sizes[_i].says;
	probe(&fixture);
	size_t length = take_frames(bytes, sizeof(bytes));
	ck_assert_msg(length == stamped_sizes[_i].before, "%s: %zu", says, length);
	if (hello_is_one(bytes))
		hello_accept(bytes);
	reply(bytes, length);
	script_run(&fixture.context);
	ck_assert_msg(script_values(fixture.target).received == 1, "%s", says);
	probe(&fixture);
	length = take_frames(bytes, sizeof(bytes));
	ck_assert_msg(length == stamped_sizes[_i].after, "%s: %zu", says, length);
	reply(bytes, length);
	script_run(&fixture.context);
	ck_assert_msg(script_values(fixture.target).received == 2, "%s", says);
	tear_down(&fixture);
}
END_TEST

static void set_up_timed(struct fixture *fixture)
{
	struct target_options options = script_options(PROBE_KIND_ECHO);
	options.tx_stamps = 3;
	set_up_with(fixture, &options);
	/* That is asked when a connection begins. */
	link_lose(&fixture->target->link, DISCONNECT_RESET, script.now_ns);
	script.has_departures = true;
	script_go_to(&fixture->context, fixture->target->link.alarm.due_ns);
	script_run(&fixture->context);
	ck_assert_int_eq(fixture->target->link.state, LINK_CONNECTED);
}

/* Of the probes one in three. Returns how many delays are known. */
static uint64_t time_probes(struct fixture *fixture, unsigned count, int64_t delay_ns)
{
	unsigned char bytes[FRAME_SIZE];
	for (unsigned i = 0; i < count; i++) {
		unsigned timed = script.timed;
		int64_t departure_ns = script.now_ns;
		probe(fixture);
		if (script.timed > timed)
			script.departed_ns[script.departures++] = departure_ns + delay_ns;
		take_frames(bytes, sizeof(bytes));
		script.now_ns += 2 * MS;
		reply(bytes, sizeof(bytes));
		script_run(&fixture->context);
		script_go_to(&fixture->context, script.now_ns + INTERVAL_NS);
	}
	struct histogram delays = {0};
	live_histogram_add_to(&fixture->context.tx_delay, &delays);
	ck_assert(delays.sum_ns == histogram_count(&delays) * (uint64_t)delay_ns);
	return histogram_count(&delays);
}

START_TEST(some_probes_are_timed_on_their_way_out)
{
	struct fixture fixture;
	set_up_timed(&fixture);
	ck_assert_uint_eq(time_probes(&fixture, 9, 15 * US), 3);
	ck_assert_uint_eq(script.timed, 3);
	ck_assert_uint_eq(script_values(fixture.target).received, 9);
	tear_down(&fixture);
}
END_TEST

START_TEST(a_departure_before_the_clock_was_read_is_none)
{
	struct fixture fixture;
	set_up_timed(&fixture);
	ck_assert_uint_eq(time_probes(&fixture, 9, -1), 0);
	tear_down(&fixture);
}
END_TEST

/* The first that can be its own is: a segment that is sent again has another. */
START_TEST(a_segment_that_is_sent_again_left_when_it_left_first)
{
	struct fixture fixture;
	set_up_timed(&fixture);
	script.timed = 0;
	while (script.timed == 0) {
		script.now_ns += INTERVAL_NS;
		script.departed_ns[0] = script.now_ns + 3 * MS;
		script.departed_ns[1] = script.now_ns + 20 * US;
		script.departed_ns[2] = script.now_ns - 5 * MS;
		probe(&fixture);
	}
	unsigned char bytes[3 * FRAME_SIZE];
	size_t length = take_frames(bytes, sizeof(bytes));
	script.departures = 3;
	script.now_ns += 4 * MS;
	reply(bytes, length);
	script_run(&fixture.context);
	struct histogram delays = {0};
	live_histogram_add_to(&fixture.context.tx_delay, &delays);
	ck_assert_uint_eq(histogram_count(&delays), 1);
	ck_assert(delays.sum_ns == (uint64_t)(20 * US));
	tear_down(&fixture);
}
END_TEST

START_TEST(a_hello_that_is_answered_without_end_is_no_echo)
{
	struct fixture fixture;
	unsigned char first[FRAME_SIZE];
	set_up_stamped(&fixture);
	uint64_t nonce = greet(&fixture, first);
	for (int i = 0; i < 3; i++)
		answer_hello(&fixture, nonce, false);
	ck_assert_int_eq(fixture.target->link.state, LINK_CONNECTED);
	answer_hello(&fixture, nonce, false);
	ck_assert_uint_eq(script_values(fixture.target).disconnects[DISCONNECT_INVALID], 1);
	tear_down(&fixture);
}
END_TEST

START_TEST(replies_to_an_old_connection_are_not_accepted)
{
	struct fixture fixture;
	set_up(&fixture);
	probe(&fixture);
	unsigned char bytes[FRAME_SIZE];
	take_frames(bytes, sizeof(bytes));
	link_lose(&fixture.target->link, DISCONNECT_RESET, script.now_ns);
	script_go_to(&fixture.context, fixture.target->link.alarm.due_ns);
	script_run(&fixture.context);
	ck_assert_int_eq(fixture.target->link.state, LINK_CONNECTED);
	probe(&fixture);
	/* Numbers rise over connections. */
	unsigned char second[FRAME_SIZE];
	take_frames(second, sizeof(second));
	struct frame frame;
	frame_decode(FRAME_FORMAT_PLAIN, second, &frame);
	ck_assert_uint_eq(frame.seq, 2);
	reply(bytes, sizeof(bytes));
	script_run(&fixture.context);
	ck_assert_uint_eq(script_values(fixture.target).disconnects[DISCONNECT_INVALID], 1);
	tear_down(&fixture);
}
END_TEST

START_TEST(the_end_of_the_stream_is_read_along_with_the_last_replies)
{
	struct fixture fixture;
	set_up(&fixture);
	probe(&fixture);
	unsigned char bytes[FRAME_SIZE];
	take_frames(bytes, sizeof(bytes));
	reply(bytes, sizeof(bytes));
	shutdown(script.far_fd, SHUT_RDWR);
	script_run(&fixture.context);
	struct target_values values = script_values(fixture.target);
	ck_assert_uint_eq(values.received, 1);
	ck_assert_uint_eq(values.disconnects[DISCONNECT_CLOSED], 1);
	tear_down(&fixture);
}
END_TEST

START_TEST(a_send_to_a_peer_that_is_gone_loses_the_connection)
{
	struct fixture fixture;
	set_up(&fixture);
	shutdown(script.far_fd, SHUT_RDWR);
	probe(&fixture);
	struct target_values values = script_values(fixture.target);
	ck_assert_uint_eq(values.disconnects[DISCONNECT_RESET], 1);
	ck_assert_uint_eq(values.unsent, 1);
	ck_assert_uint_eq(values.sent, 1);
	tear_down(&fixture);
}
END_TEST

/* Fills the connection; returns how many bytes that took. */
static size_t fill_connection(int fd)
{
	unsigned char zeros[FRAME_SIZE] = {0};
	size_t filled = 0;
	ssize_t sent;
	while ((sent = send(fd, zeros, sizeof(zeros), MSG_DONTWAIT)) > 0)
		filled += (size_t)sent;
	return filled;
}

START_TEST(what_a_full_connection_does_not_take_is_unsent)
{
	struct fixture fixture;
	set_up(&fixture);
	int fd = (int)fixture.target->link.connection->fd;
	size_t filled = fill_connection(fd);
	probe_often(&fixture, 2);
	struct target_values values = script_values(fixture.target);
	ck_assert_uint_eq(values.unsent, 2);
	ck_assert_uint_eq(values.connects, 1);
	ck_assert_int_eq(fixture.target->link.state, LINK_CONNECTED);
	/* As soon as the peer reads there is room again. */
	unsigned char bytes[4096];
	while (filled > 0)
		filled -= take_frames(bytes, filled < sizeof(bytes) ? filled : sizeof(bytes));
	probe(&fixture);
	ck_assert_uint_eq(take_frames(bytes, sizeof(bytes)), FRAME_SIZE);
	struct frame frame;
	frame_decode(FRAME_FORMAT_PLAIN, bytes, &frame);
	ck_assert_uint_eq(frame.seq, 1);
	ck_assert_uint_eq(script_values(fixture.target).unsent, 2);
	tear_down(&fixture);
}
END_TEST

START_TEST(the_rest_of_a_frame_goes_first)
{
	struct fixture fixture;
	set_up(&fixture);
	probe(&fixture);
	unsigned char bytes[2 * FRAME_SIZE];
	ck_assert_uint_eq(take_frames(bytes, sizeof(bytes)), FRAME_SIZE);
	/* As if the kernel had taken only 5 bytes of it. */
	struct connection *connection = fixture.target->link.connection;
	connection->rest = FRAME_SIZE - 5;
	script.now_ns += INTERVAL_NS;
	probe(&fixture);
	ck_assert_uint_eq(take_frames(bytes + 5, sizeof(bytes) - 5), FRAME_SIZE - 5 + FRAME_SIZE);
	reply(bytes, sizeof(bytes));
	script_run(&fixture.context);
	ck_assert_uint_eq(script_values(fixture.target).received, 2);
	/* The rest of a frame does not outlive its connection. */
	connection->rest = 3;
	link_lose(&fixture.target->link, DISCONNECT_RESET, script.now_ns);
	script_go_to(&fixture.context, fixture.target->link.alarm.due_ns);
	script_run(&fixture.context);
	probe(&fixture);
	ck_assert_uint_eq(take_frames(bytes, sizeof(bytes)), FRAME_SIZE);
	tear_down(&fixture);
}
END_TEST

START_TEST(a_full_ring_settles_before_it_refuses)
{
	struct fixture fixture;
	set_up(&fixture);
	/* All at the same moment, so nothing is overdue. */
	for (unsigned i = 0; i < RECORDS; i++)
		probe(&fixture);
	ck_assert_uint_eq(script_values(fixture.target).unsent, 0);
	probe(&fixture);
	ck_assert_uint_eq(script_values(fixture.target).unsent, 1);
	ck_assert_int_eq(fixture.target->link.state, LINK_CONNECTED);
	/* By now there has been no reply for so long that the connection is stalled. */
	script.now_ns += TIMEOUT_NS + TARGET_GRACE_NS;
	probe(&fixture);
	struct target_values values = script_values(fixture.target);
	ck_assert_uint_eq(values.disconnects[DISCONNECT_STALLED], 1);
	ck_assert_uint_eq(values.unsent, 2);
	tear_down(&fixture);
}
END_TEST

/* Three probes, an interval apart, are answered in one reading. */
static const struct {
	const char *says;
	bool is_waiting;
	bool is_held_up;
	int64_t stamped_ns; /* After the last departure. */
	int64_t read_ns;
	int64_t sum_ns; /* Of the three RTTs. */
} readings[] = {
	{"the prober slept: they kept their distance", false, false, 2 * MS, 5 * MS, 6 * MS},
	{"it was waiting: they came together", true, false, 2 * MS, 3 * MS,
		2 * MS + 102 * MS + 202 * MS},
	{"held up: they could not be read any sooner", false, true, 2 * MS, 5 * MS,
		5 * MS + 105 * MS + 205 * MS},
};

START_TEST(several_replies_of_one_reading_each_have_an_arrival)
{
	struct fixture fixture;
	set_up(&fixture);
	unsigned char bytes[3 * FRAME_SIZE];
	/* A single reply shows how fast one can be. */
	probe(&fixture);
	take_frames(bytes, FRAME_SIZE);
	reply(bytes, FRAME_SIZE);
	script.stamped_ns = script.now_ns + 2 * MS;
	script.now_ns += 2 * MS;
	script_run(&fixture.context);
	uint64_t before_ns = script_values(fixture.target).rtt.sum_ns;
	ck_assert_uint_eq(before_ns, 2 * MS);
	script.now_ns += INTERVAL_NS;
	probe_often(&fixture, 3);
	ck_assert_uint_eq(take_frames(bytes, sizeof(bytes)), sizeof(bytes));
	reply(bytes, sizeof(bytes));
	script.stamped_ns = script.now_ns + readings[_i].stamped_ns;
	script.now_ns += readings[_i].read_ns;
	script.has_facts = true;
	script.facts.out_of_order = readings[_i].is_held_up ? 1 : 0;
	fixture.context.turn.is_waiting = readings[_i].is_waiting;
	script_run(&fixture.context);
	struct target_values values = script_values(fixture.target);
	ck_assert_uint_eq(values.received, 4);
	ck_assert_msg(values.rtt.sum_ns - before_ns == (uint64_t)readings[_i].sum_ns, "%s: %lld",
		readings[_i].says, (long long)(values.rtt.sum_ns - before_ns));
	tear_down(&fixture);
}
END_TEST

START_TEST(only_new_segments_out_of_order_hold_replies_up)
{
	struct fixture fixture;
	set_up(&fixture);
	script.has_facts = true;
	script.facts.out_of_order = 1;
	unsigned char bytes[2 * FRAME_SIZE];
	/* A reply that comes alone was not behind another. */
	probe(&fixture);
	take_frames(bytes, sizeof(bytes));
	reply(bytes, FRAME_SIZE);
	script.stamped_ns = script.now_ns + MS;
	script.now_ns += 5 * MS;
	script_run(&fixture.context);
	ck_assert_uint_eq(script_values(fixture.target).rtt.sum_ns, MS);
	/* Then two pairs: the first pair was held up, the second was not. */
	for (int i = 0; i < 2; i++) {
		script.now_ns += INTERVAL_NS;
		probe_often(&fixture, 2);
		take_frames(bytes, sizeof(bytes));
		reply(bytes, sizeof(bytes));
		script.stamped_ns = script.now_ns + MS;
		script.now_ns += 5 * MS;
		script_run(&fixture.context);
		int64_t rtts_ns = MS + 5 * MS + 105 * MS + (i == 0 ? 0 : 2 * MS);
		ck_assert_uint_eq(script_values(fixture.target).rtt.sum_ns, (uint64_t)rtts_ns);
	}
	tear_down(&fixture);
}
END_TEST

START_TEST(half_a_reply_does_not_outlive_its_connection)
{
	struct fixture fixture;
	set_up(&fixture);
	unsigned char bytes[FRAME_SIZE];
	probe(&fixture);
	take_frames(bytes, sizeof(bytes));
	reply(bytes, 5);
	script_run(&fixture.context);
	link_lose(&fixture.target->link, DISCONNECT_RESET, script.now_ns);
	script_go_to(&fixture.context, fixture.target->link.alarm.due_ns);
	script_run(&fixture.context);
	probe(&fixture);
	take_frames(bytes, sizeof(bytes));
	reply(bytes, sizeof(bytes));
	script_run(&fixture.context);
	ck_assert_uint_eq(script_values(fixture.target).received, 1);
	tear_down(&fixture);
}
END_TEST

START_TEST(a_step_of_the_wall_clock_since_the_last_turn_is_seen_before_the_reading)
{
	struct fixture fixture;
	set_up(&fixture);
	unsigned char bytes[FRAME_SIZE];
	probe(&fixture);
	int64_t departure_ns = script.now_ns;
	take_frames(bytes, sizeof(bytes));
	reply(bytes, sizeof(bytes));
	/* What is known of the clock is outdated: the stamp means nothing until it is read again. */
	fixture.context.turn.is_clock_fresh = false;
	fixture.context.turn.clock = (struct arrival_clock){0};
	script.tick_ns = 10;
	script.stamped_ns = departure_ns + 25;
	event_base_loop(fixture.context.base, EVLOOP_NONBLOCK);
	ck_assert(fixture.context.turn.is_clock_fresh);
	/* A reading is exact to half the time that it takes. Read later, it would have been 20. */
	ck_assert_int_eq(script_values(fixture.target).last_rtt_ns, 30);
	tear_down(&fixture);
}
END_TEST

START_TEST(more_replies_than_one_reading_holds_are_all_read)
{
	struct fixture fixture;
	struct target_options options = script_options(PROBE_KIND_ECHO);
	options.interval_ns = MS;
	script_begin(&fixture.context);
	fixture.target = script_target(&fixture.context, "192.0.2.97:4000", &options);
	script_go_to(&fixture.context, script.now_ns);
	script_run(&fixture.context);
	unsigned count = PROBE_READ_SIZE / FRAME_SIZE + 3;
	unsigned char bytes[PROBE_READ_SIZE + 3 * FRAME_SIZE];
	for (unsigned i = 0; i < count; i++) {
		probe(&fixture);
		script.now_ns += MS;
	}
	for (size_t got = 0; got < sizeof(bytes);)
		got += take_frames(bytes + got, sizeof(bytes) - got);
	reply(bytes, sizeof(bytes));
	script_run(&fixture.context);
	ck_assert_uint_eq(script_values(fixture.target).received, count);
	tear_down(&fixture);
}
END_TEST

START_TEST(lateness_against_the_slot_is_counted)
{
	struct fixture fixture;
	set_up(&fixture);
	link_use_slot(&fixture.target->link, script.now_ns - 7 * MS, script.now_ns);
	struct histogram lag = {0};
	live_histogram_add_to(&fixture.context.lag, &lag);
	ck_assert_uint_eq(histogram_count(&lag), 1);
	ck_assert_uint_eq(lag.sum_ns, 7 * MS);
	tear_down(&fixture);
}
END_TEST

START_TEST(the_kernel_is_asked_about_the_connection_once_per_second)
{
	struct fixture fixture;
	set_up(&fixture);
	script.has_facts = true;
	script.facts = (struct tcp_facts){.retransmits = 1, .rtt_ns = MS, .min_rtt_ns = US};
	probe(&fixture);
	ck_assert_uint_eq(script_values(fixture.target).tcp_retransmits, 1);
	script.facts.retransmits = 2;
	script.now_ns += S - 1;
	probe(&fixture);
	ck_assert_uint_eq(script_values(fixture.target).tcp_retransmits, 1);
	script.now_ns += 1;
	probe(&fixture);
	ck_assert_uint_eq(script_values(fixture.target).tcp_retransmits, 2);
	tear_down(&fixture);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("echo_probe");
	tcase_add_test(tcase, a_frame_has_number_and_wall_time);
	tcase_add_test(tcase, an_alarm_for_what_was_answered_is_put_off);
	tcase_add_loop_test(tcase, a_reply_is_in_time_or_late_by_its_arrival, 0, ROWS(replies));
	tcase_add_test(tcase, settling_reads_before_it_counts_anything_as_lost);
	tcase_add_test(tcase, a_probe_without_reply_times_out_and_may_still_be_late);
	tcase_add_test(tcase, an_estimated_timeout_follows_the_replies);
	tcase_add_test(tcase, a_fixed_timeout_is_not_estimated);
	tcase_add_test(tcase, without_any_reply_the_connection_is_stalled);
	tcase_add_loop_test(
		tcase, a_connection_is_stalled_if_nothing_at_all_comes_back, 0, ROWS(swallowings));
	tcase_add_test(tcase, pieces_of_a_reply_that_never_is_whole_are_no_sign_of_life);
	tcase_add_test(tcase, an_idle_connection_is_healthy);
	tcase_add_loop_test(tcase, a_move_takes_over_without_a_lost_probe, 0, ROWS(moves));
	tcase_add_loop_test(tcase, replies_may_come_in_pieces, 0, ROWS(pieces));
	tcase_add_loop_test(tcase, what_is_not_an_echo_ends_the_connection, 0, ROWS(garbage));
	tcase_add_test(tcase, after_two_connections_without_a_byte_the_next_has_the_other_frames);
	tcase_add_test(tcase, a_large_probe_is_answered_when_its_last_byte_is_back);
	tcase_add_test(tcase, more_padding_than_was_sent_is_no_echo);
	tcase_add_test(tcase, a_connection_that_carried_no_frame_was_refused_none);
	tcase_add_test(tcase, replies_to_an_old_connection_are_not_accepted);
	tcase_add_test(tcase, the_end_of_the_stream_is_read_along_with_the_last_replies);
	tcase_add_test(tcase, a_send_to_a_peer_that_is_gone_loses_the_connection);
	tcase_add_test(tcase, what_a_full_connection_does_not_take_is_unsent);
	tcase_add_test(tcase, the_rest_of_a_frame_goes_first);
	tcase_add_test(tcase, a_full_ring_settles_before_it_refuses);
	tcase_add_loop_test(
		tcase, several_replies_of_one_reading_each_have_an_arrival, 0, ROWS(readings));
	tcase_add_test(tcase, only_new_segments_out_of_order_hold_replies_up);
	tcase_add_test(tcase, half_a_reply_does_not_outlive_its_connection);
	tcase_add_test(
		tcase, a_step_of_the_wall_clock_since_the_last_turn_is_seen_before_the_reading);
	tcase_add_test(tcase, more_replies_than_one_reading_holds_are_all_read);
	tcase_add_test(tcase, a_plain_server_is_measured_as_ever);
	tcase_add_test(tcase, each_connection_has_its_own_hello);
	tcase_add_test(tcase, stamps_are_counted);
	tcase_add_test(tcase, without_synchronised_clocks_there_is_no_one_way);
	tcase_add_loop_test(tcase, no_lie_changes_a_round_trip, 0, ROWS(lies));
	tcase_add_test(tcase, a_counter_that_falls_counts_nothing);
	tcase_add_test(tcase, a_late_reply_has_no_stamp_that_counts);
	tcase_add_loop_test(tcase, a_size_holds_with_stamps_too, 0, ROWS(stamped_sizes));
	tcase_add_test(tcase, some_probes_are_timed_on_their_way_out);
	tcase_add_test(tcase, a_departure_before_the_clock_was_read_is_none);
	tcase_add_test(tcase, a_segment_that_is_sent_again_left_when_it_left_first);
	tcase_add_test(tcase, a_hello_that_is_answered_without_end_is_no_echo);
	tcase_add_test(tcase, lateness_against_the_slot_is_counted);
	tcase_add_test(tcase, the_kernel_is_asked_about_the_connection_once_per_second);
	return unit_run("probe/echo_probe", tcase);
}
