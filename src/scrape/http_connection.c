/* SPDX-License-Identifier: MIT */
#include "scrape/http_connection.h"

#include <stdlib.h>

#include "net/socket.h"
#include "scrape/http_channel.h"

/* What is read at once, and what an idle connection keeps for it. */
#define READ_SIZE 2048
/* What is read behind the last request, so that its client can read the answer, and no more. */
#define DISCARDED_MAX ((size_t)1024 * 1024)
/* Bodies of up to this size leave together with the headers. */
#define SMALL_BODY 4096

/* What is sent: the headers, with the body if it is small, and the body otherwise. */
struct outgoing {
	struct buffer head;
	struct buffer body;
	size_t sent; /* Of both together. */
	bool is_last;
};

struct http_connection {
	const struct http_handler *handler; /* Borrowed. */
	struct http_channel channel;
	struct http_pace pace;
	struct buffer input;
	size_t start;	  /* Where the next request begins in input. */
	size_t searched;  /* How much from there on was searched for its end. */
	size_t discarded; /* Behind the last request. */
	struct outgoing outgoing;
};

struct http_connection *http_connection_new(
	evutil_socket_t fd, const struct http_handler *handler, int64_t now_ns)
{
	struct tls_context *tls = handler->tls ? handler->tls(handler->context) : NULL;
	struct http_connection *connection = calloc(1, sizeof(*connection));
	if (!connection || http_channel_init(&connection->channel, fd, tls) != 0) {
		free(connection);
		return NULL;
	}
	connection->handler = handler;
	http_pace_start(&connection->pace, now_ns);
	return connection;
}

static void outgoing_clear(struct outgoing *outgoing)
{
	buffer_clear(&outgoing->head);
	buffer_clear(&outgoing->body);
	*outgoing = (struct outgoing){0};
}

void http_connection_free(struct http_connection *connection)
{
	if (!connection)
		return;
	http_channel_close(&connection->channel);
	buffer_clear(&connection->input);
	outgoing_clear(&connection->outgoing);
	free(connection);
}

const struct http_pace *http_connection_pace(const struct http_connection *connection)
{
	return &connection->pace;
}

size_t http_connection_unsent(const struct http_connection *connection)
{
	const struct outgoing *outgoing = &connection->outgoing;
	return outgoing->head.length + outgoing->body.length - outgoing->sent;
}

/* What has come of the next request. */
static size_t pending(const struct http_connection *connection)
{
	return connection->input.length - connection->start;
}

static void skip(struct http_connection *connection, size_t length)
{
	connection->start += length;
	connection->searched = 0;
	if (connection->start < connection->input.length)
		return;
	connection->start = 0;
	connection->input.length = 0;
	if (connection->input.capacity > READ_SIZE)
		buffer_clear(&connection->input);
}

/* The client may send more while it reads the last answer: closing now would reset it. */
static enum http_want linger(struct http_connection *connection, int64_t now_ns)
{
	http_channel_end_sending(&connection->channel);
	skip(connection, pending(connection));
	http_pace_linger(&connection->pace, now_ns);
	return HTTP_WANT_READ;
}

static enum http_want finish_answer(struct http_connection *connection, int64_t now_ns)
{
	bool is_last = connection->outgoing.is_last;
	outgoing_clear(&connection->outgoing);
	if (is_last)
		return linger(connection, now_ns);
	http_pace_rest(&connection->pace, now_ns);
	return pending(connection) > 0 ? HTTP_WANT_TURN : HTTP_WANT_READ;
}

/* Sends from bytes, of which offset are sent. Returns whether all of it is, or a negative errno. */
static int send_rest(struct http_connection *connection, const struct buffer *bytes, size_t offset)
{
	if (offset >= bytes->length)
		return true;
	ssize_t sent = http_channel_send(
		&connection->channel, bytes->data + offset, bytes->length - offset);
	if (sent < 0)
		return socket_is_busy((int)-sent) ? false : (int)sent;
	connection->outgoing.sent += (size_t)sent;
	return offset + (size_t)sent == bytes->length;
}

static enum http_want send_answer(struct http_connection *connection, int64_t now_ns)
{
	struct outgoing *outgoing = &connection->outgoing;
	size_t before = outgoing->sent;
	int is_sent = send_rest(connection, &outgoing->head, outgoing->sent);
	if (is_sent > 0)
		is_sent = send_rest(
			connection, &outgoing->body, outgoing->sent - outgoing->head.length);
	if (is_sent < 0)
		return HTTP_WANT_END;
	if (outgoing->sent > before)
		http_pace_progress(&connection->pace, now_ns);
	return is_sent ? finish_answer(connection, now_ns) : HTTP_WANT_WRITE;
}

/* Takes the answer's body over. */
static enum http_want begin_answer(struct http_connection *connection, struct http_answer *answer,
	bool has_body, bool is_last, int64_t now_ns)
{
	struct outgoing *outgoing = &connection->outgoing;
	const struct http_handler *handler = connection->handler;
	outgoing->is_last = is_last;
	if (handler->headers)
		answer->headers = handler->headers(handler->context);
	http_answer_append_head(answer, !is_last, clock_wall(), &outgoing->head);
	if (has_body && answer->body.length <= SMALL_BODY) {
		buffer_append(&outgoing->head, answer->body.data, answer->body.length);
	} else if (has_body) {
		outgoing->body = answer->body;
		answer->body = (struct buffer){0};
	}
	http_answer_clear(answer);
	if (outgoing->head.failed)
		return HTTP_WANT_END;
	http_pace_answer(&connection->pace, now_ns);
	return send_answer(connection, now_ns);
}

static enum http_want refuse(
	struct http_connection *connection, const struct http_refusal *refusal, int64_t now_ns)
{
	struct http_answer answer = {0};
	http_answer_write_text(&answer, refusal->status, refusal->text);
	return begin_answer(connection, &answer, true, true, now_ns);
}

static enum http_want answer_request(
	struct http_connection *connection, size_t length, int64_t now_ns)
{
	const struct http_handler *handler = connection->handler;
	struct http_request request;
	char *head = connection->input.data + connection->start;
	static const struct http_refusal misdirected = {400, "This port speaks HTTPS."};
	struct http_refusal refusal = http_request_read(head, length, &request);
	if (connection->channel.is_misdirected)
		refusal = misdirected;
	if (refusal.status != 0)
		return refuse(connection, &refusal, now_ns);
	struct http_answer answer = {0};
	handler->answer(handler->context, &request, &answer);
	bool has_body = request.method != HTTP_METHOD_HEAD;
	bool is_last = !request.keeps_connection;
	if (answer.status == 0 || answer.body.failed) {
		http_answer_clear(&answer);
		return HTTP_WANT_END;
	}
	skip(connection, length);
	return begin_answer(connection, &answer, has_body, is_last, now_ns);
}

/* Looks for a request in what has come. */
static enum http_want take_request(struct http_connection *connection, int64_t now_ns)
{
	if (pending(connection) == 0)
		return HTTP_WANT_READ;
	size_t empty =
		http_empty_lines(connection->input.data + connection->start, pending(connection));
	if (empty > 0)
		skip(connection, empty);
	if (pending(connection) == 0)
		return HTTP_WANT_READ;
	const char *text = connection->input.data + connection->start;
	size_t length = http_head_length(text, pending(connection), &connection->searched);
	if (length > 0)
		return answer_request(connection, length, now_ns);
	struct http_refusal refusal = http_head_check(text, pending(connection));
	if (refusal.status != 0)
		return refuse(connection, &refusal, now_ns);
	http_pace_receive(&connection->pace, now_ns);
	return HTTP_WANT_READ;
}

/* Moves what has come to the front, and makes room behind it. Returns the room, or 0 without memory. */
static size_t make_room(struct http_connection *connection)
{
	struct buffer *input = &connection->input;
	if (connection->start > 0) {
		input->length = pending(connection);
		memmove(input->data, input->data + connection->start, input->length);
		connection->start = 0;
	}
	if (input->capacity == input->length && buffer_reserve(input, READ_SIZE) != 0)
		return 0;
	size_t room = input->capacity - input->length;
	size_t allowed = HTTP_HEAD_MAX - input->length;
	return room < allowed ? room : allowed;
}

/* A handshake may have something to send first. */
static enum http_want want_more(const struct http_connection *connection)
{
	return http_channel_wants_write(&connection->channel) ? HTTP_WANT_WRITE : HTTP_WANT_READ;
}

static enum http_want receive(struct http_connection *connection, int64_t now_ns)
{
	size_t room = make_room(connection);
	if (room == 0)
		return HTTP_WANT_END;
	struct buffer *input = &connection->input;
	ssize_t length =
		http_channel_receive(&connection->channel, input->data + input->length, room);
	if (length < 0)
		return socket_is_busy((int)-length) ? want_more(connection) : HTTP_WANT_END;
	if (length == 0)
		return HTTP_WANT_END;
	input->length += (size_t)length;
	return take_request(connection, now_ns);
}

static enum http_want discard(struct http_connection *connection)
{
	char bytes[READ_SIZE];
	ssize_t length = http_channel_receive(&connection->channel, bytes, sizeof(bytes));
	if (length < 0)
		return socket_is_busy((int)-length) ? HTTP_WANT_READ : HTTP_WANT_END;
	connection->discarded += (size_t)length;
	bool more = length > 0 && connection->discarded <= DISCARDED_MAX;
	return more ? HTTP_WANT_READ : HTTP_WANT_END;
}

static enum http_want take_turn(struct http_connection *connection, int64_t now_ns)
{
	enum http_want want = HTTP_WANT_READ;
	switch (connection->pace.phase) {
	case HTTP_PHASE_IDLE:
		/* What came behind the last request may be a whole one. */
		want = take_request(connection, now_ns);
		if (want != HTTP_WANT_READ || connection->pace.phase == HTTP_PHASE_LINGERING)
			return want;
		return receive(connection, now_ns);
	case HTTP_PHASE_RECEIVING:
		return receive(connection, now_ns);
	case HTTP_PHASE_SENDING:
		return send_answer(connection, now_ns);
	case HTTP_PHASE_LINGERING:
		return discard(connection);
	}
	__builtin_unreachable();
}

enum http_want http_connection_turn(struct http_connection *connection, int64_t now_ns)
{
	enum http_want want = take_turn(connection, now_ns);
	/* What TLS has taken from the socket already does not show there. */
	bool has_pending = http_channel_has_pending(&connection->channel);
	return want == HTTP_WANT_READ && has_pending ? HTTP_WANT_TURN : want;
}

enum http_want http_connection_expire(struct http_connection *connection, int64_t now_ns)
{
	static const struct http_refusal slow = {408, "The request took too long."};
	if (connection->pace.phase == HTTP_PHASE_RECEIVING && pending(connection) > 0)
		return refuse(connection, &slow, now_ns);
	return HTTP_WANT_END;
}
