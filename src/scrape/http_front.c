/* SPDX-License-Identifier: MIT */
#include "scrape/http_front.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error_text.h"
#include "base/version.h"
#include "metrics/process_values.h"
#include "net/listener.h"
#include "page/api.h"
#include "page/landing_page.h"
#include "page/page_file.h"
#include "scrape/api_requests.h"
#include "scrape/config_page.h"
#include "scrape/exposition.h"
#include "scrape/gzip.h"
#include "scrape/http_server.h"
#include "scrape/negotiation.h"

/* While more bytes of answers than this wait to be read by clients, large ones are refused. */
#define UNSENT_MAX ((size_t)128 * 1024 * 1024)
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
	struct http_front_settings settings;
	struct listeners listeners;   /* None once the server has them. */
	struct http_server *server;   /* NULL before it is started. */
	struct engine *engine;	      /* Borrowed. */
	struct history *history;      /* NULL: none is kept. */
	struct probe_targets *probes; /* NULL: nothing may be probed on request. */
	const struct log *log;	      /* Borrowed. */
	int64_t start_time_ns;	      /* Of the process. */
	char *urls;		      /* Owned. */
	char page[ENDPOINT_TEXT_MAX + 16];
};

static int reserve_body(struct buffer *body, size_t length)
{
	return buffer_reserve(body, length > LARGE_BODY ? length + RETURNED_AT_ONCE : length);
}

static int answer_metrics(
	struct http_front *front, const struct http_request *request, struct http_answer *answer)
{
	enum exposition_format format = negotiation_format(&request->wishes);
	bool is_native = front->settings.is_native && format == EXPOSITION_PROTOBUF;
	struct snapshot snapshot;
	int error = engine_snapshot(front->engine, is_native, &snapshot);
	if (error)
		return error;
	const struct build_info build = {version_text(), version_revision(), version_compiler()};
	struct process_values process;
	process_values_read(&front->start_time_ns, &process);
	process.is_alive = engine_is_alive(front->engine);
	http_server_read(front->server, process.http_rejected);
	probe_targets_read(front->probes, &process.probes);
	process.is_reloaded = reloads_are_successful(front->settings.reloads);
	process.reloaded_ns = atomic_load(&front->settings.reloads->success_ns);
	struct source_values sources[TARGET_SOURCES_MAX];
	struct mesh_values mesh;
	struct discovery *discovery = front->settings.discovery;
	bool has_mesh = discovery && discovery_read_mesh(discovery, &mesh);
	const struct exposition exposition = {
		.sources = sources,
		.mesh = has_mesh ? &mesh : NULL,
		.source_count = discovery ? discovery_read(discovery, sources) : 0,
		.format = format,
		.is_lean = front->settings.is_lean,
		.is_native = is_native,
		.snapshot = &snapshot,
		.process = &process,
		.build = &build,
	};
	error = reserve_body(&answer->body, snapshot.target_count * TARGET_BODY);
	if (!error)
		error = exposition_write(&exposition, &answer->body);
	snapshot_clear(&snapshot);
	answer->content_type = exposition_content_type(format);
	answer->is_negotiated = true;
	return error;
}

static int expose_added(struct http_front *front, const struct http_request *request, uint64_t id,
	struct http_answer *answer)
{
	enum exposition_format format = negotiation_format(&request->wishes);
	bool is_native = front->settings.is_native && format == EXPOSITION_PROTOBUF;
	struct snapshot snapshot;
	int error = engine_snapshot_added(front->engine, id, is_native, &snapshot);
	if (error)
		return error;
	const struct exposition exposition = {
		.format = format,
		.is_lean = front->settings.is_lean,
		.is_of_targets = true,
		.is_native = is_native,
		.snapshot = &snapshot,
	};
	error = exposition_write(&exposition, &answer->body);
	snapshot_clear(&snapshot);
	answer->content_type = exposition_content_type(format);
	answer->is_negotiated = true;
	return error;
}

static int answer_probe(
	struct http_front *front, const struct http_request *request, struct http_answer *answer)
{
	struct text_error error;
	uint64_t id;
	if (!front->probes) {
		http_answer_write_text(answer, 403,
			"Probing on request is off; see -probe-allow, in collectd ProbeAllow.");
		return 0;
	}
	unsigned status =
		probe_targets_ask(front->probes, request->query, clock_monotonic_ns(), &id, &error);
	if (status == 0)
		return expose_added(front, request, id, answer);
	http_answer_write_text(answer, status, error.reason);
	return 0;
}

/* What page and API show; released by view_clear(). */
struct view {
	struct page_view page;
	struct snapshot snapshot;
	struct server_peers peers;
};

static void view_clear(struct view *view)
{
	snapshot_clear(&view->snapshot);
	server_peers_clear(&view->peers);
}

/* With the snapshot made. */
static void view_complete(struct http_front *front, struct view *view)
{
	view->page = (struct page_view){
		.snapshot = &view->snapshot,
		.history = front->history,
		.listening = engine_listen_address(front->engine),
		.version = version_text(),
		.now = clock_wall(),
		.now_ns = clock_monotonic_ns(),
	};
}

/* has_peers: whether those of the echo server are wanted, if there is one. */
static int view_make(struct http_front *front, bool has_peers, struct view *view)
{
	*view = (struct view){0};
	int error = engine_snapshot(front->engine, !front->history, &view->snapshot);
	if (!error && has_peers && view->snapshot.has_server)
		error = engine_peers(front->engine, API_PEERS_MAX, &view->peers);
	if (error) {
		view_clear(view);
		return error;
	}
	view_complete(front, view);
	if (has_peers && view->snapshot.has_server)
		view->page.peers = &view->peers;
	return 0;
}

static int answer_page(
	struct http_front *front, const struct http_request *request, struct http_answer *answer)
{
	(void)request;
	struct view view;
	int error = view_make(front, true, &view);
	if (error)
		return error;
	error = landing_page_write(&view.page, &answer->body);
	view_clear(&view);
	answer->content_type = "text/html; charset=utf-8";
	answer->policy = LANDING_PAGE_POLICY;
	answer->caching = "no-store";
	answer->is_negotiated = true;
	return error;
}

static int answer_file(
	struct http_front *front, const struct http_request *request, struct http_answer *answer)
{
	(void)front;
	const struct page_file *file = page_file_find(request->path);
	buffer_append(&answer->body, file->bytes, file->length);
	answer->content_type = page_file_content_type(file);
	/* To be asked for each time: another version of the program may have another one. */
	answer->caching = "no-cache";
	answer->etag = file->etag;
	answer->is_negotiated = true;
	return answer->body.failed ? -ENOMEM : 0;
}

static void become_json(struct http_answer *answer)
{
	answer->content_type = "application/json";
	answer->caching = "no-store";
	answer->is_negotiated = true;
}

static int answer_targets(
	struct http_front *front, const struct http_request *request, struct http_answer *answer)
{
	char text[API_TEXT_MAX];
	struct api_list list;
	const char *wrong = api_requests_read_list(request->query, text, &list);
	if (wrong) {
		http_answer_write_text(answer, 400, wrong);
		return 0;
	}
	struct view view;
	int error = view_make(front, false, &view);
	if (error)
		return error;
	error = api_write_targets(&view.page, &list, &answer->body);
	view_clear(&view);
	become_json(answer);
	return error;
}

static int answer_target(
	struct http_front *front, const struct http_request *request, struct http_answer *answer)
{
	char name[API_NAME_MAX];
	const char *wrong = api_requests_read_name(request->query, name);
	if (wrong) {
		http_answer_write_text(answer, 400, wrong);
		return 0;
	}
	struct view view = {0};
	int error = engine_snapshot_target(front->engine, name, &view.snapshot);
	if (error == -ENOENT)
		http_answer_write_text(answer, 404, "No target has that name.");
	if (error)
		return error == -ENOENT ? 0 : error;
	const struct target_snapshot *target = &view.snapshot.targets[0];
	struct target_event events[TARGET_EVENTS_MAX];
	size_t count = engine_events(front->engine, target->id, events);
	view_complete(front, &view);
	error = api_write_target(&view.page, target, events, count, &answer->body);
	become_json(answer);
	view_clear(&view);
	return error;
}

static int answer_peers(
	struct http_front *front, const struct http_request *request, struct http_answer *answer)
{
	(void)request;
	struct view view;
	int error = view_make(front, true, &view);
	if (error)
		return error;
	if (view.page.peers) {
		error = api_write_peers(&view.page, &answer->body);
		become_json(answer);
	} else {
		http_answer_write_text(answer, 404, "No echo server runs here.");
	}
	view_clear(&view);
	return error;
}

static int answer_ok(
	struct http_front *front, const struct http_request *request, struct http_answer *answer)
{
	(void)front;
	(void)request;
	http_answer_write_text(answer, 200, "OK");
	return 0;
}

static int answer_ready(
	struct http_front *front, const struct http_request *request, struct http_answer *answer)
{
	if (engine_is_alive(front->engine))
		return answer_ok(front, request, answer);
	http_answer_write_text(answer, 503, "A thread hangs.");
	return 0;
}

static int answer_config(
	struct http_front *front, const struct http_request *request, struct http_answer *answer)
{
	(void)request;
	struct target_list targets;
	int error = engine_copy_targets(front->engine, &targets);
	if (error)
		return error;
	error = config_page_write(&targets, &answer->body);
	target_list_clear(&targets);
	answer->content_type = "application/json";
	answer->is_negotiated = true;
	return error;
}

static int answer_reload(
	struct http_front *front, const struct http_request *request, struct http_answer *answer)
{
	(void)request;
	const struct http_reload *reload = &front->settings.reload;
	struct text_error said = {0};
	if (!reload->run)
		http_answer_write_text(
			answer, 403, "Reloading over HTTP is off; see -web.enable-lifecycle.");
	else if (reload->run(reload->context, &said) == 0)
		http_answer_write_text(answer, 200, said.reason);
	else
		http_answer_write_text(answer, 500, said.reason);
	return 0;
}

struct route {
	const char *path;
	/* Fills in an answer. Returns 0 or a negative errno. */
	int (*write)(struct http_front *front, const struct http_request *request,
		struct http_answer *answer);
	bool is_large; /* Its answers grow with the targets. */
	bool is_act;   /* By POST; the others are there to GET. */
};

static const struct route routes[] = {
	{"/metrics", answer_metrics, true, false},
	{"/probe", answer_probe, false, false},
	{"/", answer_page, true, false},
	{"/page.js", answer_file, false, false},
	{"/page.css", answer_file, false, false},
	{"/favicon.ico", answer_file, false, false},
	{"/api/v1/targets", answer_targets, true, false},
	{"/api/v1/target", answer_target, false, false},
	{"/api/v1/peers", answer_peers, true, false},
	{"/config", answer_config, true, false},
	{"/-/healthy", answer_ok, false, false},
	{"/-/ready", answer_ready, false, false},
	{"/-/reload", answer_reload, false, true},
};

static const struct route *find_route(const char *path)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (strcmp(routes[i].path, path) == 0)
			return &routes[i];
	return NULL;
}

static int compress(struct http_answer *answer)
{
	struct buffer compressed = {0};
	int error = reserve_body(&compressed, answer->body.length / GZIP_FACTOR);
	if (!error)
		error = gzip_compress(answer->body.data, answer->body.length, &compressed);
	buffer_clear(&answer->body);
	answer->body = compressed;
	answer->is_compressed = true;
	return error;
}

static int write_route(struct http_front *front, const struct http_request *request,
	const struct route *route, struct http_answer *answer)
{
	answer->status = 200;
	int error = route->write(front, request, answer);
	if (error)
		return error;
	if (answer->etag && negotiation_has_version(request->none_match, answer->etag)) {
		http_answer_write_unchanged(answer);
		return 0;
	}
	if (!answer->is_negotiated || answer->body.length < GZIP_MIN)
		return 0;
	return negotiation_takes_gzip(&request->wishes) ? compress(answer) : 0;
}

static bool is_allowed(const struct route *route, enum http_method method)
{
	return route->is_act ? method == HTTP_METHOD_POST
			     : method == HTTP_METHOD_GET || method == HTTP_METHOD_HEAD;
}

/* For a client that may come in. */
static void choose_answer(
	struct http_front *front, const struct http_request *request, struct http_answer *answer)
{
	const struct route *route = request->path ? find_route(request->path) : NULL;
	if (request->path && !route) {
		http_answer_write_text(answer, 404, "No such page. Try /metrics.");
	} else if (route && route->is_act && !is_allowed(route, request->method)) {
		http_answer_write_text(answer, 405, "Only POST is allowed.");
		answer->allow = "POST";
	} else if (!route || !is_allowed(route, request->method)) {
		http_answer_write_text(answer, 405, "Only GET and HEAD are allowed.");
		answer->allow = "GET, HEAD";
	} else if (route->is_large && http_server_unsent(front->server) > UNSENT_MAX) {
		http_answer_write_text(answer, 503, "Too many clients are reading slowly.");
	} else if (write_route(front, request, route, answer) != 0) {
		log_write(front->log, LOG_LEVEL_WARNING, NULL,
			"cannot answer a request for %s: out of memory", route->path);
		http_answer_write_text(answer, 503, "Out of memory.");
	}
}

static void on_request(
	void *context, const struct http_request *request, struct http_answer *answer)
{
	struct http_front *front = context;
	const struct span *authorization = &request->authorization;
	web_guard_follow(front->settings.guard, front->log, front->settings.reloads);
	if (web_guard_lets_in(front->settings.guard, authorization->start, authorization->length)) {
		choose_answer(front, request, answer);
		return;
	}
	http_answer_write_text(answer, 401, "Name and password are needed.");
	answer->challenge = "Basic realm=\"tcp-echo-metrics\", charset=\"UTF-8\"";
}

static struct tls_context *on_connection(void *context)
{
	struct http_front *front = context;
	web_guard_follow(front->settings.guard, front->log, front->settings.reloads);
	return web_guard_tls(front->settings.guard);
}

static const struct labels *headers_of(void *context)
{
	const struct http_front *front = context;
	return web_guard_headers(front->settings.guard);
}

/* addresses: separated by ", ". Returns NULL when out of memory. */
static char *make_urls(const char *addresses, bool has_tls)
{
	struct buffer urls = {0};
	while (*addresses != '\0') {
		size_t length = strcspn(addresses, ",");
		buffer_append_format(&urls, "%s://%.*s/metrics", has_tls ? "https" : "http",
			(int)length, addresses);
		addresses += length;
		size_t gap = strspn(addresses, ", ");
		buffer_append(&urls, addresses, gap);
		addresses += gap;
	}
	buffer_append(&urls, "", 1);
	size_t length;
	return buffer_release(&urls, &length);
}

/* The first of the addresses, by a name that a browser takes. */
static void make_page(const char *addresses, bool has_tls, char *page, size_t size)
{
	static const char *const everywhere[] = {"[::]:", "0.0.0.0:"};
	size_t length = strcspn(addresses, ",");
	const char *scheme = has_tls ? "https" : "http";
	for (size_t i = 0; i < sizeof(everywhere) / sizeof(everywhere[0]); i++) {
		size_t prefix = strlen(everywhere[i]);
		if (strncmp(addresses, everywhere[i], prefix) == 0) {
			snprintf(page, size, "%s://localhost:%.*s/", scheme, (int)(length - prefix),
				addresses + prefix);
			return;
		}
	}
	snprintf(page, size, "%s://%.*s/", scheme, (int)length, addresses);
}

static int start_history(struct http_front *front)
{
	if (front->settings.history_ns == 0 || !engine_has_prober(front->engine))
		return 0;
	return history_start(
		front->engine, front->settings.history_ns, front->log, &front->history);
}

static void on_turn(void *context)
{
	struct http_front *front = context;
	probe_targets_end_due(front->probes, clock_monotonic_ns());
}

static int start_probes(struct http_front *front)
{
	const struct probe_rules *rules = &front->settings.probe;
	if (!rules->allow || rules->allow->count == 0 || !engine_has_prober(front->engine))
		return 0;
	return probe_targets_new(
		rules, front->engine, front->log, clock_monotonic_ns(), &front->probes);
}

/* Returns 0 or a negative errno. */
static int start_server(struct http_front *front)
{
	bool has_tls = web_guard_tls(front->settings.guard) != NULL;
	make_page(front->listeners.text, has_tls, front->page, sizeof(front->page));
	front->urls = make_urls(front->listeners.text, has_tls);
	int error = front->urls ? start_history(front) : -ENOMEM;
	if (!error)
		error = start_probes(front);
	if (error)
		return error;
	const struct http_handler handler = {
		on_request, on_connection, headers_of, front->probes ? on_turn : NULL, front};
	unsigned connections = (unsigned)engine_front_connections(front->engine);
	error = http_server_start(
		&front->listeners, connections, &handler, front->log, &front->server);
	if (error)
		front->server = NULL;
	return error;
}

int http_front_open(const struct http_front_settings *settings, const struct log *log,
	struct http_front **front, struct text_error *error)
{
	struct http_front *made = calloc(1, sizeof(*made));
	if (!made) {
		text_error_set(error, 0, "out of memory");
		return -ENOMEM;
	}
	int failure = listeners_open_all(
		settings->listen, settings->listen_count, log, &made->listeners, error);
	if (failure) {
		free(made);
		return failure;
	}
	made->settings = *settings;
	made->log = log;
	made->start_time_ns = -1;
	*front = made;
	return 0;
}

int http_front_start(struct http_front *front, struct engine *engine, struct text_error *error)
{
	front->engine = engine;
	int failure = start_server(front);
	if (failure) {
		char why[ERROR_TEXT_MAX];
		error_text(-failure, why);
		text_error_set(error, 0, "cannot start the HTTP server: %s", why);
	}
	return failure;
}

void http_front_read(const struct http_front *front, uint64_t rejected[HTTP_REJECTS])
{
	http_server_read(front->server, rejected);
}

void http_front_read_probes(const struct http_front *front, struct probe_values *values)
{
	probe_targets_read(front->probes, values);
}

const char *http_front_urls(const struct http_front *front)
{
	return front->urls;
}

const char *http_front_page(const struct http_front *front)
{
	return front->page;
}

void http_front_stop(struct http_front *front)
{
	if (!front)
		return;
	http_server_stop(front->server);
	history_stop(front->history);
	probe_targets_free(front->probes);
	listeners_close(&front->listeners);
	free(front->urls);
	free(front);
}
