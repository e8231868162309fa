/* SPDX-License-Identifier: MIT */
#include "scrape/http_connection.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../unit.h"

#define START_NS (1000 * NS_PER_S)
#define LARGE ((size_t)1024 * 1024)
#define REQUEST "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

/* A connection and its client. */
struct scene {
	struct http_connection *connection;
	enum http_want want;
	int client;
	size_t body_length; /* Of each answer. */
	unsigned answers;
	struct http_handler handler;
};

static void on_request(
	void *context, const struct http_request *request, struct http_answer *answer)
{
	struct scene *scene = context;
	(void)request;
	scene->answers++;
	answer->status = 200;
	for (size_t i = 0; i < scene->body_length; i++)
		buffer_append(&answer->body, "b", 1);
}

static void begin(struct scene *scene)
{
	int pair[2];
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	for (int i = 0; i < 2; i++)
		fcntl(pair[i], F_SETFL, O_NONBLOCK);
	*scene = (struct scene){.client = pair[1], .want = HTTP_WANT_READ, .body_length = 3};
	scene->handler = (struct http_handler){.answer = on_request, .context = scene};
	scene->connection = http_connection_new(pair[0], &scene->handler, START_NS);
	ck_assert_ptr_nonnull(scene->connection);
}

static void end(struct scene *scene)
{
	http_connection_free(scene->connection);
	close(scene->client);
}

static void say(struct scene *scene, const char *text)
{
	ck_assert_int_eq(write(scene->client, text, strlen(text)), (ssize_t)strlen(text));
}

static void turn(struct scene *scene, int64_t now_ns)
{
	do
		scene->want = http_connection_turn(scene->connection, now_ns);
	while (scene->want == HTTP_WANT_TURN);
}

/* Reads what has come, and how many answers of that status are in it. */
static unsigned hear(struct scene *scene, const char *status)
{
	static char text[4 * LARGE];
	ssize_t length = read(scene->client, text, sizeof(text) - 1);
	if (length <= 0)
		return 0;
	text[length] = '\0';
	unsigned count = 0;
	for (const char *at = text; (at = strstr(at, status)); at++)
		count++;
	return count;
}

static enum http_phase phase(const struct scene *scene)
{
	return http_connection_pace(scene->connection)->phase;
}

START_TEST(answers_a_request_that_comes_byte_by_byte)
{
	struct scene scene;
	begin(&scene);
	/* As some clients send it behind the body of another request (RFC 9112 section 2.2). */
	say(&scene, "\r");
	turn(&scene, START_NS);
	say(&scene, "\n");
	turn(&scene, START_NS);
	for (const char *at = REQUEST; *at; at++) {
		const char byte[] = {*at, '\0'};
		ck_assert_int_eq(scene.want, HTTP_WANT_READ);
		ck_assert_uint_eq(scene.answers, 0);
		say(&scene, byte);
		turn(&scene, START_NS);
	}
	ck_assert_uint_eq(hear(&scene, "HTTP/1.1 200 OK"), 1);
	ck_assert_int_eq(phase(&scene), HTTP_PHASE_IDLE);
	end(&scene);
}
END_TEST

START_TEST(answers_all_that_come_at_once_in_order)
{
	struct scene scene;
	begin(&scene);
	say(&scene, "\r\n" REQUEST "\r\n" REQUEST REQUEST "GET /");
	turn(&scene, START_NS);
	ck_assert_uint_eq(scene.answers, 3);
	ck_assert_uint_eq(hear(&scene, "HTTP/1.1 200 OK"), 3);
	ck_assert_int_eq(phase(&scene), HTTP_PHASE_RECEIVING);
	say(&scene, " HTTP/1.1\r\nHost: x\r\n\r\n");
	turn(&scene, START_NS);
	ck_assert_uint_eq(scene.answers, 4);
	end(&scene);
}
END_TEST

START_TEST(the_last_answer_is_followed_by_the_end)
{
	struct scene scene;
	begin(&scene);
	say(&scene, "GET / HTTP/1.0\r\n\r\n" REQUEST);
	turn(&scene, START_NS);
	ck_assert_uint_eq(scene.answers, 1);
	ck_assert_int_eq(phase(&scene), HTTP_PHASE_LINGERING);
	ck_assert_uint_eq(hear(&scene, "HTTP/1.1 200 OK"), 1);
	char byte;
	ck_assert_int_eq(read(scene.client, &byte, 1), 0);
	/* What the client still says is read, so that it is not reset before it reads its answer. */
	say(&scene, REQUEST);
	turn(&scene, START_NS);
	ck_assert_int_eq(scene.want, HTTP_WANT_READ);
	shutdown(scene.client, SHUT_WR);
	turn(&scene, START_NS);
	ck_assert_int_eq(scene.want, HTTP_WANT_END);
	ck_assert_uint_eq(scene.answers, 1);
	end(&scene);
}
END_TEST

START_TEST(a_large_answer_leaves_as_it_is_read)
{
	struct scene scene;
	begin(&scene);
	scene.body_length = LARGE;
	say(&scene, REQUEST);
	turn(&scene, START_NS);
	ck_assert_int_eq(scene.want, HTTP_WANT_WRITE);
	ck_assert_uint_gt(http_connection_unsent(scene.connection), 0);
	int64_t deadline_ns = http_connection_pace(scene.connection)->deadline_ns;
	int64_t now_ns = START_NS;
	while (scene.want == HTTP_WANT_WRITE) {
		hear(&scene, "HTTP");
		now_ns += NS_PER_S;
		turn(&scene, now_ns);
	}
	ck_assert_int_eq(scene.want, HTTP_WANT_READ);
	ck_assert_uint_eq(http_connection_unsent(scene.connection), 0);
	ck_assert_int_gt(http_connection_pace(scene.connection)->deadline_ns, deadline_ns);
	end(&scene);
}
END_TEST

START_TEST(a_slow_request_is_told_so)
{
	struct scene scene;
	begin(&scene);
	say(&scene, "GET / HTTP/1.1\r\n");
	turn(&scene, START_NS);
	ck_assert_int_eq(http_connection_expire(scene.connection, START_NS + HTTP_REQUEST_NS),
		HTTP_WANT_READ);
	ck_assert_uint_eq(hear(&scene, "HTTP/1.1 408 Request Timeout"), 1);
	ck_assert_int_eq(phase(&scene), HTTP_PHASE_LINGERING);
	ck_assert_int_eq(http_connection_expire(scene.connection, START_NS + 2 * HTTP_REQUEST_NS),
		HTTP_WANT_END);
	end(&scene);
}
END_TEST

START_TEST(a_silent_client_ends_in_silence)
{
	struct scene scene;
	begin(&scene);
	ck_assert_int_eq(http_connection_expire(scene.connection, START_NS + HTTP_REQUEST_NS),
		HTTP_WANT_END);
	ck_assert_uint_eq(hear(&scene, "HTTP"), 0);
	end(&scene);
}
END_TEST

START_TEST(nonsense_is_refused_once)
{
	struct scene scene;
	begin(&scene);
	say(&scene, "\x16\x03\x01 something" REQUEST);
	turn(&scene, START_NS);
	ck_assert_uint_eq(hear(&scene, "HTTP/1.1 400 Bad Request"), 1);
	ck_assert_uint_eq(scene.answers, 0);
	ck_assert_int_eq(phase(&scene), HTTP_PHASE_LINGERING);
	end(&scene);
}
END_TEST

START_TEST(a_client_that_never_stops_talking_ends)
{
	static char noise[65536];
	struct scene scene;
	begin(&scene);
	say(&scene, "nonsense\r\n\r\n");
	turn(&scene, START_NS);
	size_t said = 0;
	while (scene.want != HTTP_WANT_END) {
		ssize_t length = write(scene.client, noise, sizeof(noise));
		said += length > 0 ? (size_t)length : 0;
		ck_assert_uint_lt(said, 8 * LARGE);
		turn(&scene, START_NS);
	}
	end(&scene);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("http_connection");
	tcase_add_test(tcase, answers_a_request_that_comes_byte_by_byte);
	tcase_add_test(tcase, answers_all_that_come_at_once_in_order);
	tcase_add_test(tcase, the_last_answer_is_followed_by_the_end);
	tcase_add_test(tcase, a_large_answer_leaves_as_it_is_read);
	tcase_add_test(tcase, a_slow_request_is_told_so);
	tcase_add_test(tcase, a_silent_client_ends_in_silence);
	tcase_add_test(tcase, nonsense_is_refused_once);
	tcase_add_test(tcase, a_client_that_never_stops_talking_ends);
	return unit_run("scrape/http_connection", tcase);
}
