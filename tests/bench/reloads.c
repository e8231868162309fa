/* SPDX-License-Identifier: MIT */
/*
 * What new lists of targets cost: the time that engine_reload() takes, and how late the probes of another target of
 * the same prober leave meanwhile, which is sent one each millisecond.
 *
 *     reloads [TARGETS [ROUNDS]]
 *
 * Prints a Markdown table; medians of ROUNDS (5) rounds, each with TARGETS (10000). The peers are a process of their
 * own.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/endpoint.h"
#include "base/files.h"
#include "engine/engine.h"

#define ROUNDS_MAX 100
/* What comes of a reload is over by then: addresses are dialled over a second, and closed in less. */
#define AFTERMATH_NS (2 * NS_PER_S)
#define NAME_SIZE 40

static unsigned rounds = 5;
static size_t targets = 10000;
static const struct log silence;

static void fail(const char *what)
{
	fprintf(stderr, "reloads: %s\n", what);
	_exit(EXIT_FAILURE);
}

static struct engine *start(const struct settings *settings)
{
	struct engine *engine = NULL;
	struct text_error error;
	if (engine_start(settings, &silence, NULL, &engine, &error) != 0)
		fail(error.reason);
	return engine;
}

/* Forks the peers. Returns their process; *address: where they are. */
static pid_t start_peers(char *address)
{
	int ends[2];
	if (pipe(ends) < 0)
		fail("no pipe");
	pid_t pid = fork();
	if (pid < 0)
		fail("cannot fork");
	if (pid > 0) {
		close(ends[1]);
		if (read(ends[0], address, ENDPOINT_TEXT_MAX) != ENDPOINT_TEXT_MAX)
			fail("the peers do not start");
		close(ends[0]);
		return pid;
	}
	struct settings settings;
	settings_init(&settings);
	settings.serve = true;
	settings.max_peers_per_address = OPTION_PEERS_MAX;
	settings.listen = (struct endpoint){.host = "127.0.0.1"};
	char text[ENDPOINT_TEXT_MAX] = "";
	snprintf(text, sizeof(text), "%s", engine_listen_address(start(&settings)));
	if (write(ends[1], text, sizeof(text)) != (ssize_t)sizeof(text))
		_exit(EXIT_FAILURE);
	for (;;)
		pause();
}

/* The one that is watched, and others: count of them, of which the last has another interval. */
static struct target_list make_list(const char *address, size_t count, bool is_changed)
{
	struct target_list list = {0};
	struct target_options defaults;
	struct text_error error;
	target_options_init(&defaults);
	defaults.timeout_ns = NS_PER_S;
	defaults.interval_ns = NS_PER_MS;
	if (target_list_add(&list, "watched", address, &defaults, &error) != 0)
		fail(error.reason);
	for (size_t i = 0; i < count; i++) {
		char name[NAME_SIZE];
		snprintf(name, sizeof(name), "server%05zu.example", i);
		defaults.interval_ns = (is_changed && i + 1 == count ? 6 : 5) * NS_PER_S;
		if (target_list_add(&list, name, address, &defaults, &error) != 0)
			fail(error.reason);
	}
	return list;
}

static struct distribution lag_of(struct engine *engine)
{
	struct snapshot snapshot;
	if (engine_snapshot(engine, true, &snapshot) != 0)
		fail("out of memory");
	struct distribution lag = snapshot.send_lag_distribution;
	snapshot_clear(&snapshot);
	return lag;
}

static void rest(int64_t time_ns)
{
	clock_sleep_until(clock_monotonic_ns() + time_ns);
}

/* The times of one kind of reload, in milliseconds. */
struct figures {
	const char *says;
	double reload[ROUNDS_MAX];
	double latest[ROUNDS_MAX];
};

static void change(struct engine *engine, const struct target_list *list, struct figures *figures,
	unsigned round)
{
	struct reload_report report = {0};
	struct text_error error;
	struct distribution before = lag_of(engine);
	int64_t start_ns = clock_monotonic_ns();
	if (list && engine_reload(engine, list, &report, &error) != 0)
		fail(error.reason);
	int64_t end_ns = clock_monotonic_ns();
	rest(AFTERMATH_NS);
	struct distribution after = lag_of(engine);
	struct distribution lag;
	distribution_subtract(&after, &before, &lag);
	figures->reload[round] = (double)(end_ns - start_ns) / (double)NS_PER_MS;
	figures->latest[round] = 1000 * distribution_ranked(&lag, distribution_count(&lag));
	reload_report_clear(&report);
}

static int compare(const void *a, const void *b)
{
	const double *x = a;
	const double *y = b;
	return (*x > *y) - (*x < *y);
}

static double median(double *values)
{
	qsort(values, rounds, sizeof(*values), compare);
	return values[rounds / 2];
}

int main(int argc, char *argv[])
{
	static struct figures figures[] = {{.says = "all added"}, {.says = "none"},
		{.says = "one changed"}, {.says = "all removed"}};
	char address[ENDPOINT_TEXT_MAX];
	if (argc > 1)
		targets = strtoul(argv[1], NULL, 10);
	if (argc > 2)
		rounds = (unsigned)strtoul(argv[2], NULL, 10);
	if (targets < 1 || rounds < 1 || rounds > ROUNDS_MAX)
		fail("usage: reloads [TARGETS [ROUNDS]]");
	files_raise_limit(INT64_MAX);
	pid_t peers = start_peers(address);
	struct settings settings;
	settings_init(&settings);
	settings.probe = true;
	struct target_list few = make_list(address, 0, false);
	struct target_list many = make_list(address, targets, false);
	struct target_list changed = make_list(address, targets, true);
	if (target_list_copy(&few, &settings.targets) != 0)
		fail("out of memory");
	struct engine *engine = start(&settings);
	rest(NS_PER_S);
	for (unsigned i = 0; i < rounds; i++) {
		change(engine, &many, &figures[0], i);
		change(engine, NULL, &figures[1], i);
		change(engine, &changed, &figures[2], i);
		change(engine, &few, &figures[3], i);
	}
	printf("| of %zu targets | reload, ms | latest probe, ms |\n| --- | --- | --- |\n",
		targets);
	for (unsigned i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		printf("| %s | %.1f | %.1f |\n", figures[i].says, median(figures[i].reload),
			median(figures[i].latest));
	engine_stop(engine);
	target_list_clear(&few);
	target_list_clear(&many);
	target_list_clear(&changed);
	settings_clear(&settings);
	kill(peers, SIGKILL);
	waitpid(peers, NULL, 0);
	return EXIT_SUCCESS;
}
