/* SPDX-License-Identifier: MIT */
/*
 * Whatever a client sends, and in whatever pieces it arrives: the answers are the same, each is
 * well-formed, and what a request is taken for was in it.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scrape/http_connection.h"

#define TEXT_MAX ((size_t)80 * 1024)
#define START_NS (1000 * NS_PER_S)

/* The name is libFuzzer's. NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

/* What came of a text, as its client saw it. */
struct talk {
	struct http_handler handler;
	struct http_connection *connection;
	int client;
	struct buffer heard; /* All bytes. */
	struct buffer
		requests; /* A letter for each that was answered: of GET, HEAD, POST or another method. */
};

static void on_request(
	void *context, const struct http_request *request, struct http_answer *answer)
{
	struct talk *talk = context;
	static const char methods[] = {'G', 'H', 'P', 'O'};
	buffer_append(&talk->requests, &methods[request->method], 1);
	answer->status = 200;
	answer->content_type = "text/plain";
	/* An answer that would be split if it had the wrong characters. */
	buffer_append_format(&answer->body, "%d %d %s", negotiation_format(&request->wishes),
		negotiation_takes_gzip(&request->wishes), request->path ? request->path : "*");
	expect(!request->path || request->path[0] == '/');
}

static void hear(struct talk *talk)
{
	char bytes[4096];
	ssize_t got;
	while ((got = recv(talk->client, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
		buffer_append(&talk->heard, bytes, (size_t)got);
}

/* Returns whether the connection lives on. */
static bool turn(struct talk *talk)
{
	enum http_want want;
	do {
		want = http_connection_turn(talk->connection, START_NS);
		hear(talk);
	} while (want == HTTP_WANT_TURN || want == HTTP_WANT_WRITE);
	return want == HTTP_WANT_READ;
}

/* Says text in pieces: of each of these sizes in turn, more for a long text; none: all at once. */
static void run(struct talk *talk, const struct buffer *text, const uint8_t *pieces, size_t count)
{
	int pair[2];
	expect(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	*talk = (struct talk){.client = pair[1]};
	talk->handler = (struct http_handler){.answer = on_request, .context = talk};
	talk->connection = http_connection_new(pair[0], &talk->handler, START_NS);
	expect(talk->connection != NULL);
	bool lives = true;
	size_t piece = 0;
	for (size_t at = 0; at < text->length && lives; at += piece) {
		piece = count ? 1U + pieces[at % count] + text->length / 64 : 4096;
		if (piece > text->length - at)
			piece = text->length - at;
		expect(send(talk->client, text->data + at, piece, MSG_NOSIGNAL) == (ssize_t)piece);
		/* Of a long one a turn reads a part only. */
		for (size_t turns = 0; turns <= piece / 1024 && lives; turns++)
			lives = turn(talk);
	}
	shutdown(talk->client, SHUT_WR);
	while (lives)
		lives = turn(talk);
	hear(talk);
	http_connection_free(talk->connection);
	hear(talk);
	close(talk->client);
}

/* Takes a line that ends with CR LF off the text; returns it, NUL-terminated. */
static char *take_line(char **at)
{
	char *line = *at;
	char *end = strstr(line, "\r\n");
	expect(end != NULL);
	*end = '\0';
	*at = end + 2;
	for (const char *byte = line; *byte; byte++)
		expect(*byte >= ' ' && *byte <= '~');
	return line;
}

/*
 * Takes an answer off the text, and appends its body; of a refusal only that it is one: it may have
 * another reason where less of the request had come. Returns the status.
 */
static unsigned long take_answer(char **at, bool has_body, struct buffer *answers)
{
	char *line = take_line(at);
	expect(strncmp(line, "HTTP/1.1 ", 9) == 0);
	unsigned long status = strtoul(line + 9, NULL, 10);
	expect(status == 200 || (status >= 400 && status <= 505));
	unsigned long length = 0;
	bool has_length = false;
	while (*(line = take_line(at))) {
		expect(strstr(line, ": ") != NULL);
		if (strncmp(line, "Content-Length: ", 16) != 0)
			continue;
		expect(!has_length);
		has_length = true;
		length = strtoul(line + 16, NULL, 10);
	}
	expect(has_length);
	buffer_append_text(answers, status == 200 ? "answered: " : "refused");
	if (has_body || status != 200) {
		expect(strlen(*at) >= length);
		if (status == 200)
			buffer_append(answers, *at, length);
		*at += length;
	}
	buffer_append(answers, "\n", 1);
	return status;
}

/* Reads what was heard; frees the rest. */
static void read_answers(struct talk *talk, struct buffer *answers)
{
	buffer_append(&talk->heard, "", 1);
	expect(!talk->heard.failed && !talk->requests.failed);
	expect(strlen(talk->heard.data) + 1 == talk->heard.length);
	char *at = talk->heard.data;
	size_t answered = 0;
	while (*at) {
		bool is_head =
			answered < talk->requests.length && talk->requests.data[answered] == 'H';
		if (take_answer(&at, !is_head, answers) == 200)
			answered++;
		else
			/* It is the last. */
			expect(*at == '\0');
	}
	expect(answered == talk->requests.length);
	buffer_clear(&talk->heard);
	buffer_clear(&talk->requests);
}

/* Reads a head from memory of exactly its size. */
static void read_exactly(const struct buffer *text)
{
	size_t empty = http_empty_lines(text->data, text->length);
	size_t searched = 0;
	size_t length = http_head_length(text->data + empty, text->length - empty, &searched);
	expect(length <= text->length - empty && searched <= text->length - empty);
	if (length == 0)
		return;
	char *head = malloc(length);
	if (!head)
		return;
	memcpy(head, text->data + empty, length);
	struct http_request request;
	struct http_refusal refusal = http_request_read(head, length, &request);
	expect((refusal.status == 0) == (refusal.text == NULL));
	if (refusal.status == 0 && request.path)
		expect(request.path > head && request.path + strlen(request.path) < head + length);
	free(head);
}

/* 0xff repeats what comes next, so that heads as long as they may be are within reach. */
static void expand(const uint8_t *data, size_t size, struct buffer *text)
{
	for (size_t at = 0; at < size; at++) {
		size_t times = 1;
		if (data[at] == 0xff && at + 2 < size) {
			times = (size_t)data[at + 1] * 64;
			at += 2;
		}
		for (size_t i = 0; i < times && text->length < TEXT_MAX; i++)
			buffer_append(text, &data[at], 1);
	}
}

/* The first byte says how many of those after it are sizes of pieces; then comes the text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	size_t count = data[0] % 8;
	if (1 + count > size)
		return 0;
	struct buffer text = {0};
	expand(data + 1 + count, size - 1 - count, &text);
	if (text.length > 0)
		read_exactly(&text);
	struct talk talk;
	struct buffer at_once = {0};
	struct buffer in_pieces = {0};
	run(&talk, &text, NULL, 0);
	read_answers(&talk, &at_once);
	run(&talk, &text, data + 1, count);
	read_answers(&talk, &in_pieces);
	expect(at_once.length == in_pieces.length);
	if (at_once.length > 0)
		expect(memcmp(at_once.data, in_pieces.data, at_once.length) == 0);
	buffer_clear(&at_once);
	buffer_clear(&in_pieces);
	buffer_clear(&text);
	return 0;
}
