/* SPDX-License-Identifier: MIT */
/* Asks the hosts file and the name servers for targets: the addresses of a name, or its SRV records. */
#ifndef DISCOVER_FETCH_DNS_H
#define DISCOVER_FETCH_DNS_H

#include "discover/fetch.h"

/* An answer without targets is a failure. */
int fetch_dns(const struct fetch *fetch, struct fetched *fetched, struct text_error *error);

#endif
