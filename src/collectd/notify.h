/* SPDX-License-Identifier: MIT */
/* Hands notices to the daemon. */
#ifndef COLLECTD_NOTIFY_H
#define COLLECTD_NOTIFY_H

#include "collectd/notices.h"

/*
 * Dispatches a notification: the target is the plugin instance, and what is known of address, peer,
 * reason and since (RFC 3339, UTC) is its metadata. It takes as long as the plugins that get it need.
 */
void notify(const struct notice *notice);

#endif
