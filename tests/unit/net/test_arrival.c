/* SPDX-License-Identifier: MIT */
#include "net/arrival.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../random.h"
#include "../unit.h"
#include "base/clock.h"

#define US NS_PER_US
#define S NS_PER_S
/* How far real time runs ahead in these tests, but for its steps. */
#define AHEAD_NS INT64_C(1700000000000000000)

#define READINGS_MAX 4

struct reading {
	int64_t at_ns;	   /* When the real-time clock was read, on the monotonic one. */
	int64_t step_ns;   /* How far it had been set forward until then. */
	int64_t before_ns; /* How long before that the monotonic clock was read, */
	int64_t after_ns;  /* and how long after. */
};

static const struct {
	const char *says;
	struct reading readings[READINGS_MAX];
	bool is_stepped;   /* With the last reading an epoch began. */
	int64_t offset_ns; /* Besides AHEAD_NS. */
	int64_t within_ns;
} clocks[] = {
	{"one reading alone", {{1 * S, 0, 50, 50}}, false, 0, 0},
	{"two that agree", {{1 * S, 0, 50, 50}, {2 * S, 0, 50, 50}}, false, 0, 0},
	{"two that agree, read at once", {{1 * S, 0, 0, 0}, {1 * S, 0, 0, 0}}, false, 0, 0},
	{"two that agree, a day apart", {{1 * S, 0, 50, 50}, {86400 * S, 0, 50, 50}}, false, 0, 0},
	{"a little off the middle is no step", {{1 * S, 0, 50, 50}, {2 * S, 0, 0, 100}}, false, 0,
		50},
	{"a step forward of a second", {{1 * S, 0, 50, 50}, {2 * S, 0, 50, 50}, {3 * S, S, 50, 50}},
		true, S, 0},
	{"a step back of a second", {{1 * S, 0, 50, 50}, {2 * S, 0, 50, 50}, {3 * S, -S, 50, 50}},
		true, -S, 0},
	{"a step back of decades",
		{{1 * S, 0, 50, 50}, {2 * S, 0, 50, 50}, {3 * S, -AHEAD_NS, 50, 50}}, true,
		-AHEAD_NS, 0},
	{"a step of 15 us is followed, and is none",
		{{1 * S, 0, 50, 50}, {2 * S, 0, 50, 50}, {3 * S, 15 * US, 50, 50}}, false, 15 * US,
		0},
	{"and another, since it counts from the last reading",
		{{1 * S, 0, 50, 50}, {2 * S, 15 * US, 50, 50}, {3 * S, 30 * US, 50, 50}}, false,
		30 * US, 0},
	{"a step forward of 25 us",
		{{1 * S, 0, 50, 50}, {2 * S, 0, 50, 50}, {3 * S, 25 * US, 50, 50}}, true, 25 * US,
		0},
	{"a step back of 25 us",
		{{1 * S, 0, 50, 50}, {2 * S, 0, 50, 50}, {3 * S, -25 * US, 50, 50}}, true, -25 * US,
		0},
	{"a step between the first two readings", {{1 * S, 0, 50, 50}, {2 * S, S, 50, 50}}, true, S,
		0},
	{"the reading after a step agrees with it",
		{{1 * S, 0, 50, 50}, {2 * S, 0, 50, 50}, {3 * S, S, 50, 50}, {4 * S, S, 50, 50}},
		false, S, 0},
	{"a second step in a row", {{1 * S, 0, 50, 50}, {2 * S, S, 50, 50}, {3 * S, 3 * S, 50, 50}},
		true, 3 * S, 0},
	{"a step that is taken back",
		{{1 * S, 0, 50, 50}, {2 * S, 0, 50, 50}, {3 * S, S, 50, 50}, {4 * S, 0, 50, 50}},
		true, 0, 0},
	{"interrupted before the real-time clock was read, the old offset stays",
		{{1 * S, 0, 50, 50}, {2 * S, 0, 50, 50}, {3 * S, 0, 10000 * US, 50}}, false, 0, 0},
	{"interrupted after it, too",
		{{1 * S, 0, 50, 50}, {2 * S, 0, 50, 50}, {3 * S, 0, 50, 10000 * US}}, false, 0, 0},
	{"a step of 25 us hides in so wide a reading",
		{{1 * S, 0, 50, 50}, {2 * S, 0, 50, 50}, {3 * S, 25 * US, 5000 * US, 5000 * US}},
		false, 0, 0},
	{"and comes out with the next narrow one",
		{{1 * S, 0, 50, 50}, {2 * S, 0, 50, 50}, {3 * S, 25 * US, 5000 * US, 5000 * US},
			{4 * S, 25 * US, 50, 50}},
		true, 25 * US, 0},
	{"a step of a second does not",
		{{1 * S, 0, 50, 50}, {2 * S, 0, 50, 50}, {3 * S, S, 5000 * US, 5000 * US}}, true, S,
		0},
	{"the very first interrupted: the second corrects it",
		{{1 * S, 0, 10000 * US, 0}, {2 * S, 0, 50, 50}}, true, 0, 0},
	{"and the third agrees",
		{{1 * S, 0, 10000 * US, 0}, {2 * S, 0, 50, 50}, {3 * S, 0, 50, 50}}, false, 0, 0},
};

static struct arrival_clock play(const struct reading *readings)
{
	struct arrival_clock clock = {0};
	for (int i = 0; i < READINGS_MAX && readings[i].at_ns; i++)
		arrival_clock_update(&clock, readings[i].at_ns - readings[i].before_ns,
			readings[i].at_ns + AHEAD_NS + readings[i].step_ns,
			readings[i].at_ns + readings[i].after_ns);
	return clock;
}

START_TEST(an_epoch_begins_where_the_clock_steps)
{
	const struct reading *readings = clocks[_i].readings;
	int last = 0;
	while (last + 1 < READINGS_MAX && readings[last + 1].at_ns)
		last++;
	struct arrival_clock clock = play(readings);
	int64_t off_ns = clock.present.offset_ns - AHEAD_NS - clocks[_i].offset_ns;
	ck_assert(clock.is_known);
	ck_assert_int_eq(clock.read_ns, readings[last].at_ns - readings[last].before_ns);
	ck_assert_int_eq(clock.present.until_ns, INT64_MAX);
	if (clocks[_i].is_stepped) {
		/* The step came between the beginning of the last reading but one and the end of
		 * the last. */
		ck_assert_int_eq(clock.present.from_ns,
			readings[last - 1].at_ns - readings[last - 1].before_ns);
		ck_assert_int_eq(
			clock.past.until_ns, readings[last].at_ns + readings[last].after_ns);
	} else {
		ck_assert_msg(
			last == 0 || clock.past.until_ns <=
					     readings[last - 1].at_ns + readings[last - 1].after_ns,
			"%s", clocks[_i].says);
	}
	ck_assert_msg(off_ns >= -clocks[_i].within_ns && off_ns <= clocks[_i].within_ns,
		"%s: off by %lld ns", clocks[_i].says, (long long)off_ns);
}
END_TEST

/* Departed at 100 us, now it is 900 us. The clock is known since 50 us. */
static const struct {
	const char *says;
	int64_t timestamp_ns;
	int64_t arrival_ns;
} conversions[] = {
	{"between departure and now", AHEAD_NS + 500 * US, 500 * US},
	{"at the departure", AHEAD_NS + 100 * US, 100 * US},
	{"right now", AHEAD_NS + 900 * US, 900 * US},
	{"before the departure", AHEAD_NS + 100 * US - 1, 900 * US},
	{"after now", AHEAD_NS + 900 * US + 1, 900 * US},
	{"years ago", 1, 900 * US},
	{"of the epoch", 0, 900 * US},
	{"before the epoch", -5 * S, 900 * US},
	{"none", ARRIVAL_UNKNOWN, 900 * US},
};

START_TEST(a_timestamp_is_believed_between_departure_and_now)
{
	struct arrival_clock clock = {0};
	arrival_clock_update(&clock, 50 * US, 50 * US + AHEAD_NS, 50 * US);
	int64_t arrival_ns =
		arrival_clock_convert(&clock, conversions[_i].timestamp_ns, 100 * US, 900 * US);
	ck_assert_msg(arrival_ns == conversions[_i].arrival_ns, "%s", conversions[_i].says);
}
END_TEST

START_TEST(nothing_is_believed_of_a_time_without_readings)
{
	struct arrival_clock clock = {0};
	ck_assert_int_eq(arrival_clock_convert(&clock, 500 * US, 100 * US, 900 * US), 900 * US);
	arrival_clock_update(&clock, 700 * US, 700 * US + AHEAD_NS, 700 * US);
	ck_assert_int_eq(
		arrival_clock_convert(&clock, AHEAD_NS + 500 * US, 100 * US, 900 * US), 900 * US);
	ck_assert_int_eq(
		arrival_clock_convert(&clock, AHEAD_NS + 800 * US, 100 * US, 900 * US), 800 * US);
}
END_TEST

/* Departed at 100 us, now it is 900 us; the clock was read at 400 us, then stepped, and was read at
 * 600 us. */
static const struct {
	const char *says;
	int64_t step_ns;
	int64_t timestamp_ns; /* Besides AHEAD_NS. */
	int64_t arrival_ns;
} steps[] = {
	{"an hour forward: came before it", 3600 * S, 300 * US, 300 * US},
	{"an hour forward: came after it", 3600 * S, 3600 * S + 500 * US, 500 * US},
	{"an hour forward: came after it was seen", 3600 * S, 3600 * S + 800 * US, 800 * US},
	{"an hour back: came before it", -3600 * S, 300 * US, 300 * US},
	{"an hour back: came after it", -3600 * S, -3600 * S + 500 * US, 500 * US},
	{"an hour back: came after it was seen", -3600 * S, -3600 * S + 800 * US, 800 * US},
	{"decades back: came before it", -AHEAD_NS, 500 * US, 500 * US},
	{"decades back: came after it", -AHEAD_NS, -AHEAD_NS + 500 * US, 500 * US},
	{"forward: before it, and the new clock says before the last reading", 100 * US, 450 * US,
		450 * US},
	{"forward: before it, and the new clock says after the last reading", 100 * US, 550 * US,
		550 * US},
	{"forward: after it, and the old clock says after it was seen", 100 * US, 650 * US,
		550 * US},
	{"forward: it could be either, and the later is taken", 30 * US, 540 * US, 540 * US},
	{"back: after it, and the old clock says before", -100 * US, 600 * US, 700 * US},
	{"back: before it, and the new clock says after now", -700 * US, 300 * US, 300 * US},
	{"back: it could be either, and the later is taken", -100 * US, 350 * US, 450 * US},
	{"of the old clock, before the departure", 3600 * S, 99 * US, 900 * US},
	{"of the old clock, and after the step was seen", 3600 * S, 601 * US, 900 * US},
	{"of the new clock, and before the last reading", 3600 * S, 3600 * S + 399 * US, 900 * US},
	{"of neither clock", 3600 * S, 1800 * S, 900 * US},
};

START_TEST(a_timestamp_is_of_the_clock_that_was_in_force)
{
	struct arrival_clock clock = {0};
	arrival_clock_update(&clock, 50 * US, 50 * US + AHEAD_NS, 50 * US);
	arrival_clock_update(&clock, 400 * US, 400 * US + AHEAD_NS, 400 * US);
	arrival_clock_update(&clock, 600 * US, 600 * US + AHEAD_NS + steps[_i].step_ns, 600 * US);
	int64_t arrival_ns = arrival_clock_convert(
		&clock, AHEAD_NS + steps[_i].timestamp_ns, 100 * US, 900 * US);
	ck_assert_msg(arrival_ns == steps[_i].arrival_ns, "%s: %lld", steps[_i].says,
		(long long)arrival_ns);
}
END_TEST

/*
 * A prober's turns while the real-time clock steps now and then, by anything from a nanosecond to
 * days: seldom enough that a step was seen before the next one comes.
 */
struct simulation {
	uint64_t random;
	int64_t now_ns;
	int64_t ahead_ns; /* Since the last step, */
	int64_t step_ns;  /* which was so long, */
	int64_t stepped_ns;
	int64_t next_step_ns;
	struct arrival_clock clock;
};

/* No packet waits longer than two turns. */
#define TURN_MAX_NS (10 * NS_PER_MS)
#define WAIT_MAX_NS (2 * TURN_MAX_NS)
#define READING_NS 40
/* What is not taken for a step, and the reading's width. */
#define NOISE_NS (20 * US + READING_NS)

static void pass_time(struct simulation *simulation, uint32_t at_most_ns)
{
	simulation->now_ns += random_below(&simulation->random, at_most_ns);
	if (simulation->now_ns < simulation->next_step_ns)
		return;
	int64_t by_ns = INT64_C(1) << random_below(&simulation->random, 50);
	simulation->step_ns = random_below(&simulation->random, 2) ? by_ns : -by_ns;
	simulation->ahead_ns += simulation->step_ns;
	simulation->stepped_ns = simulation->next_step_ns;
	simulation->next_step_ns +=
		3 * TURN_MAX_NS + random_below(&simulation->random, TURN_MAX_NS);
}

static int64_t realtime_at(const struct simulation *simulation, int64_t time_ns)
{
	int64_t ahead_ns = simulation->ahead_ns;
	return time_ns +
	       (time_ns < simulation->stepped_ns ? ahead_ns - simulation->step_ns : ahead_ns);
}

static void read_clocks(struct simulation *simulation)
{
	int64_t before_ns = simulation->now_ns;
	pass_time(simulation, READING_NS);
	int64_t realtime_ns = realtime_at(simulation, simulation->now_ns);
	simulation->now_ns = before_ns + READING_NS;
	pass_time(simulation, 1);
	arrival_clock_update(&simulation->clock, before_ns, realtime_ns, simulation->now_ns);
}

/* A packet that arrived since_ns or later is received now. */
static void receive(struct simulation *simulation, int64_t since_ns)
{
	uint32_t wait_ns = (uint32_t)(simulation->now_ns - since_ns);
	int64_t arrival_ns = since_ns + random_below(&simulation->random, wait_ns);
	int64_t departure_ns = arrival_ns - 50 * US - random_below(&simulation->random, 300000000);
	int64_t timestamp_ns = realtime_at(simulation, arrival_ns);
	read_clocks(simulation);
	int64_t off_ns = arrival_clock_convert(&simulation->clock, timestamp_ns, departure_ns,
				 simulation->now_ns) -
			 arrival_ns;
	/* Only of a step that is shorter than the wait it cannot be told on which side of it a
	 * stamp is. */
	int64_t step_ns = simulation->step_ns < 0 ? -simulation->step_ns : simulation->step_ns;
	int64_t allowed_ns = NOISE_NS + (step_ns < WAIT_MAX_NS ? step_ns : 0);
	ck_assert_msg(off_ns >= -NOISE_NS && off_ns <= allowed_ns,
		"off by %lld ns with a step of %lld ns", (long long)off_ns,
		(long long)simulation->step_ns);
}

START_TEST(no_step_makes_an_arrival_wrong)
{
	struct simulation simulation = {.random = (uint64_t)_i + 1,
		.now_ns = S,
		.ahead_ns = AHEAD_NS,
		.next_step_ns = 2 * S};
	int64_t turn_ns[3] = {S, S, S};
	read_clocks(&simulation);
	for (int turn = 0; turn < 20000; turn++) {
		turn_ns[0] = turn_ns[1];
		turn_ns[1] = turn_ns[2];
		pass_time(&simulation, TURN_MAX_NS / 2);
		turn_ns[2] = simulation.now_ns;
		read_clocks(&simulation);
		for (uint32_t left = random_below(&simulation.random, 20); left > 0; left--) {
			pass_time(&simulation, 200000);
			receive(&simulation, turn_ns[random_below(&simulation.random, 3)]);
		}
	}
}
END_TEST

static const struct {
	const char *says;
	int64_t last_arrival_ns;
	int64_t last_departure_ns;
	int64_t departure_ns;
	int64_t earliest_ns;
	int64_t arrival_ns;
} earlier[] = {
	{"it kept its distance to the last", 1000, 900, 800, 0, 900},
	{"it departed together with the last", 1000, 900, 900, 0, 1000},
	{"it would have come before the last reading", 1000, 900, 800, 950, 950},
	{"at the last reading just so", 1000, 900, 800, 900, 900},
	{"the distance is longer than the last one's round trip: a delay that ended", 1000, 990,
		100, 500, 500},
	{"before its departure it cannot have come", 1000, 1010, 900, 0, 900},
	{"nor after the last, were it read before its departure", 1000, 900, 850, 2000, 1000},
	{"it departed after the last, as when out of order", 1000, 800, 900, 0, 1000},
	{"it departed after the last had arrived", 1000, 800, 1100, 0, 1000},
};

START_TEST(earlier_replies_of_one_reading_keep_their_distance)
{
	int64_t arrival_ns = arrival_of_earlier(earlier[_i].last_arrival_ns,
		earlier[_i].last_departure_ns, earlier[_i].departure_ns, earlier[_i].earliest_ns);
	ck_assert_msg(arrival_ns == earlier[_i].arrival_ns, "%s: %lld", earlier[_i].says,
		(long long)arrival_ns);
}
END_TEST

/* A TCP connection of this machine with itself. */
struct connection {
	int near_fd;
	int far_fd;
};

static struct connection connect_to_ourselves(void)
{
	struct connection connection;
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int listen_fd = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(listen_fd, (struct sockaddr *)&address, length), 0);
	ck_assert_int_eq(listen(listen_fd, 1), 0);
	ck_assert_int_eq(getsockname(listen_fd, (struct sockaddr *)&address, &length), 0);
	connection.near_fd = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(
		connect(connection.near_fd, (struct sockaddr *)&address, sizeof(address)), 0);
	connection.far_fd = accept(listen_fd, NULL, NULL);
	ck_assert_int_ge(connection.far_fd, 0);
	close(listen_fd);
	return connection;
}

static void disconnect(struct connection *connection)
{
	close(connection->near_fd);
	close(connection->far_fd);
}

static void wait_readable(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	ck_assert_int_eq(poll(&poll_fd, 1, 10000), 1);
}

START_TEST(the_kernel_tells_when_bytes_arrived_and_not_when_they_were_read)
{
	struct connection connection = connect_to_ourselves();
	if (!arrival_enable(connection.near_fd)) {
		disconnect(&connection);
		return;
	}
	struct arrival_clock clock = {0};
	arrival_clock_read(&clock);
	/* The kernel turns its timestamps on with a delay, in the background. */
	int64_t timestamp_ns = ARRIVAL_UNKNOWN;
	char bytes[16];
	for (int i = 0; i < 1000 && timestamp_ns == ARRIVAL_UNKNOWN; i++) {
		ck_assert_int_eq(send(connection.far_fd, "0123456789", 10, 0), 10);
		wait_readable(connection.near_fd);
		ck_assert_int_eq(
			arrival_receive(connection.near_fd, bytes, sizeof(bytes), &timestamp_ns),
			10);
	}
	int64_t departure_ns = clock_monotonic_ns();
	ck_assert_int_eq(send(connection.far_fd, "0123456789", 10, 0), 10);
	wait_readable(connection.near_fd);
	int64_t readable_ns = clock_monotonic_ns();
	clock_sleep_until(readable_ns + 20 * NS_PER_MS);
	arrival_clock_read(&clock);
	ck_assert_int_eq(
		arrival_receive(connection.near_fd, bytes, sizeof(bytes), &timestamp_ns), 10);
	ck_assert_mem_eq(bytes, "0123456789", 10);
	/* Both clocks were read some microseconds apart. */
	int64_t slack_ns = NS_PER_MS;
	ck_assert_int_ge(timestamp_ns - clock.present.offset_ns, departure_ns - slack_ns);
	ck_assert_int_le(timestamp_ns - clock.present.offset_ns, readable_ns + slack_ns);
	disconnect(&connection);
}
END_TEST

START_TEST(receiving_does_not_wait)
{
	struct connection connection = connect_to_ourselves();
	char bytes[16];
	int64_t timestamp_ns;
	ck_assert_int_eq(
		arrival_receive(connection.near_fd, bytes, sizeof(bytes), &timestamp_ns), -EAGAIN);
	disconnect(&connection);
}
END_TEST

START_TEST(without_asking_there_is_no_timestamp)
{
	struct connection connection = connect_to_ourselves();
	char bytes[4];
	int64_t timestamp_ns = 12345;
	ck_assert_int_eq(send(connection.far_fd, "abcdef", 6, 0), 6);
	wait_readable(connection.near_fd);
	ck_assert_int_eq(
		arrival_receive(connection.near_fd, bytes, sizeof(bytes), &timestamp_ns), 4);
	ck_assert_mem_eq(bytes, "abcd", 4);
	ck_assert_int_eq(timestamp_ns, ARRIVAL_UNKNOWN);
	disconnect(&connection);
}
END_TEST

START_TEST(the_end_of_the_stream_is_told_from_an_error)
{
	struct connection connection = connect_to_ourselves();
	char bytes[16];
	int64_t timestamp_ns = 12345;
	arrival_enable(connection.near_fd);
	shutdown(connection.far_fd, SHUT_WR);
	wait_readable(connection.near_fd);
	ck_assert_int_eq(
		arrival_receive(connection.near_fd, bytes, sizeof(bytes), &timestamp_ns), 0);
	ck_assert_int_eq(timestamp_ns, ARRIVAL_UNKNOWN);
	disconnect(&connection);
	connection = connect_to_ourselves();
	struct linger linger = {.l_onoff = 1};
	setsockopt(connection.far_fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(connection.far_fd);
	wait_readable(connection.near_fd);
	ck_assert_int_eq(arrival_receive(connection.near_fd, bytes, sizeof(bytes), &timestamp_ns),
		-ECONNRESET);
	close(connection.near_fd);
	ck_assert_int_eq(arrival_receive(-1, bytes, sizeof(bytes), &timestamp_ns), -EBADF);
}
END_TEST

START_TEST(what_is_no_socket_gives_no_timestamps)
{
	int ends[2];
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert(!arrival_enable(ends[0]));
	close(ends[0]);
	close(ends[1]);
	ck_assert(!arrival_enable(-1));
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("arrival");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, an_epoch_begins_where_the_clock_steps, 0, ROWS(clocks));
	tcase_add_loop_test(
		tcase, a_timestamp_is_believed_between_departure_and_now, 0, ROWS(conversions));
	tcase_add_test(tcase, nothing_is_believed_of_a_time_without_readings);
	tcase_add_loop_test(tcase, a_timestamp_is_of_the_clock_that_was_in_force, 0, ROWS(steps));
	tcase_add_loop_test(tcase, no_step_makes_an_arrival_wrong, 0, 10);
	tcase_add_loop_test(
		tcase, earlier_replies_of_one_reading_keep_their_distance, 0, ROWS(earlier));
	tcase_add_test(tcase, the_kernel_tells_when_bytes_arrived_and_not_when_they_were_read);
	tcase_add_test(tcase, receiving_does_not_wait);
	tcase_add_test(tcase, without_asking_there_is_no_timestamp);
	tcase_add_test(tcase, the_end_of_the_stream_is_told_from_an_error);
	tcase_add_test(tcase, what_is_no_socket_gives_no_timestamps);
	return unit_run("net/arrival", tcase);
}
