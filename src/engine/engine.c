/* SPDX-License-Identifier: MIT */
#include "engine/engine.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "echo/echo_server.h"
#include "net/resolver.h"
#include "net/socket.h"
#include "probe/prober.h"
#include "probe/slots.h"
#include "probe/target.h"

/* Descriptors for all that is no target: listeners, scrapes, event loops, logs, the resolver. */
#define DESCRIPTORS_BESIDES 32

/* Long enough for ten thousand targets to be dialled. */
#define START_GRACE_NS NS_PER_S

/* One prober and the places in the interval that its targets hold. */
struct share {
	struct prober *prober;
	size_t target_count;
	uint8_t *is_taken; /* Owned; by index of the phase. */
	uint32_t capacity;
	uint32_t lowest_free; /* No index below this one is free. */
};

/* A target that is being probed. */
struct entry {
	struct target *target; /* The prober's. */
	struct share *share;
	uint32_t index; /* Of its phase. */
	bool is_kept;	/* During a reload: also in the new list. */
};

struct entries {
	struct entry *entries; /* Owned. */
	size_t count;
};

struct engine {
	const struct log *log;
	struct target_terms terms; /* Without a phase. */
	struct resolver *resolver;
	struct share shares[SETTINGS_THREADS_MAX];
	unsigned share_count;
	struct echo_server *server;
	char listen_address[SOCKET_ADDRESS_TEXT_MAX];
	pthread_mutex_t mutex; /* Guards entries against reloads while they are read. */
	struct entries entries;
};

static int check_descriptors(size_t targets, struct text_error *error)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
		return 0;
	size_t needed = targets + DESCRIPTORS_BESIDES;
	if (needed <= limit.rlim_cur)
		return 0;
	text_error_set(error, 0,
		"%zu targets need %zu file descriptors, but the limit is %llu: raise it (ulimit "
		"-n, "
		"LimitNOFILE=)",
		targets, needed, (unsigned long long)limit.rlim_cur);
	return -EMFILE;
}

static int fail_memory(struct text_error *error)
{
	text_error_set(error, 0, "no memory left");
	return -ENOMEM;
}

/* The share with the fewest targets. */
static struct share *choose_share(struct engine *engine)
{
	struct share *chosen = &engine->shares[0];
	for (unsigned i = 1; i < engine->share_count; i++)
		if (engine->shares[i].target_count < chosen->target_count)
			chosen = &engine->shares[i];
	return chosen;
}

/* Takes the lowest free index. Returns 0 or -ENOMEM. */
static int take_index(struct share *share, uint32_t *index)
{
	uint32_t at = share->lowest_free;
	while (at < share->capacity && share->is_taken[at])
		at++;
	if (at == share->capacity) {
		uint32_t capacity = share->capacity ? 2 * share->capacity : 64;
		uint8_t *is_taken = realloc(share->is_taken, capacity);
		if (!is_taken)
			return -ENOMEM;
		memset(is_taken + share->capacity, 0, capacity - share->capacity);
		share->is_taken = is_taken;
		share->capacity = capacity;
	}
	share->is_taken[at] = 1;
	share->lowest_free = at + 1;
	share->target_count++;
	*index = at;
	return 0;
}

static void give_index_back(struct share *share, uint32_t index)
{
	share->is_taken[index] = 0;
	share->target_count--;
	if (index < share->lowest_free)
		share->lowest_free = index;
}

/* Threads are shifted against each other by the golden ratio, so that their slots do not coincide.
 */
static int64_t phase_ns(const struct engine *engine, const struct share *share, uint32_t index)
{
	int64_t interval_ns = engine->terms.interval_ns;
	double turns = 0.6180339887498949 * (double)(share - engine->shares);
	int64_t shift_ns = (int64_t)((turns - (double)(int64_t)turns) * (double)interval_ns);
	return (slots_phase_ns(index, interval_ns) + shift_ns) % interval_ns;
}

/* Makes a target, not yet handed to its prober. */
static int make_entry(
	struct engine *engine, const struct target_config *config, struct entry *entry)
{
	struct entry made = {.share = choose_share(engine)};
	int error = take_index(made.share, &made.index);
	if (error)
		return error;
	struct target_terms terms = engine->terms;
	terms.phase_ns = phase_ns(engine, made.share, made.index);
	error = target_new(config, &terms, &made.target);
	if (error) {
		give_index_back(made.share, made.index);
		return error;
	}
	*entry = made;
	return 0;
}

static int compare_entries(const void *left, const void *right)
{
	const struct entry *const *a = left;
	const struct entry *const *b = right;
	return strcmp((*a)->target->name, (*b)->target->name);
}

static int compare_name(const void *name, const void *element)
{
	const struct entry *const *entry = element;
	return strcmp(name, (*entry)->target->name);
}

/* The present entries by name; the array is the caller's to free. NULL without memory. */
static struct entry **sort_entries(struct entries *entries)
{
	struct entry **sorted = calloc(entries->count + 1, sizeof(struct entry *));
	if (!sorted)
		return NULL;
	for (size_t i = 0; i < entries->count; i++) {
		entries->entries[i].is_kept = false;
		sorted[i] = &entries->entries[i];
	}
	qsort(sorted, entries->count, sizeof(struct entry *), compare_entries);
	return sorted;
}

static struct entry *find_same(
	struct entry **sorted, size_t count, const struct target_config *config)
{
	struct entry **found =
		bsearch(config->name, sorted, count, sizeof(struct entry *), compare_name);
	if (!found)
		return NULL;
	char address[ENDPOINT_TEXT_MAX];
	endpoint_format(&config->address, address);
	return strcmp((*found)->target->address, address) == 0 ? *found : NULL;
}

/* Undoes fill_entries(): frees what it made. */
static void drop_entries(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++) {
		struct entry *entry = &entries->entries[i];
		if (entry->is_kept)
			continue;
		give_index_back(entry->share, entry->index);
		target_free(entry->target);
	}
	free(entries->entries);
	*entries = (struct entries){0};
}

/* Puts together the entries of a new list: those that stay (is_kept) and newly made ones. */
static int fill_entries(struct engine *engine, const struct target_list *targets,
	struct entry **sorted, struct entries *filled)
{
	filled->entries = calloc(targets->count + 1, sizeof(*filled->entries));
	if (!filled->entries)
		return -ENOMEM;
	for (size_t i = 0; i < targets->count; i++) {
		const struct target_config *config = &targets->targets[i];
		struct entry *same = find_same(sorted, engine->entries.count, config);
		if (same) {
			same->is_kept = true;
			filled->entries[i] = *same;
		} else {
			int error = make_entry(engine, config, &filled->entries[i]);
			if (error) {
				drop_entries(filled);
				return error;
			}
		}
		filled->count++;
	}
	return 0;
}

static void start_entries(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++) {
		struct entry *entry = &entries->entries[i];
		if (!entry->is_kept)
			prober_add(entry->share->prober, entry->target);
		entry->is_kept = false;
	}
}

static void remove_entries(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++) {
		struct entry *entry = &entries->entries[i];
		if (entry->is_kept)
			continue;
		give_index_back(entry->share, entry->index);
		prober_remove(entry->share->prober, entry->target);
	}
	free(entries->entries);
}

int engine_reload(
	struct engine *engine, const struct target_list *targets, struct text_error *error)
{
	if (engine->share_count == 0)
		return 0;
	int failure = check_descriptors(targets->count, error);
	if (failure)
		return failure;
	struct entry **sorted = sort_entries(&engine->entries);
	if (!sorted)
		return fail_memory(error);
	struct entries filled = {0};
	failure = fill_entries(engine, targets, sorted, &filled);
	free(sorted);
	if (failure)
		return fail_memory(error);
	pthread_mutex_lock(&engine->mutex);
	struct entries old = engine->entries;
	remove_entries(&old);
	start_entries(&filled);
	engine->entries = filled;
	pthread_mutex_unlock(&engine->mutex);
	return 0;
}

static int start_server(
	struct engine *engine, const struct endpoint *listen, struct text_error *error)
{
	int fd;
	int failure = socket_listen(listen, &fd, engine->listen_address, error);
	if (failure)
		return failure;
	failure = echo_server_start(fd, engine->log, &engine->server);
	if (failure)
		text_error_set(error, 0, "cannot start the echo server: error %d", -failure);
	return failure;
}

static int start_probers(struct engine *engine, const struct settings *settings,
	const struct target_watcher *watcher, struct text_error *error)
{
	int failure = resolver_new(&engine->resolver);
	if (failure)
		return fail_memory(error);
	int64_t start_ns = clock_monotonic_ns();
	/* A long interval's first slot must not fall before the first connection. */
	if (engine->terms.interval_ns >= START_GRACE_NS)
		start_ns += START_GRACE_NS;
	for (unsigned i = 0; i < settings->threads; i++) {
		failure = prober_start(&engine->terms, start_ns, engine->resolver, engine->log,
			watcher, &engine->shares[i].prober);
		if (failure) {
			text_error_set(error, 0, "cannot start prober thread %u of %u: error %d",
				i + 1, settings->threads, -failure);
			return failure;
		}
		engine->share_count++;
	}
	return engine_reload(engine, &settings->targets, error);
}

int engine_start(const struct settings *settings, const struct log *log,
	const struct target_watcher *watcher, struct engine **engine, struct text_error *error)
{
	int failure = settings_check(settings, error);
	if (failure)
		return failure;
	struct engine *made = calloc(1, sizeof(*made));
	if (!made)
		return fail_memory(error);
	pthread_mutex_init(&made->mutex, NULL);
	made->log = log;
	made->terms = (struct target_terms){
		.interval_ns = settings->interval_ns,
		.timeout_ns = settings->timeout_ns,
		.window = settings->window,
	};
	if (settings->serve)
		failure = start_server(made, &settings->listen, error);
	if (!failure && settings->probe)
		failure = start_probers(made, settings, watcher, error);
	if (failure) {
		engine_stop(made);
		return failure;
	}
	*engine = made;
	return 0;
}

/* Copies name and address behind each other; returns where the next strings go. */
static char *copy_strings(const struct target *target, struct target_snapshot *snapshot, char *text)
{
	snapshot->name = text;
	text = stpcpy(text, target->name) + 1;
	snapshot->address = text;
	return stpcpy(text, target->address) + 1;
}

/* With the mutex held. */
static int copy_targets(const struct entries *entries, struct snapshot *snapshot)
{
	size_t text_size = 1;
	for (size_t i = 0; i < entries->count; i++) {
		const struct target *target = entries->entries[i].target;
		text_size += strlen(target->name) + strlen(target->address) + 2;
	}
	snapshot->text = malloc(text_size);
	snapshot->targets = malloc((entries->count + 1) * sizeof(*snapshot->targets));
	if (!snapshot->text || !snapshot->targets)
		return -ENOMEM;
	char *text = snapshot->text;
	for (size_t i = 0; i < entries->count; i++) {
		const struct target *target = entries->entries[i].target;
		struct target_snapshot *copy = &snapshot->targets[i];
		text = copy_strings(target, copy, text);
		target_stats_read(target->stats, &copy->values);
		copy->peer = copy->values.peer;
	}
	snapshot->target_count = entries->count;
	return 0;
}

int engine_snapshot(struct engine *engine, struct snapshot *snapshot)
{
	*snapshot = (struct snapshot){
		.has_prober = engine->share_count > 0,
		.has_server = engine->server != NULL,
	};
	pthread_mutex_lock(&engine->mutex);
	int error = copy_targets(&engine->entries, snapshot);
	pthread_mutex_unlock(&engine->mutex);
	if (error) {
		snapshot_clear(snapshot);
		return error;
	}
	for (unsigned i = 0; i < engine->share_count; i++)
		prober_add_lag(engine->shares[i].prober, &snapshot->send_lag);
	if (engine->server)
		echo_server_read(engine->server, &snapshot->server);
	return 0;
}

const char *engine_listen_address(const struct engine *engine)
{
	return engine->listen_address;
}

void engine_stop(struct engine *engine)
{
	if (!engine)
		return;
	/* Probers first, so that the end of our own server is not taken for a fault of the network.
	 */
	for (unsigned i = 0; i < engine->share_count; i++)
		prober_stop(engine->shares[i].prober);
	resolver_free(engine->resolver);
	echo_server_stop(engine->server);
	for (unsigned i = 0; i < SETTINGS_THREADS_MAX; i++)
		free(engine->shares[i].is_taken);
	free(engine->entries.entries);
	pthread_mutex_destroy(&engine->mutex);
	free(engine);
}
