/* SPDX-License-Identifier: MIT */
/*
 * Where targets come from: files, which are watched, and sources in the network, which are asked again and again. What
 * all of them come to is given to the engine whenever it changes. A source that fails keeps the targets it gave last.
 */
#ifndef DISCOVER_DISCOVERY_H
#define DISCOVER_DISCOVERY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/log.h"
#include "base/text_error.h"
#include "config/discovery_settings.h"
#include "config/reloads.h"
#include "config/target_list.h"
#include "discover/mesh.h"
#include "engine/engine.h"
#include "measure/source_values.h"

struct discovery;

/* What is to be discovered. All of it is borrowed until discovery_free() returns. */
struct discovery_input {
	const struct discovery_settings *settings;
	const struct target_options *defaults; /* Of targets that do not say otherwise. */
	const struct target_list *fixed;       /* Targets that are there anyway; NULL: none. */
	const char *where;		       /* What those are in messages, "a <Target> block". */
};

/* Reads all files. Returns 0, or a negative errno with error: -EINVAL for what is in one. */
int discovery_new(const struct discovery_input *input, struct discovery **discovery,
	struct text_error *error);

/* Asks each source in the network once, at the same time. Returns 0, or a negative errno with error, of the first that
 * failed. Not after discovery_start(). */
int discovery_ask(struct discovery *discovery, struct text_error *error);

/*
 * Puts together the targets that are known so far; of a mesh, those that this machine probes. Returns 0 with *targets
 * owned by the caller, or a negative errno with error: -ENOENT if this machine is not in the list, and never will be
 * without a change of a file. Not after discovery_start().
 */
int discovery_collect(
	struct discovery *discovery, struct target_list *targets, struct text_error *error);

/* What there is to be said of files without targets, or "". Likewise. */
void discovery_warn(const struct discovery *discovery, struct text_error *warning);

/* Who needs to know of changes. All zero is nobody. */
struct discovery_listener {
	/* The engine has other targets. On discovery's thread. */
	void (*on_change)(void *context);
	void *context;
};

/*
 * Goes on from there, on a thread of its own. engine: has the targets of discovery_collect(). engine, log and
 * reloads are borrowed until discovery_free() returns. Returns 0 or a negative errno.
 */
int discovery_start(struct discovery *discovery, struct engine *engine, const struct log *log,
	struct reloads *reloads, const struct discovery_listener *listener);

/*
 * Reads all files now, whether they have changed or not, and waits for that; sources in the network are asked again.
 * Any thread. Returns 0 or a negative errno, with what happened, one line, in *said.
 */
int discovery_reload(struct discovery *discovery, struct text_error *said);

/* Tells why the last look at the files failed; "" if it did not. Any thread. */
void discovery_failure(struct discovery *discovery, struct text_error *failure);

/* Tells of each source, in their order. Any thread. values: TARGET_SOURCES_MAX. Returns how many there are. */
size_t discovery_read(struct discovery *discovery, struct source_values *values);

/* Tells what is known of the mesh. Any thread. Returns false where there is none. */
bool discovery_read_mesh(struct discovery *discovery, struct mesh_values *mesh);

/* How many descriptors it may need. */
size_t discovery_descriptors(const struct discovery_settings *settings);

/* Ends it, within a second; those who wait in discovery_reload() return. What is known can still be read. NULL is
 * accepted. */
void discovery_stop(struct discovery *discovery);

/* The same, and frees all; nobody may use it any more. NULL is accepted. */
void discovery_free(struct discovery *discovery);

#endif
