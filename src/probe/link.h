/* SPDX-License-Identifier: MIT */
/*
 * A target's link: resolving its name, dialling its addresses, being connected, being lost, and
 * trying again. What goes over it is up to the probe, behind a table of operations.
 */
#ifndef PROBE_LINK_H
#define PROBE_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "measure/reasons.h"
#include "net/resolver.h"
#include "probe/addresses.h"
#include "probe/alarms.h"
#include "probe/connection.h"
#include "probe/dialling.h"
#include "probe/link_state.h"
#include "probe/target.h"

struct link;

/* What the two kinds of probe do differently. */
struct probe_operations {
	/* Makes what the probe needs, in a link that is otherwise ready. Returns 0 or -ENOMEM. */
	int (*init)(struct link *link);
	/* The link has just been connected. NULL if each probe dials. */
	void (*begin)(struct link *link, int64_t now_ns);
	/*
	 * Sends the probe of a slot; the link is connected or resolved. Returns false if it could
	 * not be handed to the kernel: nothing was sent. As with the next two, the connection may
	 * be lost meanwhile.
	 */
	bool (*send)(struct link *link, int64_t due_ns, int64_t now_ns);
	/* A connection can be read. what: the event's flags. NULL if each probe dials. */
	void (*readable)(struct connection *connection, short what);
	/* No more probes go over this connection, as another one takes its place. NULL if each probe
	 * dials. */
	void (*retire)(struct connection *connection, int64_t now_ns);
	/* Times out what is overdue, gives up what is hopeless, and sets the next alarm. */
	void (*settle)(struct link *link, int64_t now_ns);
	/* All that is under way is over: what is in flight counts as timed out. */
	void (*abort)(struct link *link);
	/* Frees what init() made. */
	void (*clear)(struct link *link);
	/* Each probe dials for itself: the link is resolved, and never connected. */
	bool dials_each_time;
};

struct link {
	struct target target;
	const struct probe_operations *operations;
	enum link_state state;
	struct alarm alarm; /* The sooner of the next two. */
	int64_t due_ns;	    /* The next thing that is due without any outside event. */
	struct dialling dialling;
	unsigned failures; /* Attempts, and connections without a reply, in a row. */

	/* Resolving. */
	struct resolver_query *query; /* The resolver's; NULL unless it is asked. */
	bool is_failure_counted;      /* This attempt's: the name took too long to resolve. */
	int64_t resolve_due_ns;	      /* When the name is asked for again; INT64_MAX: never. */

	/* Dialling. */
	struct addresses addresses;
	int64_t attempt_ns; /* When this attempt began. */

	/* Connected. */
	struct connection *connection; /* Owned; NULL without one. */
	struct connection *retired;    /* Likewise: no longer used, but replies may still come. */
};

/* options: complete. Returns 0 or -ENOMEM, with nothing to clear. */
int link_init(struct link *link, const struct probe_operations *operations, const char *name,
	const struct endpoint *endpoint, const struct target_options *options);

/* Frees what it holds. Not while it has a context: link_abort() first. */
void link_clear(struct link *link);

/* A prober has it: the first attempt begins at dial_ns. context: borrowed until link_abort(), with
 * room for its alarm reserved. */
void link_start(struct link *link, struct probe_context *context, int64_t dial_ns);

/* Gives up whatever is under way, for good. One that was never started is accepted. */
void link_abort(struct link *link);

/* A link's alarm went off. */
void link_on_alarm(struct alarm *alarm, int64_t now_ns);

/*
 * An alarm may be set for what is settled by now, as most probes are answered long before they time out:
 * sets it to what is still due. Before waiting long for an alarm.
 */
void link_review_alarm(struct alarm *alarm, int64_t now_ns);

/* The resolver answered; takes over what the query holds and frees the query. */
void link_on_resolved(struct link *link, struct resolver_query *query, int64_t now_ns);

/* A slot is due: probes, or counts the slot as unsent, unless this is still the start-up. */
void link_use_slot(struct link *link, int64_t due_ns, int64_t now_ns);

/* For the probes: */

/* Sets when the state's or the probe's next thing is due, or that there is none: ALARM_NEVER. */
void link_set_alarm(struct link *link, int64_t due_ns);

/* The target is down: asks for the name's addresses again soon. LINK_RESOLVED only. */
void link_hurry_refresh(struct link *link, int64_t now_ns);

/* This address was connected to: a move, if the name no longer has the one before. */
void link_note_peer(struct link *link, const union address *peer, int64_t handshake_ns);

/* A reply came over the connection. This and what follows: LINK_CONNECTED only. */
void link_note_reply(struct link *link, struct connection *connection, int64_t now_ns);

/* Takes over what the kernel has counted and measured of the connection since the last time. */
void link_read_tcp_info(struct link *link);

/* Closes the retired connection. */
void link_drop_retired(struct link *link);

/* The connection ended, or has to end: settles, closes, and arranges for the next attempt. */
void link_lose(struct link *link, enum disconnect reason, int64_t now_ns);

#endif
