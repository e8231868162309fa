/* SPDX-License-Identifier: MIT */
/* A collectd that only remembers what a plugin told it. For tests. */
#ifndef UNIT_COLLECTD_FAKE_DAEMON_H
#define UNIT_COLLECTD_FAKE_DAEMON_H

#include <collectd/core/daemon/plugin.h>

/* In the context of the thread that calls fake_daemon_reset(), which threads of the plugin have to take on. */
#define FAKE_DAEMON_INTERVAL 77

/* What the plugin has registered; NULL for nothing. */
struct fake_daemon {
	int (*config)(oconfig_item_t *block);
	int (*init)(void);
	int (*read)(void);
	int (*shutdown)(void);
	unsigned types;	    /* Registered ones, with repetitions. */
	unsigned lists;	    /* Dispatched ones. */
	cdtime_t last_time; /* Of the last list. */
};

extern struct fake_daemon fake_daemon;

/* Forgets everything. */
void fake_daemon_reset(void);

/*
 * Whether the log, or the notifications, contain text. Each log line is "severity message\n", each
 * notification "severity host plugin-instance/type message\n", with " name=value" for its metadata in
 * between the last two. Any thread.
 */
int fake_daemon_logged(const char *text);
int fake_daemon_notified(const char *text);

/* The same, waiting for it with the patience of all tests. */
int fake_daemon_will_log(const char *text);
int fake_daemon_will_notify(const char *text);

/*
 * How many lists of that identity were dispatched: "tcp_echo-server1/tcp_echo_disconnects-reset". Unless
 * value is NULL, *value becomes the value of the last one, as a number.
 */
unsigned fake_daemon_lists(const char *identity, double *value);

/* The whole log, for the messages of tests. */
const char *fake_daemon_log(void);

#endif
