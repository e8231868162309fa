/* SPDX-License-Identifier: MIT */
/* A prober's thread in a simulated world, where a minute takes only as long as its work does. */
#include "probe/prober.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "../unit.h"
#include "base/clock.h"
#include "base/heartbeat.h"
#include "echo/frame.h"
#include "net/timestamps.h"
#include "probe/schedule.h"
#include "scripted.h"

#define S NS_PER_S
#define MS NS_PER_MS
#define US NS_PER_US
/* Enough for the next slot never to be further away than the prober sleeps without events. */
#define TARGETS 20
#define STAYING 16
#define INTERVAL_NS (100 * MS)
#define RTT_NS (50 * US)

/* What happens while the prober sleeps. Only its thread touches this while it runs. */
static struct {
	int64_t end_ns;	   /* Time stops here. */
	int64_t asleep_ns; /* When it oversleeps, by a second; 0: never. */
	bool is_deaf;	   /* No peer replies. */
	unsigned frames;   /* Of this sleep. */
	unsigned most;	   /* Frames of one sleep. */
} world;

static atomic_bool has_begun;
static atomic_bool is_over;

static const struct log silent = {0};

/* One peer echoes all that it got. */
static void echo(int far_fd)
{
	unsigned char bytes[4096];
	ssize_t length;
	while ((length = recv(far_fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
		world.frames += (unsigned)length / FRAME_SIZE;
		if (!world.is_deaf)
			ck_assert_int_eq(send(far_fd, bytes, (size_t)length, MSG_NOSIGNAL), length);
	}
}

static void pause(void)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	nanosleep(&pause, NULL);
}

/* Time passes only between begin and end of the world, however long the test's own thread waits. */
static bool live(int64_t until_ns)
{
	if (!atomic_load(&has_begun) || until_ns >= world.end_ns) {
		atomic_store(&is_over, atomic_load(&has_begun));
		pause();
		return false;
	}
	world.frames = 0;
	script_each_peer(echo);
	script.stamped_ns = script.now_ns + RTT_NS;
	if (world.frames > world.most)
		world.most = world.frames;
	if (world.asleep_ns != 0 && script.now_ns >= world.asleep_ns) {
		world.asleep_ns = 0;
		script.now_ns += S;
	}
	return true;
}

/* Starts the world, and waits for its end. */
static void live_through(void)
{
	atomic_store(&has_begun, true);
	while (!atomic_load(&is_over))
		pause();
}

struct fixture {
	struct probe_context unused; /* The prober has its own. */
	struct prober *prober;
	struct probed_target *targets[TARGETS];
};

static void make_world(struct fixture *fixture, int64_t lasts_ns)
{
	script_begin(&fixture->unused);
	script.on_sleep = live;
	memset(&world, 0, sizeof(world));
	world.end_ns = SCRIPT_START_NS + lasts_ns;
	atomic_store(&has_begun, false);
	atomic_store(&is_over, false);
}

/* Its thread has the script from now on. */
static void start(struct fixture *fixture)
{
	ck_assert_int_eq(
		prober_start(SCRIPT_START_NS, 0, NULL, &silent, NULL, &fixture->prober), 0);
}

static void set_up(struct fixture *fixture, int64_t lasts_ns)
{
	const struct target_options options = script_options(PROBE_KIND_ECHO);
	make_world(fixture, lasts_ns);
	start(fixture);
	for (unsigned i = 0; i < TARGETS; i++) {
		struct endpoint endpoint = {.port = 4000};
		snprintf(endpoint.host, sizeof(endpoint.host), "192.0.2.%u", i + 1);
		ck_assert_int_eq(
			probed_target_new("server1", &endpoint, &options, &fixture->targets[i]), 0);
	}
}

static void add_all(struct fixture *fixture)
{
	for (unsigned i = 0; i < TARGETS; i++)
		prober_add(fixture->prober, fixture->targets[i]);
}

static void tear_down(struct fixture *fixture)
{
	prober_stop(fixture->prober);
	script_end(&fixture->unused);
}

START_TEST(each_slot_is_used_on_time)
{
	struct fixture fixture;
	set_up(&fixture, 60 * S);
	add_all(&fixture);
	live_through();
	struct histogram lag = {0};
	live_histogram_add_to(prober_lag(fixture.prober), &lag);
	uint64_t sent = 0;
	for (unsigned i = 0; i < TARGETS; i++) {
		struct target_values values = script_values(fixture.targets[i]);
		/* The first slot may come before the first connection. */
		ck_assert_uint_ge(values.sent, 598);
		ck_assert_uint_le(values.sent, 600);
		ck_assert_uint_ge(values.received + 1, values.sent);
		ck_assert_uint_eq(values.timeouts, 0);
		ck_assert_uint_eq(values.missed_slots, 0);
		ck_assert_int_eq(values.last_rtt_ns, RTT_NS);
		sent += values.sent;
	}
	ck_assert_uint_eq(histogram_count(&lag), sent);
	/* Phases are spread, 3.1 ms apart or twice that: so much is the lateness, and two may share a wake-up. */
	ck_assert_uint_eq(world.most, 2);
	ck_assert_uint_le(lag.sum_ns, sent * (uint64_t)schedule_lateness_ns(INTERVAL_NS) / 2);
	tear_down(&fixture);
}
END_TEST

START_TEST(oversleeping_misses_slots_and_counts_nothing_as_lost)
{
	struct fixture fixture;
	set_up(&fixture, 10 * S);
	world.asleep_ns = SCRIPT_START_NS + 5 * S;
	add_all(&fixture);
	live_through();
	for (unsigned i = 0; i < TARGETS; i++) {
		struct target_values values = script_values(fixture.targets[i]);
		ck_assert_uint_ge(values.missed_slots, 8);
		ck_assert_uint_le(values.missed_slots, 10);
		/* Replies that arrived long ago are read before anything is counted as lost. */
		ck_assert_uint_eq(values.timeouts, 0);
		ck_assert_uint_ge(values.sent + values.missed_slots, 98);
		ck_assert_uint_eq(values.connects, 1);
	}
	tear_down(&fixture);
}
END_TEST

START_TEST(mute_peers_lose_what_was_sent_and_no_more)
{
	struct fixture fixture;
	set_up(&fixture, 30 * S);
	world.is_deaf = true;
	add_all(&fixture);
	live_through();
	for (unsigned i = 0; i < TARGETS; i++) {
		struct target_values values = script_values(fixture.targets[i]);
		ck_assert_uint_ge(values.sent, 298);
		ck_assert_uint_eq(values.received, 0);
		ck_assert_uint_gt(values.unsent, 0);
		/* But for the last one, which may still be there. */
		ck_assert_uint_ge(values.disconnects[DISCONNECT_STALLED], values.connects - 1);
		ck_assert_uint_le(values.disconnects[DISCONNECT_STALLED], values.connects);
		ck_assert(!values.connected);
		/* What is in flight is younger than the timeout, which holds three intervals. */
		ck_assert_uint_le(target_values_in_flight(&values), 4);
	}
	tear_down(&fixture);
}
END_TEST

START_TEST(targets_may_come_and_go_within_a_turn)
{
	struct fixture fixture;
	set_up(&fixture, 2 * S);
	for (unsigned i = 0; i < TARGETS; i++) {
		prober_add(fixture.prober, fixture.targets[i]);
		if (i >= STAYING)
			prober_remove(fixture.prober, fixture.targets[i]);
	}
	live_through();
	for (unsigned i = 0; i < TARGETS; i++)
		if (i < STAYING)
			ck_assert_uint_ge(script_values(fixture.targets[i]).received, 17);
	for (unsigned i = 0; i < TARGETS; i++)
		if (i < STAYING)
			prober_remove(fixture.prober, fixture.targets[i]);
	tear_down(&fixture);
}
END_TEST

/* More than come in a turn, or go. */
#define MANY 300

START_TEST(many_come_and_go_over_several_turns)
{
	const struct target_options options = script_options(PROBE_KIND_ECHO);
	struct probed_target *many[MANY];
	struct endpoint endpoint = {.host = "192.0.2.1", .port = 4000};
	struct fixture fixture;
	set_up(&fixture, 2 * S);
	add_all(&fixture);
	for (unsigned i = 0; i < MANY; i++) {
		ck_assert_int_eq(probed_target_new("many", &endpoint, &options, &many[i]), 0);
		prober_add(fixture.prober, many[i]);
	}
	/* Most are gone before they were there. */
	for (unsigned i = 0; i < MANY - 1; i++)
		prober_remove(fixture.prober, many[i]);
	live_through();
	for (unsigned i = 0; i < TARGETS; i++)
		ck_assert_uint_ge(script_values(fixture.targets[i]).received, 17);
	ck_assert_uint_ge(script_values(many[MANY - 1]).received, 16);
	/* Of these some never come: the end is near. */
	for (unsigned i = 0; i < MANY; i++) {
		ck_assert_int_eq(probed_target_new("many", &endpoint, &options, &many[i]), 0);
		prober_add(fixture.prober, many[i]);
	}
	tear_down(&fixture);
}
END_TEST

/* So many that each turn has a slot of each: without a socket, none of them is sent. */
#define CROWD 2000

START_TEST(the_busier_a_turn_is_the_more_come)
{
	const struct target_options options = script_options(PROBE_KIND_ECHO);
	static struct probed_target *crowd[CROWD];
	struct endpoint endpoint = {.host = "192.0.2.1", .port = 4000};
	struct fixture fixture;
	make_world(&fixture, 3600 * S);
	script.open_error = -EMFILE;
	script.tick_ns = INTERVAL_NS;
	start(&fixture);
	for (unsigned i = 0; i < CROWD; i++) {
		ck_assert_int_eq(probed_target_new("crowd", &endpoint, &options, &crowd[i]), 0);
		prober_add(fixture.prober, crowd[i]);
	}
	/* Some came meanwhile. */
	unsigned first = 0;
	while (first < CROWD - 1 && script_values(crowd[first]).unsent > 0)
		first++;
	while (script_values(crowd[CROWD - 1]).unsent == 0)
		pause();
	/* In each turn since it came, each target uses one slot. Turns go on between the two readings. */
	int64_t turns_of_first = (int64_t)script_values(crowd[first]).unsent;
	int64_t turns_of_last = (int64_t)script_values(crowd[CROWD - 1]).unsent;
	ck_assert_int_le(turns_of_first - turns_of_last, 1 + (CROWD - first) / 32 * 3 / 4);
	tear_down(&fixture);
}
END_TEST

START_TEST(reports_that_it_is_alive_after_every_turn)
{
	struct fixture fixture;
	set_up(&fixture, S);
	/* Each question's time is later than the one before has patience for, and no rest lasts until then. */
	int64_t asked_ns = SCRIPT_START_NS + 3600 * NS_PER_S;
	ck_assert(prober_is_alive(fixture.prober, asked_ns));
	for (int answers = 0, i = 0; answers < 3; i++) {
		ck_assert_msg(i < 10000, "%d of 3 answers", answers);
		pause();
		asked_ns += 2 * HEARTBEAT_PATIENCE_NS;
		answers += prober_is_alive(fixture.prober, asked_ns);
	}
	for (unsigned i = 0; i < TARGETS; i++)
		probed_target_free(fixture.targets[i]);
	tear_down(&fixture);
}
END_TEST

START_TEST(stopping_nothing_is_fine)
{
	prober_stop(NULL);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("prober");
#ifdef TIMESTAMPS_EXIST
	/* Without timestamps it waits for events only, and those happen in real time. */
	tcase_add_test(tcase, each_slot_is_used_on_time);
	tcase_add_test(tcase, oversleeping_misses_slots_and_counts_nothing_as_lost);
	tcase_add_test(tcase, mute_peers_lose_what_was_sent_and_no_more);
	tcase_add_test(tcase, targets_may_come_and_go_within_a_turn);
	tcase_add_test(tcase, many_come_and_go_over_several_turns);
#endif
	tcase_add_test(tcase, the_busier_a_turn_is_the_more_come);
	tcase_add_test(tcase, reports_that_it_is_alive_after_every_turn);
	tcase_add_test(tcase, stopping_nothing_is_fine);
	return unit_run("probe/prober", tcase);
}
