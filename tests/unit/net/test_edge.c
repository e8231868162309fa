/* SPDX-License-Identifier: MIT */
#include "net/edge.h"

#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../unit.h"

/* A socket whose reads are scripted. On the heap, so that it can be freed in the middle of one. */
struct reader {
	struct event *event;
	const char *script; /* A letter per read: over, short or full. The last one repeats. */
	int *readings;
	bool *is_gone;
};

static void reader_free(struct reader *reader)
{
	event_free(reader->event);
	free(reader);
}

static enum edge_reading read_next(void *owner)
{
	struct reader *reader = owner;
	char letter = *reader->script;
	++*reader->readings;
	if (reader->script[1])
		reader->script++;
	if (letter == 's')
		return EDGE_SHORT;
	if (letter == 'f')
		return EDGE_FULL;
	*reader->is_gone = true;
	reader_free(reader);
	return EDGE_OVER;
}

static void count_event(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	++*(int *)context;
}

static const struct {
	const char *says;
	const char *script;
	int readings;
	short what;
	bool fires_again;
} rows[] = {
	{"over at once", "o", 1, EV_READ, false},
	{"over at once, though closed", "o", 1, EV_READ | EV_CLOSED, false},
	{"short: everything was read", "s", 1, EV_READ, false},
	{"short and closed: the end must still be read", "so", 2, EV_READ | EV_CLOSED, false},
	{"full, then over", "ffo", 3, EV_READ, false},
	{"full, then short", "ffs", 3, EV_READ, false},
	{"full, then short, then the end", "ffso", 4, EV_READ | EV_CLOSED, false},
	{"over with the last turn", "fffffffffffffffo", EDGE_READINGS_MAX, EV_READ, false},
	{"short with the last turn", "fffffffffffffffs", EDGE_READINGS_MAX, EV_READ, false},
	{"short with the last turn, and closed", "fffffffffffffffs", EDGE_READINGS_MAX,
		EV_READ | EV_CLOSED, true},
	{"full forever", "f", EDGE_READINGS_MAX, EV_READ, true},
	{"short forever, and closed", "s", EDGE_READINGS_MAX, EV_READ | EV_CLOSED, true},
};

START_TEST(a_socket_is_read_until_nothing_is_left_or_its_turns_are_used_up)
{
	int fds[2];
	int events = 0;
	int readings = 0;
	bool is_gone = false;
	struct event_base *base = event_base_new();
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	struct event *event =
		event_new(base, fds[0], EV_READ | EV_ET | EV_PERSIST, count_event, &events);
	ck_assert_int_eq(event_add(event, NULL), 0);
	ck_assert_int_eq(send(fds[1], "x", 1, 0), 1);
	event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert_int_eq(events, 1);

	struct reader *reader = malloc(sizeof(*reader));
	ck_assert_ptr_nonnull(reader);
	*reader = (struct reader){
		.event = event,
		.script = rows[_i].script,
		.readings = &readings,
		.is_gone = &is_gone,
	};
	edge_read(event, rows[_i].what, read_next, reader);
	ck_assert_msg(readings == rows[_i].readings, "%s: %d reads", rows[_i].says, readings);

	/* The byte is still there, but its edge was reported before. */
	event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert_msg(
		(events == 2) == rows[_i].fires_again, "%s: %d events", rows[_i].says, events);
	if (!is_gone)
		reader_free(reader);
	event_base_free(base);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("edge");
	tcase_add_loop_test(tcase, a_socket_is_read_until_nothing_is_left_or_its_turns_are_used_up,
		0, ROWS(rows));
	return unit_run("net/edge", tcase);
}
