/* SPDX-License-Identifier: MIT */
#include "scrape/http_front.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error_text.h"
#include "base/thread.h"
#include "base/version.h"
#include "metrics/process_values.h"
#include "net/listener.h"
#include "net/socket.h"
#include "scrape/exposition.h"
#include "scrape/gzip.h"
#include "scrape/landing_page.h"
#include "scrape/negotiation.h"

/* Silence, in seconds, after which a client's connection is closed. */
#define SILENCE_MAX_S 20
/* For one connection's request and the answer's headers: longer requests are refused. */
#define CONNECTION_MEMORY (16 * 1024)
/* While more bytes of answers than this wait to be read by clients, large ones are refused. */
#define WAITING_MAX ((size_t)128 * 1024 * 1024)
/* How long to wait for a descriptor. */
#define DESCRIPTORS_PAUSE_NS (50 * NS_PER_MS)
/* Shorter texts are not worth compressing. */
#define GZIP_MIN 512

/*
 * glibc keeps freed blocks of up to 32 MB for the next time, but returns larger ones to the system
 * at once. Reserved memory that is never touched costs nothing, so large bodies reserve more than
 * that.
 */
#define LARGE_BODY ((size_t)4 * 1024 * 1024)
#define RETURNED_AT_ONCE ((size_t)33 * 1024 * 1024)
/* Estimates: bytes of an exposition per target, and what gzip divides them by. */
#define TARGET_BODY 4096
#define GZIP_FACTOR 8

struct http_front {
	struct MHD_Daemon *daemon;
	struct engine *engine; /* Borrowed. */
	const struct log *log; /* Borrowed. */
	int64_t start_time_ns; /* Of the process. */
	size_t waiting;	       /* Bytes of answers not sent yet. For the HTTP thread alone. */
	char address[ADDRESS_TEXT_MAX];
};

/* The reply to one request. */
struct answer {
	unsigned status;
	const char *content_type;
	const char *policy; /* Content-Security-Policy, or NULL. */
	const char *allow;  /* Methods, or NULL. */
	bool negotiated;    /* Depends on the request's Accept headers. */
	bool compressed;
	struct buffer body;
};

/* The body of an answer that is being sent. */
struct waiting_body {
	struct http_front *front; /* Borrowed. */
	char *data;		  /* Owned. */
	size_t length;
};

static const char *header_of(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static void write_text(struct answer *answer, unsigned status, const char *text)
{
	answer->status = status;
	answer->content_type = "text/plain; charset=utf-8";
	buffer_append_text(&answer->body, text);
}

static int reserve_body(struct buffer *body, size_t length)
{
	return buffer_reserve(body, length > LARGE_BODY ? length + RETURNED_AT_ONCE : length);
}

static int answer_metrics(
	struct http_front *front, struct MHD_Connection *connection, struct answer *answer)
{
	struct snapshot snapshot;
	int error = engine_snapshot(front->engine, &snapshot);
	if (error)
		return error;
	const struct build_info build = {version_text(), version_compiler()};
	struct process_values process;
	process_values_read(front->start_time_ns, &process);
	process.is_alive = snapshot.is_alive;
	enum exposition_format format = negotiation_format(header_of(connection, "Accept"));
	error = reserve_body(&answer->body, snapshot.target_count * TARGET_BODY);
	if (!error)
		error = exposition_write(&snapshot, &process, &build, format, &answer->body);
	snapshot_clear(&snapshot);
	answer->content_type = exposition_content_type(format);
	answer->negotiated = true;
	return error;
}

static int answer_page(
	struct http_front *front, struct MHD_Connection *connection, struct answer *answer)
{
	(void)connection;
	struct snapshot snapshot;
	int error = engine_snapshot(front->engine, &snapshot);
	if (error)
		return error;
	error = landing_page_write(&snapshot, version_text(), &answer->body);
	snapshot_clear(&snapshot);
	answer->content_type = "text/html; charset=utf-8";
	answer->policy = LANDING_PAGE_POLICY;
	answer->negotiated = true;
	return error;
}

static int answer_ok(
	struct http_front *front, struct MHD_Connection *connection, struct answer *answer)
{
	(void)front;
	(void)connection;
	write_text(answer, MHD_HTTP_OK, "OK\n");
	return 0;
}

static int answer_ready(
	struct http_front *front, struct MHD_Connection *connection, struct answer *answer)
{
	if (engine_is_alive(front->engine))
		return answer_ok(front, connection, answer);
	write_text(answer, MHD_HTTP_SERVICE_UNAVAILABLE, "A thread hangs.\n");
	return 0;
}

struct route {
	const char *path;
	/* Fills in an answer. Returns 0 or a negative errno. */
	int (*write)(
		struct http_front *front, struct MHD_Connection *connection, struct answer *answer);
	bool is_large; /* Its answers grow with the targets. */
};

static const struct route routes[] = {
	{"/metrics", answer_metrics, true},
	{"/", answer_page, true},
	{"/-/healthy", answer_ok, false},
	{"/-/ready", answer_ready, false},
};

static const struct route *find_route(const char *path)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (strcmp(routes[i].path, path) == 0)
			return &routes[i];
	return NULL;
}

static bool is_get_or_head(const char *method)
{
	return strcmp(method, MHD_HTTP_METHOD_GET) == 0 ||
	       strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
}

static bool has_body(struct MHD_Connection *connection)
{
	return header_of(connection, "Content-Length") ||
	       header_of(connection, "Transfer-Encoding");
}

static int compress(struct answer *answer)
{
	struct buffer compressed = {0};
	int error = reserve_body(&compressed, answer->body.length / GZIP_FACTOR);
	if (!error)
		error = gzip_compress(answer->body.data, answer->body.length, &compressed);
	buffer_clear(&answer->body);
	answer->body = compressed;
	answer->compressed = true;
	return error;
}

static int write_route(struct http_front *front, struct MHD_Connection *connection,
	const struct route *route, struct answer *answer)
{
	int error = route->write(front, connection, answer);
	if (error || !answer->negotiated || answer->body.length < GZIP_MIN)
		return error;
	bool gzip = negotiation_takes_gzip(header_of(connection, "Accept-Encoding"));
	return gzip ? compress(answer) : 0;
}

/* Chooses the answer. */
static void write_reply(struct http_front *front, struct MHD_Connection *connection,
	const char *path, const char *method, struct answer *answer)
{
	const struct route *route = find_route(path);
	*answer = (struct answer){.status = MHD_HTTP_OK};
	if (!route) {
		write_text(answer, MHD_HTTP_NOT_FOUND, "No such page. Try /metrics.\n");
	} else if (!is_get_or_head(method)) {
		answer->allow = "GET, HEAD";
		write_text(answer, MHD_HTTP_METHOD_NOT_ALLOWED, "Only GET and HEAD are allowed.\n");
	} else if (route->is_large && front->waiting > WAITING_MAX) {
		write_text(answer, MHD_HTTP_SERVICE_UNAVAILABLE,
			"Too many clients are reading slowly.\n");
	} else {
		int error = write_route(front, connection, route, answer);
		if (!error)
			return;
		log_write(front->log, LOG_LEVEL_WARNING, NULL,
			"cannot answer a request for %s: out of memory", path);
		buffer_clear(&answer->body);
		*answer = (struct answer){0};
		write_text(answer, MHD_HTTP_SERVICE_UNAVAILABLE, "Out of memory.\n");
	}
}

static void on_body_done(void *context)
{
	struct waiting_body *body = context;
	body->front->waiting -= body->length;
	free(body->data);
	free(body);
}

/* Takes the answer's body over. Returns NULL when out of memory. */
static struct MHD_Response *make_response(struct http_front *front, struct answer *answer)
{
	struct waiting_body *body = malloc(sizeof(*body));
	if (!body || answer->body.failed) {
		free(body);
		buffer_clear(&answer->body);
		return NULL;
	}
	body->front = front;
	body->data = buffer_release(&answer->body, &body->length);
	front->waiting += body->length;
	struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback_cls(
		body->length, body->data, on_body_done, body);
	if (!response)
		on_body_done(body);
	return response;
}

static bool add_header(struct MHD_Response *response, const char *name, const char *value)
{
	return !value || MHD_add_response_header(response, name, value) == MHD_YES;
}

static bool add_headers(struct MHD_Response *response, const struct answer *answer)
{
	return add_header(response, "Content-Type", answer->content_type) &&
	       add_header(response, "X-Content-Type-Options", "nosniff") &&
	       add_header(response, "Content-Security-Policy", answer->policy) &&
	       add_header(response, "Allow", answer->allow) &&
	       add_header(
		       response, "Vary", answer->negotiated ? "Accept, Accept-Encoding" : NULL) &&
	       add_header(response, "Content-Encoding", answer->compressed ? "gzip" : NULL);
}

static enum MHD_Result reply(struct http_front *front, struct MHD_Connection *connection,
	const char *path, const char *method)
{
	struct answer answer;
	write_reply(front, connection, path, method, &answer);
	struct MHD_Response *response = make_response(front, &answer);
	if (!response)
		return MHD_NO;
	enum MHD_Result result = MHD_NO;
	if (add_headers(response, &answer))
		result = MHD_queue_response(connection, answer.status, response);
	MHD_destroy_response(response);
	return result;
}

/* A scrape can wait, a probe cannot: on a busy machine the library's thread yields. */
static void give_way(void)
{
	static _Thread_local bool gave_way;
	if (!gave_way)
		thread_give_way();
	gave_way = true;
}

/* The signature is the library's. NOLINTNEXTLINE(readability-function-size) */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
	const char *path, const char *method, const char *version, const char *upload,
	size_t *upload_length, void **request)
{
	static char seen;
	give_way();
	(void)version;
	(void)upload;
	(void)upload_length;
	/*
	 * The library calls this once the headers are there, and again at the end of the request. A
	 * reply at the first call leaves the body unread and closes the connection afterwards.
	 */
	if (!*request && is_get_or_head(method) && !has_body(connection)) {
		*request = &seen;
		return MHD_YES;
	}
	return reply(context, connection, path, method);
}

/*
 * With no descriptor left for its first connection, the library retries at once and for ever, and
 * logs each attempt. Its thread has nothing else to do then: a pause saves a whole CPU.
 */
static void pause_without_descriptors(int cause)
{
	if (cause == EMFILE || cause == ENFILE)
		clock_sleep_until(clock_monotonic_ns() + DESCRIPTORS_PAUSE_NS);
}

__attribute__((format(printf, 2, 0))) static void on_library_message(
	void *context, const char *format, va_list arguments)
{
	int cause = errno;
	char message[LOG_MESSAGE_MAX];
	vsnprintf(message, sizeof(message), format, arguments);
	message[strcspn(message, "\n")] = '\0';
	log_write(context, LOG_LEVEL_DEBUG, NULL, "http: %s", message);
	pause_without_descriptors(cause);
}

struct daemon_start {
	struct http_front *front;
	evutil_socket_t fd; /* The library's, unless starting fails. */
	int error;	    /* A positive errno if it fails. */
};

static void start_daemon(void *context)
{
	struct daemon_start *start = context;
	struct http_front *front = start->front;
	unsigned connections = (unsigned)engine_front_connections(front->engine);
	/* One client must not take them all, unless there are just a few. */
	unsigned of_one = connections > 32 ? connections / 2 : connections;
	errno = 0;
	front->daemon = MHD_start_daemon(
		MHD_USE_AUTO_INTERNAL_THREAD | MHD_USE_ITC | MHD_USE_ERROR_LOG, 0, NULL, NULL,
		on_request, front, MHD_OPTION_EXTERNAL_LOGGER, on_library_message, front->log,
		MHD_OPTION_LISTEN_SOCKET, (MHD_socket)start->fd, MHD_OPTION_CONNECTION_LIMIT,
		connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT, of_one,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SILENCE_MAX_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_END);
	start->error = errno != 0 ? errno : ENOMEM;
}

/* The library listens on one socket only. */
static void take_first(struct listeners *listeners, evutil_socket_t *fd, char *address)
{
	*fd = listeners->fds[0];
	size_t length = strcspn(listeners->text, ",");
	memcpy(address, listeners->text, length);
	address[length] = '\0';
	listeners->fds[0] = listeners->fds[--listeners->count];
	listeners_close(listeners);
}

int http_front_start(const struct endpoint *listen, struct engine *engine, const struct log *log,
	struct http_front **front, struct text_error *error)
{
	struct http_front *made = calloc(1, sizeof(*made));
	if (!made) {
		text_error_set(error, 0, "out of memory");
		return -ENOMEM;
	}
	made->engine = engine;
	made->log = log;
	made->start_time_ns = process_start_time_ns();
	struct listeners listeners;
	int result = listeners_open(listen, log, &listeners, error);
	if (result != 0)
		goto out;
	struct daemon_start start = {.front = made};
	take_first(&listeners, &start.fd, made->address);
	/* The library's thread inherits the mask: signals belong to the owner of the process. */
	thread_call_without_signals(start_daemon, &start);
	if (!made->daemon) {
		char why[ERROR_TEXT_MAX];
		error_text(start.error, why);
		text_error_set(
			error, 0, "cannot start the HTTP server on %s: %s", made->address, why);
		socket_close(start.fd);
		result = -start.error;
		goto out;
	}
	*front = made;
	return 0;
out:
	free(made);
	return result;
}

const char *http_front_address(const struct http_front *front)
{
	return front->address;
}

void http_front_stop(struct http_front *front)
{
	if (!front)
		return;
	MHD_stop_daemon(front->daemon);
	free(front);
}
