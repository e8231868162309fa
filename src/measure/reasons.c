/* SPDX-License-Identifier: MIT */
#include "measure/reasons.h"

const char *connect_failure_name(enum connect_failure failure)
{
	static const char *const names[CONNECT_FAILURES] = {
		[CONNECT_FAILURE_RESOLVE] = "resolve",
		[CONNECT_FAILURE_REFUSED] = "refused",
		[CONNECT_FAILURE_UNREACHABLE] = "unreachable",
		[CONNECT_FAILURE_TIMEOUT] = "timeout",
		[CONNECT_FAILURE_LOCAL] = "local",
		[CONNECT_FAILURE_OTHER] = "other",
	};
	return names[failure];
}

const char *disconnect_name(enum disconnect disconnect)
{
	static const char *const names[DISCONNECTS] = {
		[DISCONNECT_CLOSED] = "closed",
		[DISCONNECT_RESET] = "reset",
		[DISCONNECT_STALLED] = "stalled",
		[DISCONNECT_INVALID] = "invalid",
		[DISCONNECT_OTHER] = "other",
	};
	return names[disconnect];
}

const char *server_close_name(enum server_close close)
{
	static const char *const names[SERVER_CLOSES] = {
		[SERVER_CLOSE_CLOSED] = "closed",
		[SERVER_CLOSE_RESET] = "reset",
		[SERVER_CLOSE_TIMEOUT] = "timeout",
		[SERVER_CLOSE_STALLED] = "stalled",
		[SERVER_CLOSE_INVALID] = "invalid",
		[SERVER_CLOSE_LIMIT] = "limit",
		[SERVER_CLOSE_OTHER] = "other",
	};
	return names[close];
}

const char *server_reject_name(enum server_reject reject)
{
	static const char *const names[SERVER_REJECTS] = {
		[SERVER_REJECT_NOT_ALLOWED] = "not_allowed",
		[SERVER_REJECT_LIMIT] = "limit",
		[SERVER_REJECT_ADDRESS_LIMIT] = "address_limit",
		[SERVER_REJECT_DESCRIPTORS] = "descriptors",
		[SERVER_REJECT_MEMORY] = "memory",
		[SERVER_REJECT_OTHER] = "other",
	};
	return names[reject];
}

const char *http_reject_name(enum http_reject reject)
{
	static const char *const names[HTTP_REJECTS] = {
		[HTTP_REJECT_LIMIT] = "limit",
		[HTTP_REJECT_ADDRESS_LIMIT] = "address_limit",
		[HTTP_REJECT_DESCRIPTORS] = "descriptors",
		[HTTP_REJECT_MEMORY] = "memory",
		[HTTP_REJECT_SLOW] = "slow",
		[HTTP_REJECT_STALLED] = "stalled",
		[HTTP_REJECT_OTHER] = "other",
	};
	return names[reject];
}

const char *probe_refusal_name(enum probe_refusal refusal)
{
	static const char *const names[PROBE_REFUSALS] = {
		[PROBE_REFUSAL_INVALID] = "invalid",
		[PROBE_REFUSAL_NOT_ALLOWED] = "not_allowed",
		[PROBE_REFUSAL_LIMIT] = "limit",
		[PROBE_REFUSAL_RATE] = "rate",
		[PROBE_REFUSAL_DESCRIPTORS] = "descriptors",
		[PROBE_REFUSAL_MEMORY] = "memory",
		[PROBE_REFUSAL_OTHER] = "other",
	};
	return names[refusal];
}
