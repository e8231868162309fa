/* SPDX-License-Identifier: MIT */
#include "engine/engine.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/error_text.h"
#include "base/files.h"
#include "base/text.h"
#include "echo/echo_server.h"
#include "engine/descriptors.h"
#include "engine/entries.h"
#include "net/listener.h"
#include "net/resolver.h"
#include "net/socket.h"
#include "net/tcp_info.h"
#include "probe/prober.h"

/* Where there is room for few peers, they may all be behind one address. */
#define PEERS_PER_ADDRESS_MIN 16

/* select() knows descriptors below this one only: FD_SETSIZE of the C libraries. */
#define SELECT_LIMIT 1024

/* Threads are shifted against each other by the golden ratio, so their slots do not coincide. */
#define SHARE_SHIFT 0.6180339887498949

/* Targets that were added one by one. */
struct lone_targets {
	struct destinations allowed; /* Owned. */
	size_t most;
	pthread_mutex_t mutex;	/* Guards the entries while they are read. */
	struct entries entries; /* By id; there is room for as many as there may be. */
	size_t descriptors;	/* That they may take, and have. */
	size_t descriptors_most;
};

struct engine {
	const struct log *log;
	struct resolver *resolver;
	struct crew crew;
	struct echo_server *server;
	struct descriptor_wishes wishes;
	struct descriptor_shares shares_of_descriptors;
	size_t peers_per_address; /* 0: a share of all. */
	bool is_peer_limit_wanted;
	char listen_address[LISTENERS_TEXT_MAX];
	pthread_mutex_t
		change_mutex;  /* Whoever adds or ends targets has it, and the crew's numbers. */
	pthread_mutex_t mutex; /* Guards entries against reloads while they are read. */
	struct entries entries;
	struct lone_targets lone;
	/* Who is told of reloads, guarded by the mutex of changes. */
	void (*on_reload)(void *context);
	void *reload_context;
};

/* How many descriptors a target takes, at most. */
static size_t descriptors_of(const struct target_options *options)
{
	return options->probe == PROBE_KIND_CONNECT ? target_options_records(options) : 1;
}

/* The same of a list. */
static size_t count_descriptors(const struct target_list *targets)
{
	size_t count = 0;
	for (size_t i = 0; i < targets->count; i++)
		count += descriptors_of(&targets->targets[i].options);
	return count;
}

/* Shares the descriptors out for these targets. Returns 0, or -EMFILE with error. */
static int share_descriptors(struct engine *engine, const struct target_list *targets,
	struct descriptor_shares *shares, struct text_error *error)
{
	struct descriptor_wishes *wishes = &engine->wishes;
	size_t needed;
	wishes->limit = files_limit();
	wishes->targets =
		wishes->threads > 0 ? count_descriptors(targets) + engine->lone.descriptors : 0;
	wishes->added = engine->lone.entries.count;
	wishes->added_have = engine->lone.descriptors - wishes->added;
	wishes->lone = engine->lone.most - wishes->added;
	int failure = descriptors_share(wishes, shares, &needed);
	if (!failure)
		return 0;
	if (wishes->threads > 0)
		text_error_set(error, 0,
			"%zu targets need %zu file descriptors, but the limit is %lld: raise it (ulimit -n, LimitNOFILE=)",
			targets->count + wishes->added, needed, (long long)wishes->limit);
	else
		text_error_set(error, 0,
			"%zu file descriptors are needed, but the limit is %lld: raise it (ulimit -n, LimitNOFILE=)",
			needed, (long long)wishes->limit);
	return failure;
}

static void wish_descriptors(struct engine *engine, const struct settings *settings)
{
	engine->wishes = (struct descriptor_wishes){
		.is_shared = settings->is_guest,
		.threads = settings->probe ? settings->threads : 0,
		.sources = settings->discovery_descriptors,
		.front = settings->front_connections,
		.serves = settings->serve,
		.asks_system = settings->probe && settings->resolver == SETTINGS_RESOLVER_SYSTEM,
		.peers = settings->max_peers > 0 ? settings->max_peers : OPTION_PEERS_MAX,
	};
	engine->peers_per_address = settings->max_peers_per_address;
	engine->is_peer_limit_wanted = settings->max_peers > 0;
}

/* Leaves the low descriptors to the rest of the process. */
static void stay_above(const struct engine *engine)
{
	const struct descriptor_wishes *wishes = &engine->wishes;
	size_t wanted = wishes->targets + engine->shares_of_descriptors.front +
			engine->shares_of_descriptors.lone;
	if (wishes->limit < SELECT_LIMIT || (uint64_t)(wishes->limit - SELECT_LIMIT) < wanted)
		log_write(engine->log, LOG_LEVEL_WARNING, NULL,
			"the limit of %lld file descriptors leaves too few above %d: other plugins may need those below for select(); raise it (LimitNOFILE=)",
			(long long)wishes->limit, SELECT_LIMIT);
	socket_stay_above(SELECT_LIMIT);
}

static struct echo_server_limits server_limits(const struct engine *engine)
{
	size_t peers = engine->shares_of_descriptors.peers;
	size_t half = peers / 2;
	if (half < PEERS_PER_ADDRESS_MIN)
		half = PEERS_PER_ADDRESS_MIN;
	return (struct echo_server_limits){
		.peers = peers,
		.peers_per_address =
			engine->peers_per_address > 0 ? engine->peers_per_address : half,
		.is_wanted = engine->is_peer_limit_wanted && peers == engine->wishes.peers,
	};
}

static void take_shares(struct engine *engine, const struct descriptor_shares *shares)
{
	for (unsigned i = 0; i < engine->crew.share_count; i++)
		prober_set_spare_sockets(engine->crew.shares[i].prober,
			(unsigned)(shares->dials / engine->crew.share_count));
	bool is_same = engine->shares_of_descriptors.peers == shares->peers;
	engine->shares_of_descriptors = *shares;
	engine->lone.descriptors_most = engine->lone.descriptors + shares->lone;
	if (!engine->server || is_same)
		return;
	struct echo_server_limits limits = server_limits(engine);
	echo_server_limit(engine->server, &limits);
}

static int fail_memory(struct text_error *error)
{
	text_error_set(error, 0, "out of memory");
	return -ENOMEM;
}

/* With the mutex of changes held. */
static int change_list(struct engine *engine, const struct target_list *targets,
	struct reload_report *report, struct text_error *error)
{
	struct descriptor_shares shares;
	int failure = share_descriptors(engine, targets, &shares, error);
	if (failure)
		return failure;
	struct entries changed;
	if (entries_change(&engine->crew, &engine->entries, targets, report, &changed) != 0)
		return fail_memory(error);
	pthread_mutex_lock(&engine->mutex);
	entries_remove(&engine->entries);
	entries_start(&changed);
	engine->entries = changed;
	pthread_mutex_unlock(&engine->mutex);
	take_shares(engine, &shares);
	return 0;
}

int engine_reload(struct engine *engine, const struct target_list *targets,
	struct reload_report *report, struct text_error *error)
{
	if (engine->crew.share_count == 0)
		return 0;
	pthread_mutex_lock(&engine->change_mutex);
	int failure = change_list(engine, targets, report, error);
	if (!failure && engine->on_reload)
		engine->on_reload(engine->reload_context);
	pthread_mutex_unlock(&engine->change_mutex);
	return failure;
}

void engine_follow_reloads(struct engine *engine, void (*on_reload)(void *context), void *context)
{
	pthread_mutex_lock(&engine->change_mutex);
	engine->on_reload = on_reload;
	engine->reload_context = context;
	pthread_mutex_unlock(&engine->change_mutex);
}

/* With the mutex of changes held. */
static int add_lone(struct engine *engine, const struct target_config *config, uint64_t *id)
{
	struct lone_targets *lone = &engine->lone;
	size_t descriptors = descriptors_of(&config->options);
	if (lone->entries.count == lone->most)
		return -ENOSPC;
	if (lone->descriptors + descriptors > lone->descriptors_most)
		return -EMFILE;
	struct entry entry;
	int error = entry_make(&engine->crew, config, &entry);
	if (error)
		return error;
	struct target *target = &entry.probed->link.target;
	target->allowed = &lone->allowed;
	target->is_unwatched = true;
	target->report.is_one_of_many = true;
	lone->descriptors += descriptors;
	pthread_mutex_lock(&lone->mutex);
	lone->entries.entries[lone->entries.count++] = entry;
	pthread_mutex_unlock(&lone->mutex);
	prober_add(entry.share->prober, entry.probed);
	*id = entry.id;
	return 0;
}

int engine_add(struct engine *engine, const struct target_config *target, uint64_t *id)
{
	struct target_config plain = *target;
	plain.labels = (struct labels){0};
	if (engine->crew.share_count == 0 || engine->lone.most == 0)
		return -EPERM;
	pthread_mutex_lock(&engine->change_mutex);
	int error = add_lone(engine, &plain, id);
	pthread_mutex_unlock(&engine->change_mutex);
	return error;
}

static int compare_id(const void *id, const void *element)
{
	const uint64_t *wanted = id;
	const struct entry *entry = element;
	return (*wanted > entry->id) - (*wanted < entry->id);
}

/* With either of its mutexes held. NULL if there is none of that id. */
static struct entry *find_lone(const struct lone_targets *lone, uint64_t id)
{
	if (lone->entries.count == 0)
		return NULL;
	return bsearch(
		&id, lone->entries.entries, lone->entries.count, sizeof(struct entry), compare_id);
}

void engine_remove(struct engine *engine, uint64_t id)
{
	struct lone_targets *lone = &engine->lone;
	pthread_mutex_lock(&engine->change_mutex);
	struct entry *found = find_lone(lone, id);
	if (found) {
		struct entry entry = *found;
		lone->descriptors -= descriptors_of(&entry.target->options);
		entry.share->load -= entry_load(&entry.target->options);
		pthread_mutex_lock(&lone->mutex);
		size_t behind = (size_t)(&lone->entries.entries[lone->entries.count] - found - 1);
		memmove(found, found + 1, behind * sizeof(*found));
		lone->entries.count--;
		pthread_mutex_unlock(&lone->mutex);
		prober_remove(entry.share->prober, entry.probed);
	}
	pthread_mutex_unlock(&engine->change_mutex);
}

/* Makes room for all that there may be. */
static int prepare_lone(
	struct engine *engine, const struct settings *settings, struct text_error *error)
{
	struct lone_targets *lone = &engine->lone;
	if (!settings->probe || settings->probe_allow.count == 0)
		return 0;
	lone->entries.entries = calloc(settings->probe_max, sizeof(*lone->entries.entries));
	if (!lone->entries.entries ||
		destinations_copy(&settings->probe_allow, &lone->allowed) != 0)
		return fail_memory(error);
	lone->most = settings->probe_max;
	return 0;
}

static int start_server(
	struct engine *engine, const struct settings *settings, struct text_error *error)
{
	struct listeners listeners;
	int failure = listeners_open(&settings->listen, engine->log, &listeners, error);
	if (failure)
		return failure;
	text_put(engine->listen_address, listeners.text);
	struct echo_server_limits limits = server_limits(engine);
	if (limits.peers < settings->max_peers)
		log_write(engine->log, LOG_LEVEL_WARNING, NULL,
			"echo server: there are file descriptors for %zu peers only, not for %zu: raise the limit (ulimit -n, LimitNOFILE=)",
			limits.peers, settings->max_peers);
	const struct echo_server_rules rules = {
		.allow = &settings->allow,
		.reflects_dscp = settings->reflects_dscp,
		.gives_stamps = settings->defaults.stamps,
	};
	failure = echo_server_start(&listeners, &rules, &limits, engine->log, &engine->server);
	if (failure) {
		char why[ERROR_TEXT_MAX];
		error_text(-failure, why);
		text_error_set(error, 0, "cannot start the echo server: %s", why);
	}
	return failure;
}

static int start_resolver(
	struct engine *engine, enum settings_resolver chosen, struct text_error *error)
{
	bool is_system = chosen == SETTINGS_RESOLVER_SYSTEM;
	int failure = resolver_new(is_system ? RESOLVER_SYSTEM : RESOLVER_DNS, &engine->resolver);
	if (failure) {
		char why[ERROR_TEXT_MAX];
		error_text(-failure, why);
		text_error_set(error, 0, "cannot start the resolver: %s", why);
	}
	return failure;
}

static int start_probers(struct engine *engine, const struct settings *settings,
	const struct target_watcher *watcher, struct text_error *error)
{
	int failure = start_resolver(engine, settings->resolver, error);
	if (failure)
		return failure;
	assert(settings->threads >= 1 && settings->threads <= OPTION_THREADS_MAX);
	int64_t start_ns = clock_monotonic_ns();
	for (unsigned i = 0; i < settings->threads; i++) {
		double turns = SHARE_SHIFT * i;
		failure = prober_start(start_ns, turns - (double)(int)turns, engine->resolver,
			engine->log, watcher, &engine->crew.shares[i].prober);
		if (failure) {
			char why[ERROR_TEXT_MAX];
			error_text(-failure, why);
			text_error_set(error, 0, "cannot start prober thread %u of %u: %s", i + 1,
				settings->threads, why);
			return failure;
		}
		engine->crew.share_count++;
	}
	struct reload_report report = {0};
	failure = engine_reload(engine, &settings->targets, &report, error);
	reload_report_clear(&report);
	return failure;
}

int engine_start(const struct settings *settings, const struct log *log,
	const struct target_watcher *watcher, struct engine **engine, struct text_error *error)
{
	struct engine *made = calloc(1, sizeof(*made));
	if (!made)
		return fail_memory(error);
	pthread_mutex_init(&made->mutex, NULL);
	pthread_mutex_init(&made->change_mutex, NULL);
	pthread_mutex_init(&made->lone.mutex, NULL);
	made->log = log;
	made->crew.keeps_excess = settings->keep_excess;
	wish_descriptors(made, settings);
	int failure = prepare_lone(made, settings, error);
	if (!failure)
		failure = share_descriptors(
			made, &settings->targets, &made->shares_of_descriptors, error);
	made->wishes.front = made->shares_of_descriptors.front;
	made->wishes.front_is_fixed = true;
	if (!failure && settings->is_guest)
		stay_above(made);
	if (!failure && settings->serve)
		failure = start_server(made, settings, error);
	if (!failure && settings->probe)
		failure = start_probers(made, settings, watcher, error);
	if (failure) {
		engine_stop(made);
		return failure;
	}
	*engine = made;
	return 0;
}

int engine_snapshot(struct engine *engine, bool with_distributions, struct snapshot *snapshot)
{
	*snapshot = (struct snapshot){
		.has_prober = engine->crew.share_count > 0,
		.has_server = engine->server != NULL,
		.lacks_tcp_info = !tcp_info_is_available(),
	};
	pthread_mutex_lock(&engine->mutex);
	int error = entries_snapshot(&engine->crew, &engine->entries, with_distributions, snapshot);
	pthread_mutex_unlock(&engine->mutex);
	if (error) {
		snapshot_clear(snapshot);
		return error;
	}
	for (unsigned i = 0; i < engine->crew.share_count; i++) {
		const struct prober *prober = engine->crew.shares[i].prober;
		live_histogram_add_to(prober_lag(prober), &snapshot->send_lag);
		live_histogram_add_to(prober_tx_delay(prober), &snapshot->tx_delay);
		if (!with_distributions)
			continue;
		live_histogram_add_fine_to(prober_lag(prober), &snapshot->send_lag_distribution);
		live_histogram_add_fine_to(
			prober_tx_delay(prober), &snapshot->tx_delay_distribution);
	}
	if (engine->server)
		echo_server_read(engine->server, &snapshot->server);
	return 0;
}

bool engine_has_prober(const struct engine *engine)
{
	return engine->crew.share_count > 0;
}

int engine_snapshot_target(struct engine *engine, const char *name, struct snapshot *snapshot)
{
	struct entries one = {0};
	*snapshot = (struct snapshot){.has_prober = engine_has_prober(engine)};
	pthread_mutex_lock(&engine->mutex);
	for (size_t i = 0; i < engine->entries.count && one.count == 0; i++)
		if (strcmp(engine->entries.entries[i].target->name, name) == 0)
			one = (struct entries){&engine->entries.entries[i], 1};
	int error = one.count > 0 ? entries_snapshot(&engine->crew, &one, true, snapshot) : -ENOENT;
	pthread_mutex_unlock(&engine->mutex);
	if (error)
		snapshot_clear(snapshot);
	return error;
}

int engine_snapshot_added(
	struct engine *engine, uint64_t id, bool with_distributions, struct snapshot *snapshot)
{
	struct lone_targets *lone = &engine->lone;
	*snapshot = (struct snapshot){
		.has_prober = engine_has_prober(engine),
		.lacks_tcp_info = !tcp_info_is_available(),
	};
	pthread_mutex_lock(&lone->mutex);
	struct entries one = {find_lone(lone, id), 1};
	int error = one.entries
			    ? entries_snapshot(&engine->crew, &one, with_distributions, snapshot)
			    : -ENOENT;
	pthread_mutex_unlock(&lone->mutex);
	if (error)
		snapshot_clear(snapshot);
	return error;
}

void engine_visit(struct engine *engine,
	void (*visit)(void *context, uint64_t target_id, const struct target_values *values,
		const struct distribution *round_trips),
	void *context)
{
	struct target_values values;
	struct distribution round_trips;
	const struct target_distributions distributions = {.rtt = &round_trips};
	pthread_mutex_lock(&engine->mutex);
	for (size_t i = 0; i < engine->entries.count; i++) {
		const struct entry *entry = &engine->entries.entries[i];
		target_stats_read_all(entry->target->stats, &values, &distributions);
		visit(context, entry->id, &values, &round_trips);
	}
	pthread_mutex_unlock(&engine->mutex);
}

unsigned engine_events(
	struct engine *engine, uint64_t target_id, struct target_event events[TARGET_EVENTS_MAX])
{
	unsigned count = 0;
	pthread_mutex_lock(&engine->mutex);
	for (size_t i = 0; i < engine->entries.count; i++) {
		const struct entry *entry = &engine->entries.entries[i];
		if (entry->id == target_id)
			count = target_stats_read_events(entry->target->stats, events);
	}
	pthread_mutex_unlock(&engine->mutex);
	return count;
}

int engine_peers(struct engine *engine, size_t limit, struct server_peers *peers)
{
	return engine->server ? echo_server_read_peers(engine->server, limit, peers) : -ENOENT;
}

/* Borrows what the entry has. */
static struct target_config config_of(const struct entry *entry)
{
	union {
		const char *text;
		char *name;
	} name = {entry->target->name};
	struct target_config config = {
		.name = name.name,
		.options = entry->target->options,
		.labels = entry->labels,
	};
	const char *reason;
	/* It was written by endpoint_format(). */
	endpoint_parse(entry->target->address, ENDPOINT_TO_DIAL, &config.address, &reason);
	return config;
}

int engine_copy_targets(struct engine *engine, struct target_list *targets)
{
	struct target_list copy = {0};
	int error = 0;
	pthread_mutex_lock(&engine->mutex);
	for (size_t i = 0; i < engine->entries.count && !error; i++) {
		const struct target_config config = config_of(&engine->entries.entries[i]);
		error = target_list_append(&copy, &config, NULL);
	}
	pthread_mutex_unlock(&engine->mutex);
	if (error) {
		target_list_clear(&copy);
		return error;
	}
	*targets = copy;
	return 0;
}

int64_t engine_rests_until_ns(struct engine *engine)
{
	int64_t until_ns = INT64_MAX;
	for (unsigned i = 0; i < engine->crew.share_count; i++) {
		int64_t rests_ns = prober_rests_until_ns(engine->crew.shares[i].prober);
		until_ns = rests_ns < until_ns ? rests_ns : until_ns;
	}
	return until_ns;
}

bool engine_is_alive(struct engine *engine)
{
	int64_t now_ns = clock_monotonic_ns();
	bool is_alive = !engine->server || echo_server_is_alive(engine->server, now_ns);
	for (unsigned i = 0; i < engine->crew.share_count; i++)
		is_alive = prober_is_alive(engine->crew.shares[i].prober, now_ns) && is_alive;
	return is_alive;
}

size_t engine_front_connections(const struct engine *engine)
{
	return engine->shares_of_descriptors.front;
}

const char *engine_listen_address(const struct engine *engine)
{
	return engine->listen_address;
}

void engine_stop(struct engine *engine)
{
	if (!engine)
		return;
	/* Probers first, so that the end of our own server is not taken for a network fault. */
	for (unsigned i = 0; i < engine->crew.share_count; i++)
		prober_stop(engine->crew.shares[i].prober);
	resolver_free(engine->resolver);
	echo_server_stop(engine->server);
	entries_clear(&engine->entries);
	entries_clear(&engine->lone.entries);
	destinations_clear(&engine->lone.allowed);
	pthread_mutex_destroy(&engine->lone.mutex);
	pthread_mutex_destroy(&engine->change_mutex);
	pthread_mutex_destroy(&engine->mutex);
	free(engine);
}
