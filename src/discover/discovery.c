/* SPDX-License-Identifier: MIT */
#include "discover/discovery.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/thread.h"
#include "discover/census.h"
#include "discover/fetch_http.h"
#include "discover/fetcher.h"
#include "discover/file_notices.h"
#include "discover/members.h"
#include "discover/source_files.h"
#include "net/nap.h"
#include "net/waker.h"

/* How often files are looked at that may have changed. A change counts once it was seen twice in a row. */
#define LOOK_NS NS_PER_S
/* And how often where changes are noticed: not all are, such as what is written through a mapping. */
#define LOOK_SELDOM_NS (60 * NS_PER_S)

/* What watching files takes: inotify's, and the waker's two. */
#define WATCH_DESCRIPTORS 3

/* How often targets are looked at after they changed, and for how long: a handshake may take 3 s. */
#define CENSUS_STEP_NS (NS_PER_S / 2)
#define CENSUS_PATIENCE_NS (10 * NS_PER_S)

struct source {
	struct target_source what;
	struct fetcher *fetcher; /* NULL for files. */
	struct source_values values;
	/* Of a source in the network, or the names of files; "" while it is well. */
	char failure[sizeof(((struct text_error *)0)->reason)];
};

struct discovery {
	struct discovery_input input;
	struct source sources[TARGET_SOURCES_MAX];
	size_t source_count;
	struct members members;
	/* Since discovery_start(). */
	struct engine *engine;
	const struct log *log;
	struct reloads *reloads;
	struct discovery_listener listener;
	struct file_notices *notices; /* NULL: nothing is noticed. */
	int64_t looked_ns;
	int64_t look_due_ns;	 /* INT64_MAX: there are no files. */
	bool awaits_notice;	 /* Of a change, before that time. */
	int64_t watch_due_ns;	 /* When watching is tried again, as not all could be watched. */
	int64_t census_due_ns;	 /* INT64_MAX: no more. */
	int64_t census_until_ns; /* By then it is told how many are up, whatever is known. */
	struct waker waker;	 /* Of the thread, when it is wanted. */
	bool has_waker;		 /* Not before the start. */
	bool has_thread;
	pthread_t thread;
	pthread_mutex_t mutex; /* Guards what follows, and the values of sources. */
	pthread_cond_t changed;
	bool is_over;
	bool has_news;		/* Of a fetcher. */
	uint64_t wanted;	/* Reloads that were asked for, */
	uint64_t done;		/* and carried out. */
	int result;		/* Of the last one, */
	struct text_error said; /* and what it came to. */
	struct text_error failure;
	struct mesh_values mesh;
	bool is_outside; /* This machine is not in the list of its mesh, and the log says so. */
	bool has_failed; /* A file could not be read, or is not used, and it was noted. */
};

/* A look at all sources, and what came of it. */
struct round {
	struct discovery *discovery;
	bool is_reload;
	bool has_changed;	 /* There are members with fresh targets. */
	bool has_files;		 /* It is time to look at files. */
	struct mesh_values mesh; /* Of what is to be used. */
	size_t read;		 /* Files that were read, or could not be. */
	int result;
	struct text_error error; /* The first one; of files. */
	size_t failures[TARGET_SOURCES_MAX];
	bool succeeded[TARGET_SOURCES_MAX];
};

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

/* Before the threads there is nobody to tell. */
static void say(const struct discovery *discovery, enum log_level level, const char *text)
{
	if (discovery->log)
		log_write(discovery->log, level, NULL, "%s", text);
}

static void note_failure(struct round *round, size_t source, const struct text_error *error)
{
	bool is_file = !round->discovery->sources[source].fetcher;
	/* What comes from the network is none of the configuration's, except where it is checked. */
	bool is_wrong = is_file || !round->discovery->engine;
	round->failures[source]++;
	round->read += is_file;
	if (is_wrong && round->result == 0) {
		round->result = -EINVAL;
		round->error = *error;
	}
	struct text_error line;
	text_error_set(&line, 0, "reload failed, keeping the previous targets: %s", error->reason);
	say(round->discovery, LOG_LEVEL_ERROR, line.reason);
}

static void on_read(void *context, struct member *member)
{
	struct round *round = context;
	round->has_changed = true;
	round->read++;
	round->succeeded[member->source] = true;
}

/* Which source is looked at. */
struct look {
	struct round *round;
	size_t source;
	bool has_failed; /* Not even the names of its files are known. */
};

static void on_file_read(void *context, struct member *member)
{
	const struct look *look = context;
	on_read(look->round, member);
}

static void on_failure(void *context, struct member *member, const struct text_error *error)
{
	struct look *look = context;
	struct source *source = &look->round->discovery->sources[look->source];
	look->has_failed = look->has_failed || !member;
	/* What a pattern means is looked up with every look. */
	if (!member && strcmp(source->failure, error->reason) == 0 && !look->round->is_reload)
		return;
	if (!member)
		memcpy(source->failure, error->reason, sizeof(source->failure));
	note_failure(look->round, look->source, error);
}

static int look_at_files(struct round *round, size_t number)
{
	struct discovery *discovery = round->discovery;
	struct look look = {.round = round, .source = number};
	const struct source_files_sink sink = {on_file_read, on_failure, &look};
	int error = source_files_look(&discovery->sources[number].what, number, round->is_reload,
		discovery->input.defaults, &discovery->members, &sink);
	if (!look.has_failed)
		discovery->sources[number].failure[0] = '\0';
	return error;
}

static const char *name_of(const struct source *source)
{
	return source->what.text;
}

/* A line when it begins to fail, and when it fails otherwise. */
static void note_silence(struct round *round, size_t number, const struct text_error *error)
{
	struct source *source = &round->discovery->sources[number];
	round->failures[number]++;
	if (strcmp(source->failure, error->reason) == 0)
		return;
	memcpy(source->failure, error->reason, sizeof(source->failure));
	struct text_error line;
	if (source->values.targets > 0)
		text_error_set(&line, 0, "%s: %s; keeping the previous %llu target%s",
			name_of(source), error->reason, (unsigned long long)source->values.targets,
			plural(source->values.targets));
	else
		text_error_set(&line, 0, "%s: %s", name_of(source), error->reason);
	say(round->discovery, LOG_LEVEL_WARNING, line.reason);
}

static void note_answer(struct round *round, size_t number)
{
	struct source *source = &round->discovery->sources[number];
	struct text_error line;
	round->succeeded[number] = true;
	if (source->failure[0] == '\0')
		return;
	source->failure[0] = '\0';
	text_error_set(&line, 0, "%s: answers again", name_of(source));
	say(round->discovery, LOG_LEVEL_INFO, line.reason);
}

static bool has_family(const struct member *member, int family)
{
	for (size_t i = 0; member && i < member->used.count; i++)
		if (address_family(member->used.targets[i].address.host) == family)
			return true;
	return false;
}

/* Whether an answer would only take away what nothing could be learnt of. */
static bool is_half(const struct member *member, struct fetcher_news *news)
{
	int lacks = news->failure ? AF_UNSPEC : news->fetched.lacks;
	if (lacks == AF_UNSPEC || !has_family(member, lacks))
		return false;
	text_error_set(&news->error, 0, "no answer about its IPv%c addresses",
		lacks == AF_INET6 ? '6' : '4');
	return true;
}

static int take_news(struct round *round, size_t number)
{
	struct discovery *discovery = round->discovery;
	struct source *source = &discovery->sources[number];
	struct fetcher_news news;
	if (!fetcher_take(source->fetcher, &news))
		return 0;
	struct member *member = members_find(&discovery->members, number, name_of(source));
	if (news.failure || is_half(member, &news)) {
		target_list_clear(&news.fetched.targets);
		note_silence(round, number, &news.error);
		return 0;
	}
	if (!member)
		member = members_add(&discovery->members, number, name_of(source));
	if (!member) {
		target_list_clear(&news.fetched.targets);
		return -ENOMEM;
	}
	note_answer(round, number);
	const struct target_list *last = member->has_fresh ? &member->fresh : &member->used;
	if (target_lists_are_equal(last, &news.fetched.targets)) {
		target_list_clear(&news.fetched.targets);
		round->has_changed |= member->is_held;
		return 0;
	}
	member->has_failed = false;
	member_offer(member, &news.fetched.targets);
	round->has_changed = true;
	return 0;
}

static void on_refused(void *context, struct member *member, const struct text_error *error)
{
	struct round *round = context;
	note_failure(round, member->source, error);
	round->succeeded[member->source] = false;
}

static int merge(struct round *round, struct target_list *merged)
{
	struct discovery *discovery = round->discovery;
	const struct members_refusal refusal = {on_refused, round};
	return members_merge(&discovery->members, discovery->input.fixed, discovery->input.where,
		&refusal, merged);
}

/*
 * Leaves of the targets of a mesh those that this machine probes. Returns 0, or -ENOENT with error and none of them if
 * it is not in the list, or -ENOMEM.
 */
static int choose(const struct discovery *discovery, struct target_list *targets,
	struct mesh_values *values, struct text_error *error)
{
	const struct discovery_settings *settings = discovery->input.settings;
	const struct mesh_settings mesh = {
		.self = settings->texts[DISCOVERY_SELF],
		.probers_per_target = settings->probers_per_target,
		.group_label = settings->texts[DISCOVERY_GROUP_LABEL],
	};
	struct target_list own = {0};
	if (settings->probers_per_target == 0)
		return 0;
	int result = mesh_choose(targets, &mesh, &own, values, error);
	if (result == -ENOMEM)
		return result;
	target_list_clear(targets);
	*targets = own;
	return result;
}

/* The same, while it runs: what is not in the list probes nothing. */
static int choose_or_warn(
	struct round *round, struct target_list *targets, struct text_error *error)
{
	struct discovery *discovery = round->discovery;
	int result = choose(discovery, targets, &round->mesh, error);
	bool is_outside = result == -ENOENT;
	if (is_outside && !discovery->is_outside)
		say(discovery, LOG_LEVEL_WARNING, error->reason);
	discovery->is_outside = is_outside;
	return is_outside ? 0 : result;
}

/* Counts what is in use of each source; with the mutex held. */
static void count_targets(struct discovery *discovery)
{
	for (size_t i = 0; i < discovery->source_count; i++)
		discovery->sources[i].values.targets = 0;
	for (size_t i = 0; i < discovery->members.count; i++) {
		const struct member *member = &discovery->members.members[i];
		discovery->sources[member->source].values.targets += member->used.count;
	}
}

/* What fresh targets are from: one member, or how many. */
static void append_origin(const struct discovery *discovery, struct buffer *line)
{
	const struct member *last = NULL;
	size_t changed = members_count_fresh(&discovery->members, &last);
	if (changed == 1)
		buffer_append_text(line, last->name);
	else if (discovery->source_count == 1)
		buffer_append_text(line, name_of(&discovery->sources[0]));
	else
		buffer_append_format(line, "%zu lists of targets", changed);
	buffer_append_text(line, changed == 1 && last->is_gone ? " is gone: " : " reloaded: ");
}

static void tell_change(struct round *round, size_t count, const struct reload_report *report,
	struct text_error *said)
{
	struct buffer line = {0};
	append_origin(round->discovery, &line);
	buffer_append_format(&line, "%zu target%s, ", count, plural(count));
	reload_report_append(report, &line);
	text_error_set(said, 0, "%.*s", (int)line.length, line.data ? line.data : "");
	say(round->discovery, count == 0 ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, said->reason);
	buffer_clear(&line);
}

/* Of few targets the log tells of each that it is up. */
static void begin_census(struct discovery *discovery)
{
	int64_t now_ns = clock_monotonic_ns();
	discovery->census_due_ns = now_ns + CENSUS_STEP_NS;
	discovery->census_until_ns = now_ns + CENSUS_PATIENCE_NS;
}

/* Tells how many targets are up, once that is known of all of many. */
static void take_census(struct discovery *discovery)
{
	int64_t now_ns = clock_monotonic_ns();
	struct snapshot snapshot;
	struct census census;
	if (now_ns < discovery->census_due_ns)
		return;
	discovery->census_due_ns = now_ns + CENSUS_STEP_NS;
	if (engine_snapshot(discovery->engine, false, &snapshot) != 0)
		return;
	census_take(&snapshot, &census);
	snapshot_clear(&snapshot);
	if (census.targets > ENGINE_MANY_TARGETS && census.tried < census.targets &&
		now_ns < discovery->census_until_ns)
		return;
	discovery->census_due_ns = INT64_MAX;
	if (census.targets > ENGINE_MANY_TARGETS)
		log_write(discovery->log, LOG_LEVEL_INFO, NULL, "%zu of %zu targets are up",
			census.up, census.targets);
}

/* Gives the engine what the sources have. Returns 0 or a negative errno with error. */
static int apply(struct round *round, const struct target_list *merged, struct text_error *said,
	struct text_error *error)
{
	struct reload_report report = {0};
	int result = engine_reload(round->discovery->engine, merged, &report, error);
	if (result == 0) {
		tell_change(round, merged->count, &report, said);
		begin_census(round->discovery);
	}
	reload_report_clear(&report);
	return result;
}

static void take_over(const struct round *round)
{
	struct discovery *discovery = round->discovery;
	pthread_mutex_lock(&discovery->mutex);
	discovery->mesh = round->mesh;
	members_accept(&discovery->members);
	count_targets(discovery);
	pthread_mutex_unlock(&discovery->mutex);
	if (discovery->listener.on_change)
		discovery->listener.on_change(discovery->listener.context);
}

/* Takes over what has changed, if it can be. Returns 0, also where there is nothing, or a negative errno with error. */
static int try_to_settle(struct round *round, struct text_error *said, struct text_error *error)
{
	struct discovery *discovery = round->discovery;
	struct target_list merged = {0};
	const struct member *unused;
	int result = merge(round, &merged);
	bool has_news = result == 0 && members_count_fresh(&discovery->members, &unused) > 0;
	if (result != 0)
		text_error_set(error, 0, "out of memory");
	if (has_news)
		result = choose_or_warn(round, &merged, error);
	if (has_news && result == 0)
		result = apply(round, &merged, said, error);
	if (has_news && result == 0)
		take_over(round);
	target_list_clear(&merged);
	return result;
}

/* One list that cannot be taken over, as there are not enough descriptors, is no reason not to take over others. */
static void settle(struct round *round, struct text_error *said)
{
	struct members *members = &round->discovery->members;
	struct text_error error;
	struct member *held;
	members_retry(members);
	while (try_to_settle(round, said, &error) != 0 && members_hold(members, &held))
		if (held)
			note_failure(round, held->source, &error);
}

/* Whether all files are read, and in use. */
static bool is_well(const struct discovery *discovery)
{
	for (size_t i = 0; i < discovery->members.count; i++) {
		const struct member *member = &discovery->members.members[i];
		if (member->has_failed && !discovery->sources[member->source].fetcher)
			return false;
	}
	for (size_t i = 0; i < discovery->source_count; i++)
		if (!discovery->sources[i].fetcher && discovery->sources[i].failure[0] != '\0')
			return false;
	return true;
}

static void publish(struct round *round)
{
	struct discovery *discovery = round->discovery;
	struct wall_time now = clock_wall();
	bool has_failed = round->result != 0 || !is_well(discovery);
	pthread_mutex_lock(&discovery->mutex);
	for (size_t i = 0; i < discovery->source_count; i++) {
		struct source_values *values = &discovery->sources[i].values;
		values->failures += round->failures[i];
		if (round->succeeded[i] && round->failures[i] == 0)
			values->success_ns = now.unix_ns;
	}
	if (round->result != 0)
		discovery->failure = round->error;
	else if (!has_failed)
		discovery->failure = (struct text_error){0};
	pthread_mutex_unlock(&discovery->mutex);
	if (round->read > 0 || has_failed != discovery->has_failed)
		reloads_note(discovery->reloads, RELOAD_OF_TARGETS, !has_failed, now);
	discovery->has_failed = has_failed;
}

/* Looks at all sources. */
static void look(struct round *round)
{
	struct discovery *discovery = round->discovery;
	int error = 0;
	for (size_t i = 0; i < discovery->source_count && !error; i++) {
		if (discovery->sources[i].fetcher)
			error = take_news(round, i);
		else if (round->has_files)
			error = look_at_files(round, i);
	}
	if (!error)
		return;
	struct text_error wrong;
	text_error_set(&wrong, 0, "out of memory");
	note_failure(round, 0, &wrong);
	round->result = error;
	round->error = wrong;
}

static void hurry_fetchers(struct discovery *discovery)
{
	for (size_t i = 0; i < discovery->source_count; i++)
		if (discovery->sources[i].fetcher)
			fetcher_hurry(discovery->sources[i].fetcher);
}

/* Sees to it that changes from now on are noticed. Returns false where they may not be. */
static bool watch_files(struct discovery *discovery, int64_t now_ns)
{
	bool is_known = true;
	if (!discovery->notices || now_ns < discovery->watch_due_ns)
		return false;
	file_notices_begin(discovery->notices);
	for (size_t i = 0; i < discovery->source_count; i++)
		if (!discovery->sources[i].fetcher)
			is_known = source_files_name(&discovery->sources[i].what, i,
					   &discovery->members, discovery->notices) &&
				   is_known;
	bool is_settled = file_notices_settle(discovery->notices) && is_known;
	bool is_complete = file_notices_are_complete(discovery->notices) && is_known;
	discovery->watch_due_ns = is_complete ? now_ns : now_ns + LOOK_SELDOM_NS;
	return is_settled;
}

/* After a look. is_watched: whatever has happened since it began is noticed. */
static void plan_look(struct discovery *discovery, int64_t now_ns, bool is_watched)
{
	bool may_wait = is_watched;
	for (size_t i = 0; i < discovery->source_count; i++)
		if (!discovery->sources[i].fetcher)
			may_wait = may_wait && discovery->sources[i].failure[0] == '\0' &&
				   source_files_are_settled(&discovery->members, i);
	discovery->looked_ns = now_ns;
	discovery->awaits_notice = may_wait;
	if (discovery->look_due_ns != INT64_MAX)
		discovery->look_due_ns = now_ns + (may_wait ? LOOK_SELDOM_NS : LOOK_NS);
}

/* said: what came of it, of a reload. */
static int step(struct discovery *discovery, bool is_reload, struct text_error *said)
{
	int64_t now_ns = clock_monotonic_ns();
	struct round round = {
		.discovery = discovery,
		.is_reload = is_reload,
		/* Not with each news: what looks the same twice is to be complete. */
		.has_files = is_reload || now_ns >= discovery->look_due_ns,
	};
	if (is_reload)
		discovery->watch_due_ns = now_ns;
	bool is_watched = round.has_files && watch_files(discovery, now_ns);
	text_error_set(said, 0, "sources are asked again");
	look(&round);
	if (round.has_files)
		/* Files that this look has found are watched from the next one on. */
		plan_look(discovery, now_ns, is_watched && !is_reload);
	if (round.has_changed)
		settle(&round, said);
	publish(&round);
	if (is_reload)
		hurry_fetchers(discovery);
	if (round.result != 0)
		*said = round.error;
	return round.result;
}

static void carry_out_reload(struct discovery *discovery, uint64_t wanted)
{
	struct text_error said;
	int result = step(discovery, true, &said);
	pthread_mutex_lock(&discovery->mutex);
	discovery->done = wanted;
	discovery->result = result;
	discovery->said = said;
	pthread_cond_broadcast(&discovery->changed);
	pthread_mutex_unlock(&discovery->mutex);
}

/* Until it is wanted, or a file may have changed: that is when it returns true. */
static bool nap(struct discovery *discovery, int64_t due_ns)
{
	bool listens = discovery->notices && discovery->awaits_notice;
	evutil_socket_t fd = listens ? file_notices_fd(discovery->notices) : -1;
	bool is_noticed = nap_until(&discovery->waker, fd, due_ns, clock_monotonic_ns());
	waker_drain(&discovery->waker);
	return is_noticed;
}

/* Waits until there is something to do. Returns whether to go on; *wanted: the number of the reload to carry out, or
 * 0. */
static bool wait_for_work(struct discovery *discovery, uint64_t *wanted)
{
	int64_t due_ns = discovery->look_due_ns < discovery->census_due_ns
				 ? discovery->look_due_ns
				 : discovery->census_due_ns;
	pthread_mutex_lock(&discovery->mutex);
	bool is_wanted =
		discovery->is_over || discovery->has_news || discovery->wanted != discovery->done;
	pthread_mutex_unlock(&discovery->mutex);
	if (!is_wanted && nap(discovery, due_ns)) {
		/* However much happens in a folder, it is looked at no more often than that. */
		discovery->look_due_ns = discovery->looked_ns + LOOK_NS;
		discovery->awaits_notice = false;
	}
	pthread_mutex_lock(&discovery->mutex);
	discovery->has_news = false;
	*wanted = discovery->wanted == discovery->done ? 0 : discovery->wanted;
	bool goes_on = !discovery->is_over;
	pthread_mutex_unlock(&discovery->mutex);
	return goes_on;
}

static void *run(void *context)
{
	struct discovery *discovery = context;
	uint64_t wanted;
	while (wait_for_work(discovery, &wanted)) {
		struct text_error unused;
		if (wanted > 0)
			carry_out_reload(discovery, wanted);
		else
			step(discovery, false, &unused);
		take_census(discovery);
	}
	return NULL;
}

/* With the mutex held. */
static void wake(struct discovery *discovery)
{
	if (discovery->has_waker)
		waker_wake(&discovery->waker);
}

static void on_news(void *context)
{
	struct discovery *discovery = context;
	pthread_mutex_lock(&discovery->mutex);
	discovery->has_news = true;
	pthread_cond_broadcast(&discovery->changed);
	wake(discovery);
	pthread_mutex_unlock(&discovery->mutex);
}

static int start_fetchers(struct discovery *discovery)
{
	for (size_t i = 0; i < discovery->source_count; i++) {
		struct source *source = &discovery->sources[i];
		const struct fetch fetch = {
			.source = &source->what,
			.settings = discovery->input.settings,
			.defaults = discovery->input.defaults,
		};
		if (target_source_is_of_files(&source->what))
			continue;
		int error = fetcher_start(&fetch, on_news, discovery, &source->fetcher);
		if (error)
			return error;
	}
	return 0;
}

static int add_source(struct discovery *discovery, const char *text, struct text_error *error)
{
	struct source *source = &discovery->sources[discovery->source_count++];
	const char *reason;
	int result = target_source_parse(text, &source->what, &reason);
	source->values = (struct source_values){.source = text, .success_ns = -1};
	if (result == 0 && source->what.kind == TARGET_SOURCE_HTTP && !fetch_has_http()) {
		reason = "needs libcurl, which this program was built without";
		result = -EINVAL;
	}
	for (size_t i = 0; i + 1 < discovery->source_count && result == 0; i++) {
		if (strcmp(name_of(&discovery->sources[i]), text) == 0) {
			reason = "is given twice";
			result = -EINVAL;
		}
	}
	if (result != 0)
		text_error_set(error, 0, "%s: %s", text, reason);
	return result;
}

/* Reads all files. */
static int load(struct discovery *discovery, struct text_error *error)
{
	struct round round = {.discovery = discovery, .is_reload = true};
	struct wall_time now = clock_wall();
	int result = 0;
	for (size_t i = 0; i < discovery->source_count && result == 0; i++)
		if (target_source_is_of_files(&discovery->sources[i].what))
			result = look_at_files(&round, i);
	if (result != 0)
		text_error_set(error, 0, "out of memory");
	else if ((result = round.result) != 0)
		*error = round.error;
	for (size_t i = 0; i < discovery->source_count; i++)
		if (round.succeeded[i])
			discovery->sources[i].values.success_ns = now.unix_ns;
	return result;
}

int discovery_new(
	const struct discovery_input *input, struct discovery **discovery, struct text_error *error)
{
	struct discovery *made = calloc(1, sizeof(*made));
	if (!made) {
		text_error_set(error, 0, "out of memory");
		return -ENOMEM;
	}
	made->input = *input;
	made->look_due_ns = INT64_MAX;
	made->census_due_ns = INT64_MAX;
	pthread_mutex_init(&made->mutex, NULL);
	thread_condition_init(&made->changed);
	int result = 0;
	for (size_t i = 0; i < input->settings->source_count && result == 0; i++)
		result = add_source(made, input->settings->sources[i], error);
	if (result == 0)
		result = load(made, error);
	if (result != 0) {
		discovery_free(made);
		return result;
	}
	*discovery = made;
	return 0;
}

/* Waits for one. */
static void await_news(struct discovery *discovery)
{
	pthread_mutex_lock(&discovery->mutex);
	while (!discovery->has_news)
		pthread_cond_wait(&discovery->changed, &discovery->mutex);
	discovery->has_news = false;
	pthread_mutex_unlock(&discovery->mutex);
}

int discovery_ask(struct discovery *discovery, struct text_error *error)
{
	struct round round = {.discovery = discovery};
	int result = start_fetchers(discovery);
	for (size_t i = 0; i < discovery->source_count && result == 0; i++) {
		const struct source *source = &discovery->sources[i];
		while (source->fetcher && result == 0 && !round.succeeded[i] &&
			round.failures[i] == 0) {
			await_news(discovery);
			for (size_t k = 0; k < discovery->source_count && result == 0; k++)
				if (discovery->sources[k].fetcher)
					result = take_news(&round, k);
		}
		if (source->fetcher && round.failures[i] > 0) {
			text_error_set(error, 0, "%s: %s", name_of(source), source->failure);
			return -EIO;
		}
	}
	if (result != 0)
		text_error_set(error, 0, "cannot ask the sources: out of memory");
	return result;
}

static bool has_network(const struct discovery *discovery)
{
	for (size_t i = 0; i < discovery->source_count; i++)
		if (!target_source_is_of_files(&discovery->sources[i].what))
			return true;
	return false;
}

/* Of files alone it is a mistake not to be in their list; others may tell of this machine later. */
static int join_mesh(
	struct discovery *discovery, struct target_list *targets, struct text_error *error)
{
	int result = choose(discovery, targets, &discovery->mesh, error);
	bool may_come = has_network(discovery);
	if (result == -ENOENT && may_come)
		return 0;
	if (result != 0)
		target_list_clear(targets);
	return result;
}

int discovery_collect(
	struct discovery *discovery, struct target_list *targets, struct text_error *error)
{
	struct round round = {.discovery = discovery};
	int result = merge(&round, targets);
	if (result != 0) {
		text_error_set(error, 0, "out of memory");
		return result;
	}
	if (round.result != 0) {
		target_list_clear(targets);
		*error = round.error;
		return round.result;
	}
	members_accept(&discovery->members);
	count_targets(discovery);
	return join_mesh(discovery, targets, error);
}

void discovery_warn(const struct discovery *discovery, struct text_error *warning)
{
	*warning = (struct text_error){0};
	for (size_t i = 0; i < discovery->source_count; i++) {
		const struct source *source = &discovery->sources[i];
		if (!target_source_is_of_files(&source->what) || source->values.targets > 0)
			continue;
		text_error_set(warning, 0, "%s lists no targets", name_of(source));
		return;
	}
}

static void open_notices(struct discovery *discovery)
{
	bool has_files = discovery->look_due_ns != INT64_MAX;
	if (!has_files || file_notices_open(&discovery->notices) != 0)
		discovery->notices = NULL;
}

/* Somebody may want a reload already. */
static int open_waker(struct discovery *discovery)
{
	pthread_mutex_lock(&discovery->mutex);
	int error = waker_open(&discovery->waker);
	discovery->has_waker = !error;
	pthread_mutex_unlock(&discovery->mutex);
	return error;
}

int discovery_start(struct discovery *discovery, struct engine *engine, const struct log *log,
	struct reloads *reloads, const struct discovery_listener *listener)
{
	discovery->engine = engine;
	discovery->log = log;
	discovery->reloads = reloads;
	discovery->listener = *listener;
	for (size_t i = 0; i < discovery->source_count; i++)
		if (target_source_is_of_files(&discovery->sources[i].what))
			discovery->look_due_ns = clock_monotonic_ns() + LOOK_NS;
	begin_census(discovery);
	open_notices(discovery);
	int error = open_waker(discovery);
	if (!error)
		error = start_fetchers(discovery);
	if (!error)
		error = thread_start(&discovery->thread, "discovery", run, discovery);
	discovery->has_thread = !error;
	return error;
}

int discovery_reload(struct discovery *discovery, struct text_error *said)
{
	pthread_mutex_lock(&discovery->mutex);
	uint64_t number = ++discovery->wanted;
	wake(discovery);
	while (discovery->done < number && !discovery->is_over)
		pthread_cond_wait(&discovery->changed, &discovery->mutex);
	bool is_done = discovery->done >= number;
	int result = is_done ? discovery->result : -ECANCELED;
	*said = discovery->said;
	pthread_mutex_unlock(&discovery->mutex);
	if (!is_done)
		text_error_set(said, 0, "the program is shutting down");
	return result;
}

void discovery_failure(struct discovery *discovery, struct text_error *failure)
{
	pthread_mutex_lock(&discovery->mutex);
	*failure = discovery->failure;
	pthread_mutex_unlock(&discovery->mutex);
}

size_t discovery_read(struct discovery *discovery, struct source_values *values)
{
	pthread_mutex_lock(&discovery->mutex);
	for (size_t i = 0; i < discovery->source_count; i++)
		values[i] = discovery->sources[i].values;
	pthread_mutex_unlock(&discovery->mutex);
	return discovery->source_count;
}

bool discovery_read_mesh(struct discovery *discovery, struct mesh_values *mesh)
{
	pthread_mutex_lock(&discovery->mutex);
	*mesh = discovery->mesh;
	pthread_mutex_unlock(&discovery->mutex);
	return discovery->input.settings->probers_per_target > 0;
}

size_t discovery_descriptors(const struct discovery_settings *settings)
{
	size_t count = settings->source_count > 0 ? WATCH_DESCRIPTORS : 0;
	for (size_t i = 0; i < settings->source_count; i++) {
		struct target_source source;
		const char *unused;
		if (target_source_parse(settings->sources[i], &source, &unused) == 0 &&
			!target_source_is_of_files(&source))
			count += FETCHER_DESCRIPTORS;
	}
	return count;
}

void discovery_stop(struct discovery *discovery)
{
	if (!discovery)
		return;
	pthread_mutex_lock(&discovery->mutex);
	discovery->is_over = true;
	pthread_cond_broadcast(&discovery->changed);
	wake(discovery);
	pthread_mutex_unlock(&discovery->mutex);
	if (discovery->has_thread)
		pthread_join(discovery->thread, NULL);
	discovery->has_thread = false;
	for (size_t i = 0; i < discovery->source_count; i++)
		fetcher_end(discovery->sources[i].fetcher);
	for (size_t i = 0; i < discovery->source_count; i++) {
		fetcher_stop(discovery->sources[i].fetcher);
		discovery->sources[i].fetcher = NULL;
	}
}

void discovery_free(struct discovery *discovery)
{
	if (!discovery)
		return;
	discovery_stop(discovery);
	if (discovery->has_waker)
		waker_close(&discovery->waker);
	file_notices_close(discovery->notices);
	members_clear(&discovery->members);
	pthread_cond_destroy(&discovery->changed);
	pthread_mutex_destroy(&discovery->mutex);
	free(discovery);
}
