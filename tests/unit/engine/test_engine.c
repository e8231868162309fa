/* SPDX-License-Identifier: MIT */
#include "engine/engine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../target_options_text.h"
#include "base/clock.h"
#include "base/heartbeat.h"
#include "net/listener.h"

/* How many descriptors these tests have open at most. */
#define DESCRIPTORS_MAX 256
/* What the engine needs besides those of its targets. */
#define DESCRIPTORS_BESIDES 32

static const struct log silence;

/* Fast enough for a test: a probe every 5 ms. */
static void init_settings(struct settings *settings)
{
	settings_init(settings);
	settings->defaults.interval_ns = 5 * NS_PER_MS;
	settings->defaults.timeout_ns = 500 * NS_PER_MS;
	settings->listen = (struct endpoint){.host = "127.0.0.1", .port = 0};
}

/* Adds a target with its own options, and a label if there is one. */
static void add_own(struct target_list *list, const char *name, const char *address,
	const char *own, const char *site)
{
	struct settings settings;
	init_settings(&settings);
	struct labels labels = {0};
	if (site)
		ck_assert_int_eq(labels_append(&labels, "site", site), 0);
	const struct target_options options = target_options_of(own);
	const struct target_request request = {.name = name,
		.address = address,
		.options = &options,
		.defaults = &settings.defaults,
		.labels = &labels};
	struct text_error error = {0};
	ck_assert_msg(target_list_request(list, &request, &error) == 0, "%s", error.reason);
	labels_clear(&labels);
}

static void add_target(struct target_list *list, const char *name, const char *address)
{
	add_own(list, name, address, "", NULL);
}

static struct engine *start_watched(
	const struct settings *settings, const struct target_watcher *watcher)
{
	struct engine *engine = NULL;
	struct text_error error = {0};
	int failure = engine_start(settings, &silence, watcher, &engine, &error);
	ck_assert_msg(failure == 0, "%d: %s", failure, error.reason);
	ck_assert_ptr_nonnull(engine);
	return engine;
}

static struct engine *start(const struct settings *settings)
{
	return start_watched(settings, NULL);
}

/* Its own server on any free port, and no target yet. */
static struct engine *start_both(unsigned threads)
{
	struct settings settings;
	init_settings(&settings);
	settings.serve = true;
	settings.probe = true;
	settings.threads = threads;
	return start(&settings);
}

static void reload(struct engine *engine, const struct target_list *list)
{
	struct text_error error = {0};
	struct reload_report report = {0};
	int failure = engine_reload(engine, list, &report, &error);
	reload_report_clear(&report);
	ck_assert_msg(failure == 0, "%d: %s", failure, error.reason);
}

static struct snapshot take_snapshot(struct engine *engine)
{
	struct snapshot snapshot;
	ck_assert_int_eq(engine_snapshot(engine, true, &snapshot), 0);
	return snapshot;
}

/* The part of the law of accounting that a snapshot breaks, or NULL. */
static const char *find_fault(const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->target_count; i++) {
		const struct target_values *values = &snapshot->targets[i].values;
		/* No more probes in flight than fit into the timeout, with some slack. */
		if (values->sent < values->received + values->timeouts ||
			target_values_in_flight(values) > 1000)
			return "sent = received + timeouts + in flight";
		if (histogram_count(&values->rtt) != values->received)
			return "the histogram's count = received";
		if (values->late > values->timeouts || values->unsent > values->timeouts)
			return "late, unsent <= timeouts";
	}
	return NULL;
}

static void stop_lawfully(struct engine *engine)
{
	struct snapshot snapshot = take_snapshot(engine);
	const char *fault = find_fault(&snapshot);
	ck_assert_msg(!fault, "%s", fault);
	snapshot_clear(&snapshot);
	engine_stop(engine);
}

typedef bool condition(const struct target_values *values);

static bool has_received(const struct target_values *values)
{
	return values->received >= 20;
}

static bool is_refused(const struct target_values *values)
{
	return values->connect_failures[CONNECT_FAILURE_REFUSED] > 0 && values->unsent > 0;
}

static bool is_waiting_for_replies(const struct target_values *values)
{
	return values->connected && values->sent > 5;
}

/* To wait for something: pauses, and fails the test when it has waited in vain since began_ns. */
static void wait_on(int64_t began_ns)
{
	ck_assert_msg(
		clock_monotonic_ns() - began_ns < UNIT_PATIENCE_MS * NS_PER_MS, "waited in vain");
	clock_sleep_until(clock_monotonic_ns() + 10 * NS_PER_MS);
}

/* Waits until a condition holds for every target. Returns that snapshot. */
static struct snapshot await(struct engine *engine, condition *holds)
{
	for (int64_t began_ns = clock_monotonic_ns();; wait_on(began_ns)) {
		struct snapshot snapshot = take_snapshot(engine);
		size_t count = 0;
		for (size_t k = 0; k < snapshot.target_count; k++)
			count += holds(&snapshot.targets[k].values);
		if (count == snapshot.target_count)
			return snapshot;
		snapshot_clear(&snapshot);
	}
}

static void await_all(struct engine *engine, condition *holds)
{
	struct snapshot snapshot = await(engine, holds);
	snapshot_clear(&snapshot);
}

static int count_descriptors(void)
{
	int count = 0;
	for (int fd = 0; fd < DESCRIPTORS_MAX; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

START_TEST(probes_its_own_server)
{
	int descriptors = count_descriptors();
	struct engine *engine = start_both(1);
	const char *address = engine_listen_address(engine);
	ck_assert_ptr_eq(strstr(address, "127.0.0.1:"), address);
	struct target_list list = {0};
	add_target(&list, "own", address);
	reload(engine, &list);
	/* The settings were copied. */
	target_list_clear(&list);
	struct snapshot snapshot = await(engine, has_received);
	ck_assert(snapshot.has_prober);
	ck_assert(snapshot.has_server);
	ck_assert_uint_eq(snapshot.target_count, 1);
	const struct target_snapshot *own = &snapshot.targets[0];
	ck_assert_str_eq(own->name, "own");
	ck_assert_str_eq(own->address, address);
	ck_assert_str_eq(own->peer, address);
	ck_assert_ptr_eq(own->peer, own->values.peer);
	ck_assert(own->values.connected);
	ck_assert_uint_eq(own->values.connects, 1);
	ck_assert_uint_eq(own->values.unsent, 0);
	ck_assert_int_ge(own->values.last_rtt_ns, 0);
	ck_assert_int_ge(own->values.last_connect_ns, 0);
	ck_assert_uint_ge(snapshot.server.frames, own->values.received);
	ck_assert_uint_eq(snapshot.server.accepted, 1);
	ck_assert_uint_eq(snapshot.server.connections, 1);
	ck_assert_uint_ge(histogram_count(&snapshot.send_lag), own->values.sent);
	snapshot_clear(&snapshot);
	stop_lawfully(engine);
	ck_assert_int_eq(count_descriptors(), descriptors);
}
END_TEST

START_TEST(settings_may_contain_targets_from_the_start)
{
	struct settings settings;
	init_settings(&settings);
	settings.serve = true;
	struct engine *server = start(&settings);
	settings.serve = false;
	settings.probe = true;
	add_target(&settings.targets, "first", engine_listen_address(server));
	add_target(&settings.targets, "second", engine_listen_address(server));
	struct engine *prober = start(&settings);
	settings_clear(&settings);
	ck_assert_str_eq(engine_listen_address(prober), "");
	struct snapshot snapshot = await(prober, has_received);
	ck_assert(!snapshot.has_server);
	ck_assert_uint_eq(snapshot.target_count, 2);
	ck_assert_str_eq(snapshot.targets[0].name, "first");
	ck_assert_str_eq(snapshot.targets[1].name, "second");
	snapshot_clear(&snapshot);
	stop_lawfully(prober);
	stop_lawfully(server);
}
END_TEST

START_TEST(several_threads_share_the_targets)
{
	struct engine *engine = start_both(3);
	struct target_list list = {0};
	char name[32];
	for (int i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "target-%d", i);
		add_target(&list, name, engine_listen_address(engine));
	}
	reload(engine, &list);
	target_list_clear(&list);
	struct snapshot snapshot = await(engine, has_received);
	ck_assert_uint_eq(snapshot.target_count, 10);
	ck_assert_str_eq(snapshot.targets[9].name, "target-9");
	snapshot_clear(&snapshot);
	stop_lawfully(engine);
}
END_TEST

/* What a visit sees, against what a snapshot said before. */
struct visits {
	const struct snapshot *before;
	size_t count;
};

static void visit(void *context, uint64_t target_id, const struct target_values *values,
	const struct distribution *round_trips)
{
	struct visits *visits = context;
	ck_assert_uint_lt(visits->count, visits->before->target_count);
	const struct target_snapshot *before = &visits->before->targets[visits->count++];
	ck_assert_uint_eq(target_id, before->id);
	ck_assert_uint_ge(values->received, before->values.received);
	ck_assert_uint_eq(distribution_count(round_trips), values->received);
}

START_TEST(targets_are_visited_in_their_order)
{
	struct engine *engine = start_both(2);
	struct target_list list = {0};
	struct visits visits = {0};
	engine_visit(engine, visit, &visits);
	ck_assert_uint_eq(visits.count, 0);
	add_target(&list, "b", engine_listen_address(engine));
	add_target(&list, "a", engine_listen_address(engine));
	reload(engine, &list);
	target_list_clear(&list);
	struct snapshot snapshot = await(engine, has_received);
	visits.before = &snapshot;
	engine_visit(engine, visit, &visits);
	ck_assert_uint_eq(visits.count, 2);
	ck_assert(engine_has_prober(engine));
	snapshot_clear(&snapshot);
	stop_lawfully(engine);
}
END_TEST

START_TEST(one_target_is_copied_alone_with_its_events)
{
	struct engine *engine = start_both(1);
	struct target_list list = {0};
	add_target(&list, "a", engine_listen_address(engine));
	add_target(&list, "b", engine_listen_address(engine));
	reload(engine, &list);
	target_list_clear(&list);
	struct snapshot all = await(engine, has_received);
	struct snapshot one;
	ck_assert_int_eq(engine_snapshot_target(engine, "b", &one), 0);
	ck_assert_uint_eq(one.target_count, 1);
	ck_assert_str_eq(one.targets[0].name, "b");
	ck_assert_uint_eq(one.targets[0].id, all.targets[1].id);
	ck_assert_uint_eq(
		distribution_count(one.targets[0].distribution), one.targets[0].values.received);
	snapshot_clear(&one);
	ck_assert_int_eq(engine_snapshot_target(engine, "c", &one), -ENOENT);
	struct target_event events[TARGET_EVENTS_MAX];
	ck_assert_uint_eq(engine_events(engine, all.targets[1].id, events), 1);
	ck_assert_int_eq(events[0].kind, TARGET_EVENT_UP);
	ck_assert_int_gt(events[0].unix_ns, 0);
	ck_assert_uint_eq(engine_events(engine, all.targets[1].id + 1, events), 0);
	snapshot_clear(&all);
	stop_lawfully(engine);
}
END_TEST

START_TEST(tells_who_uses_its_server)
{
	struct engine *engine = start_both(1);
	struct target_list list = {0};
	struct server_peers peers;
	ck_assert_int_eq(engine_peers(engine, 10, &peers), 0);
	ck_assert_uint_eq(peers.peer_count, 0);
	server_peers_clear(&peers);
	add_target(&list, "own", engine_listen_address(engine));
	reload(engine, &list);
	target_list_clear(&list);
	struct snapshot snapshot = await(engine, has_received);
	ck_assert_int_eq(engine_peers(engine, 10, &peers), 0);
	ck_assert_uint_eq(peers.peer_count, 1);
	ck_assert_uint_ge(peers.peers[0].frames, snapshot.targets[0].values.received);
	ck_assert_ptr_eq(strstr(peers.peers[0].address, "127.0.0.1:"), peers.peers[0].address);
	ck_assert_uint_eq(peers.refusal_count, 0);
	server_peers_clear(&peers);
	snapshot_clear(&snapshot);
	stop_lawfully(engine);
}
END_TEST

START_TEST(a_reload_keeps_remaining_targets_and_ends_removed_ones)
{
	struct engine *engine = start_both(2);
	const char *address = engine_listen_address(engine);
	struct target_list list = {0};
	add_target(&list, "goes", address);
	add_target(&list, "stays", address);
	add_target(&list, "moves", address);
	reload(engine, &list);
	target_list_clear(&list);
	struct snapshot before = await(engine, has_received);
	char other[ENDPOINT_TEXT_MAX];
	snprintf(other, sizeof(other), "localhost%s", strchr(address, ':'));
	add_target(&list, "comes", address);
	add_target(&list, "moves", other);
	add_target(&list, "stays", address);
	reload(engine, &list);
	/* At once, before anything could have happened. */
	struct snapshot after = take_snapshot(engine);
	ck_assert_uint_eq(after.target_count, 3);
	ck_assert_str_eq(after.targets[0].name, "comes");
	ck_assert_str_eq(after.targets[1].name, "moves");
	ck_assert_str_eq(after.targets[1].address, other);
	ck_assert_str_eq(after.targets[2].name, "stays");
	/* Another address is another target. */
	ck_assert_uint_lt(after.targets[1].values.sent, before.targets[2].values.sent);
	ck_assert_uint_ge(after.targets[2].values.sent, before.targets[1].values.sent);
	snapshot_clear(&before);
	snapshot_clear(&after);
	after = await(engine, has_received);
	ck_assert_uint_eq(after.targets[2].values.connects, 1);
	snapshot_clear(&after);
	target_list_clear(&list);
	reload(engine, &list);
	after = take_snapshot(engine);
	ck_assert_uint_eq(after.target_count, 0);
	snapshot_clear(&after);
	stop_lawfully(engine);
}
END_TEST

static void check_site(const struct target_snapshot *target, const char *site)
{
	const char *value = NULL;
	const char *name = labels_next(&target->labels, NULL, &value);
	ck_assert_ptr_nonnull(name);
	ck_assert_str_eq(name, "site");
	ck_assert_str_eq(value, site);
	ck_assert_ptr_null(labels_next(&target->labels, name, &value));
}

START_TEST(a_reload_that_changes_labels_keeps_the_counts)
{
	struct engine *engine = start_both(1);
	const char *address = engine_listen_address(engine);
	struct target_list list = {0};
	add_own(&list, "a", address, "", "ams");
	add_own(&list, "b", address, "", NULL);
	reload(engine, &list);
	target_list_clear(&list);
	struct snapshot before = await(engine, has_received);
	check_site(&before.targets[0], "ams");
	ck_assert_uint_eq(before.targets[1].labels.size, 0);
	add_own(&list, "b", address, "", "fra");
	add_own(&list, "a", address, "", "somewhere else");
	reload(engine, &list);
	target_list_clear(&list);
	struct snapshot after = take_snapshot(engine);
	check_site(&after.targets[0], "fra");
	check_site(&after.targets[1], "somewhere else");
	/* A snapshot is independent. */
	check_site(&before.targets[0], "ams");
	for (int i = 0; i < 2; i++) {
		const struct target_values *values = &after.targets[i].values;
		ck_assert_uint_ge(values->received, before.targets[1 - i].values.received);
		ck_assert_uint_eq(values->connects, 1);
	}
	snapshot_clear(&before);
	snapshot_clear(&after);
	stop_lawfully(engine);
}
END_TEST

static const struct {
	const char *says;
	const char *own;
} changed[] = {
	{"interval", "interval=6ms"},
	{"timeout", "timeout=400ms"},
	{"window", "window=7"},
	{"probe", "probe=connect interval=100ms"},
	{"source", "source=127.0.0.1"},
	{"DSCP", "dscp=46"},
	{"IP version", "ip_version=4"},
};

START_TEST(a_reload_that_changes_a_setting_restarts_that_target)
{
	struct engine *engine = start_both(1);
	const char *address = engine_listen_address(engine);
	struct target_list list = {0};
	add_target(&list, "changes", address);
	add_target(&list, "stays", address);
	reload(engine, &list);
	target_list_clear(&list);
	struct snapshot before = await(engine, has_received);
	add_own(&list, "changes", address, changed[_i].own, NULL);
	add_target(&list, "stays", address);
	reload(engine, &list);
	target_list_clear(&list);
	struct snapshot after = take_snapshot(engine);
	ck_assert_msg(after.targets[0].values.sent < before.targets[0].values.sent, "%s",
		changed[_i].says);
	ck_assert_uint_ge(after.targets[1].values.sent, before.targets[1].values.sent);
	snapshot_clear(&before);
	snapshot_clear(&after);
	after = await(engine, has_received);
	ck_assert_uint_eq(after.targets[1].values.connects, 1);
	snapshot_clear(&after);
	stop_lawfully(engine);
}
END_TEST

START_TEST(spelling_out_a_default_changes_nothing)
{
	struct engine *engine = start_both(1);
	const char *address = engine_listen_address(engine);
	struct target_list list = {0};
	add_target(&list, "a", address);
	reload(engine, &list);
	target_list_clear(&list);
	struct snapshot before = await(engine, has_received);
	add_own(&list, "a", address,
		"interval=5ms timeout=500ms window=100 probe=echo dscp=0 ip_version=any", NULL);
	reload(engine, &list);
	target_list_clear(&list);
	struct snapshot after = take_snapshot(engine);
	ck_assert_uint_ge(after.targets[0].values.received, before.targets[0].values.received);
	snapshot_clear(&before);
	snapshot_clear(&after);
	stop_lawfully(engine);
}
END_TEST

#define THREADS_MAX 4

/* How often a thread has gone to sleep so far if it has that name; else -1. */
static long read_sleeps(const char *thread, const char *name)
{
	char path[288];
	char line[128];
	char found[64] = "";
	long sleeps = -1;
	snprintf(path, sizeof(path), "/proc/self/task/%s/status", thread);
	FILE *status = fopen(path, "r");
	while (status && fgets(line, sizeof(line), status)) {
		if (strncmp(line, "Name:", 5) == 0)
			snprintf(found, sizeof(found), "%.*s", (int)strcspn(line + 6, "\n"),
				line + 6);
		else if (strncmp(line, "voluntary_ctxt_switches:", 24) == 0)
			sleeps = strtol(line + 24, NULL, 10);
	}
	if (status)
		fclose(status);
	return strcmp(found, name) == 0 ? sleeps : -1;
}

/* The same for each thread of that name. Returns how many there are; 0 if the system hides it. */
static int count_sleeps(const char *name, long sleeps[THREADS_MAX])
{
	int count = 0;
	struct dirent **threads = NULL;
	int all = scandir("/proc/self/task", &threads, NULL, alphasort);
	for (int i = 0; i < all; i++) {
		long read = read_sleeps(threads[i]->d_name, name);
		if (read >= 0 && count < THREADS_MAX)
			sleeps[count++] = read;
		free(threads[i]);
	}
	free(threads);
	return count;
}

/* Waits until two probers have slept about as often as each other for a while. True if they hide. */
static bool await_even_sleeps(void)
{
	long before[THREADS_MAX];
	long after[THREADS_MAX];
	for (int64_t began_ns = clock_monotonic_ns();
		clock_monotonic_ns() - began_ns < UNIT_PATIENCE_MS * NS_PER_MS;) {
		int count = count_sleeps("prober", before);
		if (count == 0)
			return true;
		ck_assert_int_eq(count, 2);
		clock_sleep_until(clock_monotonic_ns() + 500 * NS_PER_MS);
		ck_assert_int_eq(count_sleeps("prober", after), 2);
		long one = after[0] - before[0];
		long other = after[1] - before[1];
		if (one < 4 * other && other < 4 * one)
			return true;
	}
	return false;
}

/* If split by number, the two fast ones, first and last, would share a thread. */
START_TEST(threads_share_probes_rather_than_targets)
{
	struct engine *engine = start_both(2);
	const char *address = engine_listen_address(engine);
	struct target_list list = {0};
	char name[32];
	add_own(&list, "first", address, "interval=1ms", NULL);
	for (int i = 0; i < 9; i++) {
		snprintf(name, sizeof(name), "slow-%d", i);
		add_own(&list, name, address, "interval=100ms", NULL);
	}
	add_own(&list, "last", address, "interval=1ms", NULL);
	reload(engine, &list);
	target_list_clear(&list);
	await_all(engine, has_received);
	ck_assert(await_even_sleeps());
	stop_lawfully(engine);
}
END_TEST

START_TEST(handshakes_are_probes_too)
{
	int descriptors = count_descriptors();
	struct engine *engine = start_both(1);
	struct target_list list = {0};
	add_own(&list, "a", engine_listen_address(engine), "probe=connect interval=100ms", NULL);
	reload(engine, &list);
	target_list_clear(&list);
	struct snapshot snapshot = await(engine, has_received);
	const struct target_values *values = &snapshot.targets[0].values;
	ck_assert(values->connected);
	ck_assert_uint_eq(values->received, values->sent);
	ck_assert_uint_eq(values->connects, values->received);
	ck_assert_uint_eq(values->disconnects[DISCONNECT_CLOSED], 0);
	ck_assert_str_eq(snapshot.targets[0].peer, engine_listen_address(engine));
	ck_assert_int_ge(values->last_rtt_ns, 0);
	ck_assert_uint_eq(snapshot.server.frames, 0);
	ck_assert_uint_ge(histogram_count(&snapshot.send_lag), values->sent);
	snapshot_clear(&snapshot);
	stop_lawfully(engine);
	ck_assert_int_eq(count_descriptors(), descriptors);
}
END_TEST

#define FILLERS 3

/* A listener that never accepts and whose backlog is full: dialling it gets no answer. */
static int listen_in_vain(int fillers[FILLERS], char *address)
{
	struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(own);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&own, length), 0);
	ck_assert_int_eq(listen(fd, 0), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&own, &length), 0);
	for (int i = 0; i < FILLERS; i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		/* The first ones complete at once, the last ones never. */
		(void)connect(fillers[i], (const struct sockaddr *)&own, length);
	}
	address_format((const struct sockaddr *)&own, address);
	return fd;
}

static bool has_several_in_flight(const struct target_values *values)
{
	return target_values_in_flight(values) >= 3 && values->timeouts >= 3;
}

/* First by a reload, then by stopping. */
START_TEST(handshakes_in_flight_are_given_up_with_their_target)
{
	int fillers[FILLERS];
	char address[ADDRESS_TEXT_MAX];
	int fd = listen_in_vain(fillers, address);
	struct engine *engine = start_both(1);
	int descriptors = count_descriptors();
	struct target_list list = {0};
	struct target_list none = {0};
	add_own(&list, "silent", address, "probe=connect interval=100ms", NULL);
	for (int times = 0; times < 2; times++) {
		reload(engine, &list);
		await_all(engine, has_several_in_flight);
		ck_assert_int_gt(count_descriptors(), descriptors + 2);
		if (times > 0)
			break;
		reload(engine, &none);
		for (int64_t began_ns = clock_monotonic_ns(); count_descriptors() > descriptors;)
			wait_on(began_ns);
		ck_assert_int_eq(count_descriptors(), descriptors);
	}
	target_list_clear(&list);
	stop_lawfully(engine);
	for (int i = 0; i < FILLERS; i++)
		close(fillers[i]);
	close(fd);
}
END_TEST

struct watch {
	struct engine *engine;
	atomic_bool is_over;
	const char *fault;
	int snapshots;
};

static void *watch_law(void *context)
{
	struct watch *watch = context;
	while (!atomic_load(&watch->is_over) && !watch->fault) {
		struct snapshot snapshot;
		if (engine_snapshot(watch->engine, true, &snapshot) < 0)
			watch->fault = "no memory left";
		else
			watch->fault = find_fault(&snapshot);
		snapshot_clear(&snapshot);
		watch->snapshots++;
	}
	return NULL;
}

START_TEST(the_law_holds_in_every_snapshot_while_targets_come_and_go)
{
	struct watch watch = {.engine = start_both(2)};
	pthread_t thread;
	ck_assert_int_eq(pthread_create(&thread, NULL, watch_law, &watch), 0);
	char name[32];
	for (int round = 0; round < 100; round++) {
		struct target_list list = {0};
		/* Each target stays for five rounds. */
		for (int i = round; i < round + 5; i++) {
			snprintf(name, sizeof(name), "target-%d", i);
			add_target(&list, name, engine_listen_address(watch.engine));
		}
		reload(watch.engine, &list);
		target_list_clear(&list);
		clock_sleep_until(clock_monotonic_ns() + 3 * NS_PER_MS);
	}
	await_all(watch.engine, has_received);
	atomic_store(&watch.is_over, true);
	pthread_join(thread, NULL);
	ck_assert_msg(!watch.fault, "%s", watch.fault);
	ck_assert_int_gt(watch.snapshots, 0);
	stop_lawfully(watch.engine);
}
END_TEST

/* What the watcher of a single target was told. */
struct changes {
	atomic_int downs;
	atomic_int ups;
	atomic_int others;
	_Atomic int64_t outage_ns;
};

static void on_change(void *context, const struct target_change *change)
{
	struct changes *changes = context;
	const char *expected = change->is_up ? " answers" : "connection refused by 127.0.0.1:";
	if (strcmp(change->target, "target") != 0 || !strstr(change->text, expected))
		changes->others++;
	else if (change->is_up)
		changes->ups++;
	else
		changes->downs++;
	changes->outage_ns = change->outage_ns;
}

START_TEST(a_server_that_is_down_is_dialled_until_it_is_up)
{
	struct changes changes = {0};
	struct target_watcher watcher = {.on_change = on_change, .context = &changes};
	struct settings settings;
	init_settings(&settings);
	settings.serve = true;
	struct engine *server = start(&settings);
	char address[ADDRESS_TEXT_MAX];
	snprintf(address, sizeof(address), "%s", engine_listen_address(server));
	engine_stop(server);
	settings.serve = false;
	settings.probe = true;
	add_target(&settings.targets, "target", address);
	struct engine *prober = start_watched(&settings, &watcher);
	struct snapshot snapshot = await(prober, is_refused);
	ck_assert(!snapshot.targets[0].values.connected);
	ck_assert_uint_eq(snapshot.targets[0].values.connects, 0);
	ck_assert_uint_eq(snapshot.targets[0].values.received, 0);
	snapshot_clear(&snapshot);
	settings_clear(&settings);
	init_settings(&settings);
	settings.serve = true;
	const char *reason;
	ck_assert_int_eq(endpoint_parse(address, ENDPOINT_TO_LISTEN, &settings.listen, &reason), 0);
	server = start(&settings);
	snapshot = await(prober, has_received);
	ck_assert_uint_eq(snapshot.targets[0].values.connects, 1);
	snapshot_clear(&snapshot);
	stop_lawfully(prober);
	ck_assert_int_eq(changes.downs, 1);
	ck_assert_int_eq(changes.ups, 1);
	ck_assert_int_eq(changes.others, 0);
	ck_assert_int_gt(changes.outage_ns, 0);
	stop_lawfully(server);
}
END_TEST

START_TEST(stops_while_probes_are_in_flight)
{
	/* The kernel accepts, but nobody replies. */
	struct endpoint endpoint = {.host = "127.0.0.1", .port = 0};
	struct listeners listeners;
	ck_assert_int_eq(listeners_open(&endpoint, &silence, &listeners, NULL), 0);
	struct engine *engine = start_both(1);
	struct target_list list = {0};
	add_target(&list, "silent", listeners.text);
	reload(engine, &list);
	target_list_clear(&list);
	await_all(engine, is_waiting_for_replies);
	stop_lawfully(engine);
	listeners_close(&listeners);
}
END_TEST

START_TEST(without_a_prober_targets_are_ignored)
{
	struct settings settings;
	init_settings(&settings);
	settings.serve = true;
	add_target(&settings.targets, "target", "127.0.0.1:1");
	struct engine *engine = start(&settings);
	reload(engine, &settings.targets);
	struct snapshot snapshot = take_snapshot(engine);
	ck_assert(!snapshot.has_prober);
	ck_assert_uint_eq(snapshot.target_count, 0);
	snapshot_clear(&snapshot);
	engine_stop(engine);
	settings_clear(&settings);
}
END_TEST

static void check_refusal(const struct settings *settings, int failure, const char *reason)
{
	int descriptors = count_descriptors();
	struct engine *engine = NULL;
	struct text_error error = {0};
	ck_assert_int_eq(engine_start(settings, &silence, NULL, &engine, &error), failure);
	ck_assert_ptr_null(engine);
	ck_assert_str_eq(error.reason, reason);
	ck_assert_int_eq(count_descriptors(), descriptors);
}

START_TEST(a_port_in_use_is_refused_and_nothing_runs)
{
	struct settings settings;
	init_settings(&settings);
	settings.serve = true;
	struct engine *first = start(&settings);
	const char *parse_reason;
	ck_assert_int_eq(endpoint_parse(engine_listen_address(first), ENDPOINT_TO_LISTEN,
				 &settings.listen, &parse_reason),
		0);
	settings.probe = true;
	add_target(&settings.targets, "target", engine_listen_address(first));
	char reason[256];
	snprintf(reason, sizeof(reason), "cannot listen on %s: address already in use",
		engine_listen_address(first));
	check_refusal(&settings, -EADDRINUSE, reason);
	settings_clear(&settings);
	engine_stop(first);
}
END_TEST

/* Returns the previous one. */
static struct rlimit limit_descriptors(rlim_t count)
{
	struct rlimit limit;
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	struct rlimit low = {.rlim_cur = count, .rlim_max = limit.rlim_max};
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
	return limit;
}

static void add_targets(struct target_list *list, int count, const char *address)
{
	char name[32];
	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "target-%d", i);
		add_target(list, name, address);
	}
}

#define TOO_FEW                                                                                    \
	"41 targets need 73 file descriptors, but the limit is 72: raise it (ulimit -n, "          \
	"LimitNOFILE=)"

START_TEST(too_few_descriptors_are_reported_before_anything_starts)
{
	struct settings settings;
	init_settings(&settings);
	settings.probe = true;
	add_targets(&settings.targets, 41, "127.0.0.1:1");
	struct rlimit limit = limit_descriptors(40 + DESCRIPTORS_BESIDES);
	check_refusal(&settings, -EMFILE, TOO_FEW);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	settings_clear(&settings);
}
END_TEST

/* (800 ms + 500 ms) / 100 ms plus two for the one; one for the other. */
START_TEST(every_handshake_that_can_be_in_flight_needs_a_descriptor)
{
	struct settings settings;
	init_settings(&settings);
	settings.probe = true;
	add_own(&settings.targets, "a", "127.0.0.1:1", "probe=connect interval=100ms timeout=800ms",
		NULL);
	add_own(&settings.targets, "b", "127.0.0.1:1", "", NULL);
	struct rlimit limit = limit_descriptors(15 + DESCRIPTORS_BESIDES);
	check_refusal(&settings, -EMFILE,
		"2 targets need 48 file descriptors, but the limit is 47: raise it (ulimit -n, "
		"LimitNOFILE=)");
	limit_descriptors(16 + DESCRIPTORS_BESIDES);
	stop_lawfully(start(&settings));
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	settings_clear(&settings);
}
END_TEST

START_TEST(a_refused_reload_keeps_the_previous_targets)
{
	struct engine *engine = start_both(1);
	struct target_list list = {0};
	add_targets(&list, 3, engine_listen_address(engine));
	reload(engine, &list);
	target_list_clear(&list);
	add_targets(&list, 41, engine_listen_address(engine));
	struct rlimit limit = limit_descriptors(40 + DESCRIPTORS_BESIDES);
	struct text_error error = {0};
	struct reload_report report = {0};
	ck_assert_int_eq(engine_reload(engine, &list, &report, &error), -EMFILE);
	reload_report_clear(&report);
	ck_assert_str_eq(error.reason, TOO_FEW);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	struct snapshot snapshot = await(engine, has_received);
	ck_assert_uint_eq(snapshot.target_count, 3);
	snapshot_clear(&snapshot);
	reload(engine, &list);
	target_list_clear(&list);
	snapshot = await(engine, has_received);
	ck_assert_uint_eq(snapshot.target_count, 41);
	snapshot_clear(&snapshot);
	stop_lawfully(engine);
}
END_TEST

/* allowed: as for -probe-allow. */
static struct engine *start_allowing(const char *allowed, size_t most)
{
	struct settings settings;
	const char *reason;
	init_settings(&settings);
	settings.serve = true;
	settings.probe = true;
	settings.probe_max = most;
	ck_assert_int_eq(destinations_add(&settings.probe_allow, allowed, &reason), 0);
	struct engine *engine = start(&settings);
	settings_clear(&settings);
	return engine;
}

static int add_lone(struct engine *engine, const char *address, const char *own, uint64_t *id)
{
	struct target_list list = {0};
	add_own(&list, "lone", address, own, NULL);
	int error = engine_add(engine, &list.targets[0], id);
	target_list_clear(&list);
	return error;
}

static struct target_values await_lone(struct engine *engine, uint64_t id, condition *holds)
{
	for (int64_t began_ns = clock_monotonic_ns();; wait_on(began_ns)) {
		struct snapshot snapshot;
		ck_assert_int_eq(engine_snapshot_added(engine, id, true, &snapshot), 0);
		ck_assert_uint_eq(snapshot.target_count, 1);
		ck_assert(snapshot.has_prober);
		ck_assert_uint_eq(snapshot.targets[0].id, id);
		const char *fault = find_fault(&snapshot);
		ck_assert_msg(!fault, "%s", fault);
		struct target_values values = snapshot.targets[0].values;
		snapshot_clear(&snapshot);
		if (holds(&values))
			return values;
	}
}

static bool is_forbidden(const struct target_values *values)
{
	return values->connect_failures[CONNECT_FAILURE_OTHER] > 0;
}

START_TEST(targets_are_added_one_by_one_beside_the_list)
{
	struct engine *engine = start_allowing("127.0.0.0/8", 3);
	const char *address = engine_listen_address(engine);
	struct target_list list = {0};
	struct snapshot snapshot;
	uint64_t ids[3];
	uint64_t none;
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(add_lone(engine, address, "", &ids[i]), 0);
	ck_assert_int_eq(add_lone(engine, address, "", &none), -ENOSPC);
	uint64_t received = await_lone(engine, ids[1], has_received).received;
	/* Neither does a snapshot have them, nor a reload touch them. */
	add_target(&list, "lone", address);
	reload(engine, &list);
	target_list_clear(&list);
	snapshot = await(engine, has_received);
	ck_assert_uint_eq(snapshot.target_count, 1);
	snapshot_clear(&snapshot);
	ck_assert_uint_ge(await_lone(engine, ids[1], has_received).received, received);
	/* One goes, another one comes. */
	engine_remove(engine, ids[1]);
	engine_remove(engine, ids[1]);
	ck_assert_int_eq(engine_snapshot_added(engine, ids[1], true, &snapshot), -ENOENT);
	ck_assert_int_eq(add_lone(engine, address, "", &ids[1]), 0);
	for (int i = 0; i < 3; i++)
		await_lone(engine, ids[i], has_received);
	engine_remove(engine, ids[0]);
	/* Of the list there is none to be had like that. */
	snapshot = take_snapshot(engine);
	none = snapshot.targets[0].id;
	snapshot_clear(&snapshot);
	ck_assert_int_eq(engine_snapshot_added(engine, none, true, &snapshot), -ENOENT);
	stop_lawfully(engine);
}
END_TEST

/* Adds and ends targets until it is told that all is over. */
static void *add_and_end(void *context)
{
	struct watch *watch = context;
	uint64_t ids[4] = {0};
	for (unsigned i = 0; !atomic_load(&watch->is_over) && !watch->fault; i++) {
		struct snapshot snapshot;
		uint64_t *id = &ids[i % 4];
		engine_remove(watch->engine, *id);
		if (add_lone(watch->engine, engine_listen_address(watch->engine), "", id) != 0)
			watch->fault = "cannot add a target";
		else if (engine_snapshot_added(watch->engine, *id, true, &snapshot) != 0)
			watch->fault = "an added target is not there";
		if (!watch->fault) {
			watch->fault = find_fault(&snapshot);
			watch->snapshots++;
			snapshot_clear(&snapshot);
		}
		clock_sleep_until(clock_monotonic_ns() + NS_PER_MS);
	}
	return NULL;
}

START_TEST(targets_are_added_while_lists_are_reloaded)
{
	struct watch watch = {.engine = start_allowing("127.0.0.1", 4)};
	pthread_t thread;
	ck_assert_int_eq(pthread_create(&thread, NULL, add_and_end, &watch), 0);
	for (int round = 0; round < 100; round++) {
		struct target_list list = {0};
		for (int i = 0; i < round % 5; i++) {
			char name[32];
			snprintf(name, sizeof(name), "target-%d", i);
			add_target(&list, name, engine_listen_address(watch.engine));
		}
		reload(watch.engine, &list);
		target_list_clear(&list);
		clock_sleep_until(clock_monotonic_ns() + 3 * NS_PER_MS);
	}
	await_all(watch.engine, has_received);
	atomic_store(&watch.is_over, true);
	pthread_join(thread, NULL);
	ck_assert_msg(!watch.fault, "%s", watch.fault);
	ck_assert_int_gt(watch.snapshots, 10);
	stop_lawfully(watch.engine);
}
END_TEST

START_TEST(what_is_added_stays_within_what_is_allowed)
{
	struct engine *engine = start_allowing("127.0.0.1:1,192.0.2.0/24", 3);
	uint64_t id;
	ck_assert_int_eq(add_lone(engine, engine_listen_address(engine), "", &id), 0);
	ck_assert_uint_eq(await_lone(engine, id, is_forbidden).connects, 0);
	ck_assert_int_eq(add_lone(engine, "127.0.0.1:1", "", &id), 0);
	await_lone(engine, id, is_refused);
	stop_lawfully(engine);
	engine = start_both(1);
	ck_assert_int_eq(add_lone(engine, engine_listen_address(engine), "", &id), -EPERM);
	stop_lawfully(engine);
}
END_TEST

/* There are no more than ten for them. */
START_TEST(what_is_added_needs_descriptors)
{
	struct rlimit limit = limit_descriptors(40 + 20 + 4 + 10);
	struct engine *engine = start_allowing("127.0.0.1:1", 20);
	const char *handshakes = "probe=connect interval=100ms timeout=100ms";
	uint64_t ids[10];
	uint64_t none;
	struct text_error error;
	struct target_list list = {0};
	struct reload_report report = {0};
	/* (100 ms + 500 ms) / 100 ms plus two. */
	unsigned added = 0;
	while (added < 10 && add_lone(engine, "127.0.0.1:1", handshakes, &ids[added]) == 0)
		added++;
	ck_assert_uint_ge(added, 1);
	ck_assert_uint_le(added, 4);
	ck_assert_int_eq(add_lone(engine, "127.0.0.1:1", handshakes, &none), -EMFILE);
	/* A reload cannot have them. */
	add_targets(&list, 40, "127.0.0.1:1");
	ck_assert_int_eq(engine_reload(engine, &list, &report, &error), -EMFILE);
	reload_report_clear(&report);
	engine_remove(engine, ids[0]);
	ck_assert_int_eq(add_lone(engine, "127.0.0.1:1", handshakes, &ids[0]), 0);
	for (unsigned i = 0; i < added; i++)
		engine_remove(engine, ids[i]);
	reload(engine, &list);
	target_list_clear(&list);
	stop_lawfully(engine);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}
END_TEST

START_TEST(a_sleeping_prober_is_alive)
{
	struct settings settings;
	init_settings(&settings);
	settings.probe = true;
	settings.threads = 3;
	settings.defaults.interval_ns = 3600 * NS_PER_S;
	struct engine *engine = start(&settings);
	ck_assert(engine_is_alive(engine));
	/* Who left the first question unanswered would be given up at the last. */
	clock_sleep_until(clock_monotonic_ns() + HEARTBEAT_PATIENCE_NS + 10 * NS_PER_MS);
	ck_assert(engine_is_alive(engine));
	stop_lawfully(engine);
}
END_TEST

START_TEST(an_idle_echo_server_is_woken_to_show_that_it_is_alive)
{
	struct settings settings;
	init_settings(&settings);
	settings.serve = true;
	struct engine *engine = start(&settings);
	ck_assert(engine_is_alive(engine));
	clock_sleep_until(clock_monotonic_ns() + HEARTBEAT_PATIENCE_NS + 10 * NS_PER_MS);
	ck_assert(engine_is_alive(engine));
	stop_lawfully(engine);
}
END_TEST

START_TEST(stopping_nothing_is_fine)
{
	engine_stop(NULL);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("engine");
	tcase_add_test(tcase, probes_its_own_server);
	tcase_add_test(tcase, settings_may_contain_targets_from_the_start);
	tcase_add_test(tcase, several_threads_share_the_targets);
	tcase_add_test(tcase, targets_are_visited_in_their_order);
	tcase_add_test(tcase, one_target_is_copied_alone_with_its_events);
	tcase_add_test(tcase, tells_who_uses_its_server);
	tcase_add_test(tcase, a_reload_keeps_remaining_targets_and_ends_removed_ones);
	tcase_add_test(tcase, a_reload_that_changes_labels_keeps_the_counts);
	tcase_add_loop_test(
		tcase, a_reload_that_changes_a_setting_restarts_that_target, 0, ROWS(changed));
	tcase_add_test(tcase, spelling_out_a_default_changes_nothing);
	tcase_add_test(tcase, threads_share_probes_rather_than_targets);
	tcase_add_test(tcase, handshakes_are_probes_too);
	tcase_add_test(tcase, handshakes_in_flight_are_given_up_with_their_target);
	tcase_add_test(tcase, the_law_holds_in_every_snapshot_while_targets_come_and_go);
	tcase_add_test(tcase, a_server_that_is_down_is_dialled_until_it_is_up);
	tcase_add_test(tcase, stops_while_probes_are_in_flight);
	tcase_add_test(tcase, without_a_prober_targets_are_ignored);
	tcase_add_test(tcase, a_port_in_use_is_refused_and_nothing_runs);
	tcase_add_test(tcase, too_few_descriptors_are_reported_before_anything_starts);
	tcase_add_test(tcase, every_handshake_that_can_be_in_flight_needs_a_descriptor);
	tcase_add_test(tcase, a_refused_reload_keeps_the_previous_targets);
	tcase_add_test(tcase, targets_are_added_one_by_one_beside_the_list);
	tcase_add_test(tcase, targets_are_added_while_lists_are_reloaded);
	tcase_add_test(tcase, what_is_added_stays_within_what_is_allowed);
	tcase_add_test(tcase, what_is_added_needs_descriptors);
	tcase_add_test(tcase, a_sleeping_prober_is_alive);
	tcase_add_test(tcase, an_idle_echo_server_is_woken_to_show_that_it_is_alive);
	tcase_add_test(tcase, stopping_nothing_is_fine);
	return unit_run("engine/engine", tcase);
}
