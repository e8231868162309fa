/* SPDX-License-Identifier: MIT */
/* What -svc asks for. */
#ifndef SERVICE_SERVICE_REQUEST_H
#define SERVICE_SERVICE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

/* In the order of the words of -svc. */
enum service_verb {
	VERB_NONE,
	VERB_INSTALL,
	VERB_UNINSTALL,
	VERB_START,
	VERB_STOP,
	VERB_RUN, /* What the service manager starts: service/service_host.h. */
};

/* A flag that the service is started with. */
struct service_flag {
	const char *name;  /* Without its dash. Static. */
	const char *value; /* Borrowed; "true" or "false" for a boolean. */
	bool is_path;	   /* The value is the path of a file, seen from the working directory. */
};

/* The most flags that a service takes. */
#define SERVICE_FLAGS_MAX 280

/* The most files that a service reads, and a NULL. */
#define SERVICE_FILES_MAX 80

/* All of it is borrowed. */
struct service_request {
	enum service_verb verb; /* One that service_act() does: neither VERB_NONE nor VERB_RUN. */
	const char *name;	/* The service's: a valid file name of at most 64 bytes. */
	/* The rest is for VERB_INSTALL. */
	const struct service_flag *flags; /* At most SERVICE_FLAGS_MAX. */
	size_t flag_count;
	const char
		*files[SERVICE_FILES_MAX]; /* Those that the service reads; NULL behind the last. */
	bool low_ports;			   /* It listens on a port below 1024. */
};

#endif
