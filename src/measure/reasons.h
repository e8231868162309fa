/* SPDX-License-Identifier: MIT */
/* Why connections failed, ended or were turned away: the values of the label "reason". */
#ifndef MEASURE_REASONS_H
#define MEASURE_REASONS_H

enum connect_failure {
	CONNECT_FAILURE_RESOLVE,
	CONNECT_FAILURE_REFUSED,
	CONNECT_FAILURE_UNREACHABLE,
	CONNECT_FAILURE_TIMEOUT,
	CONNECT_FAILURE_LOCAL, /* The prober had no descriptor or no memory for it. */
	CONNECT_FAILURE_OTHER,
	CONNECT_FAILURES, /* How many there are. */
};

enum disconnect {
	DISCONNECT_CLOSED,  /* The peer closed. */
	DISCONNECT_RESET,   /* The peer reset. */
	DISCONNECT_STALLED, /* No replies: dropped by the prober. */
	DISCONNECT_INVALID, /* What came back was not an echo: dropped by the prober. */
	DISCONNECT_OTHER,
	DISCONNECTS,
};

enum server_close {
	SERVER_CLOSE_CLOSED,  /* The peer closed. */
	SERVER_CLOSE_RESET,   /* The peer reset. */
	SERVER_CLOSE_TIMEOUT, /* Keep-alive found the peer dead. */
	SERVER_CLOSE_STALLED, /* The peer did not read its replies. */
	SERVER_CLOSE_INVALID, /* Bad magic in a 24-byte frame. */
	SERVER_CLOSE_LIMIT,   /* A reload left fewer descriptors for peers. */
	SERVER_CLOSE_OTHER,
	SERVER_CLOSES,
};

enum server_reject {
	SERVER_REJECT_NOT_ALLOWED,   /* The peer's address may not use it. */
	SERVER_REJECT_LIMIT,	     /* As many peers as the user wants are there. */
	SERVER_REJECT_ADDRESS_LIMIT, /* As many as one address may have are there. */
	SERVER_REJECT_DESCRIPTORS, /* Out of file descriptors, or of those that are the server's. */
	SERVER_REJECT_MEMORY,	   /* Out of memory. */
	SERVER_REJECT_OTHER,
	SERVER_REJECTS,
};

/* Why a client of the HTTP front was turned away before it had its answer. */
enum http_reject {
	HTTP_REJECT_LIMIT,	   /* All places were taken, */
	HTTP_REJECT_ADDRESS_LIMIT, /* or those that one address may have. */
	HTTP_REJECT_DESCRIPTORS,   /* Out of file descriptors. */
	HTTP_REJECT_MEMORY,	   /* Out of memory. */
	HTTP_REJECT_SLOW,	   /* It did not complete its request in time. */
	HTTP_REJECT_STALLED,	   /* It did not read its answer. */
	HTTP_REJECT_OTHER,
	HTTP_REJECTS,
};

/* Why a target was not probed on request. */
enum probe_refusal {
	PROBE_REFUSAL_INVALID,	   /* The request was not valid. */
	PROBE_REFUSAL_NOT_ALLOWED, /* The address, or the port, may not be probed. */
	PROBE_REFUSAL_LIMIT,	   /* As many as are wanted are there, */
	PROBE_REFUSAL_RATE,	   /* or too many came at once. */
	PROBE_REFUSAL_DESCRIPTORS, /* Out of file descriptors, or of those that are for these targets. */
	PROBE_REFUSAL_MEMORY,	   /* Out of memory. */
	PROBE_REFUSAL_OTHER,
	PROBE_REFUSALS,
};

/* The label's value, e.g. "refused". Not for the counts, which come last. Static. */
const char *connect_failure_name(enum connect_failure failure);
const char *disconnect_name(enum disconnect disconnect);
const char *server_close_name(enum server_close close);
const char *server_reject_name(enum server_reject reject);
const char *http_reject_name(enum http_reject reject);
const char *probe_refusal_name(enum probe_refusal refusal);

#endif
