/* SPDX-License-Identifier: MIT */
/* The one door to the measuring core: settings in, snapshots out. */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/endpoint.h"
#include "base/log.h"
#include "base/text_error.h"
#include "config/settings.h"
#include "engine/reload_report.h"
#include "measure/server_peers.h"
#include "measure/snapshot.h"
#include "probe/target_watcher.h"

struct engine;

/*
 * Starts what settings ask for: binds the echo server's socket, starts every thread. settings are
 * checked and their targets complete; they are copied, and so is watcher, which may be NULL; log is
 * borrowed until engine_stop() returns. Both are used from any thread. Returns 0, or a negative
 * errno with error filled and nothing left running (-EADDRINUSE and the like, -ENOMEM, -EMFILE where
 * the descriptor limit is too low for the targets).
 */
int engine_start(const struct settings *settings, const struct log *log,
	const struct target_watcher *watcher, struct engine **engine, struct text_error *error);

/*
 * Changes to another list of targets, which is complete. Targets that are probed as before keep their
 * connection, their counts and their slots; the others end or begin. targets is copied, and ignored
 * by an engine without a prober. What more targets need of the descriptors, the echo server has to
 * do without. What changes is added to report. One caller at a time. Returns 0, or -ENOMEM or
 * -EMFILE with error filled and the previous targets kept.
 */
int engine_reload(struct engine *engine, const struct target_list *targets,
	struct reload_report *report, struct text_error *error);

/*
 * Adds a target beside the list, which no reload touches and no snapshot of all has; the watcher is not told of
 * it. It is bound to settings->probe_allow, at each dial. target: complete; copied, without its labels.
 * Any thread. Returns 0 with *id; -EPERM if nothing may be added, -ENOSPC if settings->probe_max are
 * there, -EMFILE if there are no descriptors left for it, or -ENOMEM.
 */
int engine_add(struct engine *engine, const struct target_config *target, uint64_t *id);

/* Ends a target that engine_add() has added; nothing happens if there is none of that id. Any thread. */
void engine_remove(struct engine *engine, uint64_t id);

/*
 * Copies the state of a target that engine_add() has added, alone, with or without distributions; all else but
 * has_prober and lacks_tcp_info is zero. Any thread. Returns 0, -ENOENT or -ENOMEM.
 */
int engine_snapshot_added(
	struct engine *engine, uint64_t id, bool with_distributions, struct snapshot *snapshot);

/* Copies the targets that are probed, with all their options. Any thread. Returns 0 with *targets owned by
 * the caller, or -ENOMEM. */
int engine_copy_targets(struct engine *engine, struct target_list *targets);

/* Copies the present state, with or without distributions; never makes a prober wait. Any thread. Returns
 * 0 or -ENOMEM. */
int engine_snapshot(struct engine *engine, bool with_distributions, struct snapshot *snapshot);

/*
 * Copies the state of the target of that name alone, with its distributions; all else but has_prober is zero. Any
 * thread. Returns 0, -ENOENT or -ENOMEM.
 */
int engine_snapshot_target(struct engine *engine, const char *name, struct snapshot *snapshot);

/*
 * Visits the targets in their order: each with its id and a consistent copy of what is known of it, which is
 * borrowed for that call. Allocates nothing; never makes a prober wait. visit must not call the engine. Any thread.
 */
void engine_visit(struct engine *engine,
	void (*visit)(void *context, uint64_t target_id, const struct target_values *values,
		const struct distribution *round_trips),
	void *context);

/*
 * Until when all probers sleep, as nothing is due: INT64_MAX is for good, 0 that one is awake. Nothing is counted
 * before, other than what was in flight, or after a reload. Any thread.
 */
int64_t engine_rests_until_ns(struct engine *engine);

/* Has on_reload called after each reload, on the thread that reloads, instead of whoever was told before; NULL: nobody
 * is. It must not call the engine. Any thread. */
void engine_follow_reloads(struct engine *engine, void (*on_reload)(void *context), void *context);

/* Copies what happened to a target, the newest first. Any thread. Returns how many events there are; 0 of a
 * target that is no more, too. */
unsigned engine_events(
	struct engine *engine, uint64_t target_id, struct target_event events[TARGET_EVENTS_MAX]);

/*
 * Tells who uses the echo server, limit connections at most, and who was turned away lately. Any thread. Returns 0
 * with *peers to be cleared by the caller; -ENOENT without an echo server, or -ENOMEM.
 */
int engine_peers(struct engine *engine, size_t limit, struct server_peers *peers);

/* Whether targets are probed. Any thread. */
bool engine_has_prober(const struct engine *engine);

/*
 * Whether the threads of prober and echo server come round: false from the first question that comes
 * HEARTBEAT_PATIENCE_NS after one that a thread has left unanswered. Any thread.
 */
bool engine_is_alive(struct engine *engine);

/*
 * How many connections the front may have at once, so that all get by with the descriptors there
 * are: at most those that the settings ask for.
 */
size_t engine_front_connections(const struct engine *engine);

/* The echo server's bound addresses as text, e.g. "[::]:4000" or "127.0.0.1:4000, [::1]:4000"; ""
 * without one. Borrowed from the engine. */
const char *engine_listen_address(const struct engine *engine);

/* Ends every thread, within a second, and frees all. NULL is accepted. */
void engine_stop(struct engine *engine);

#endif
