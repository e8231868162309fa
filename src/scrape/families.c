/* SPDX-License-Identifier: MIT */
#include "scrape/families.h"

#define AT(member) offsetof(struct target_values, member)

const struct target_family target_families[TARGET_FAMILIES] = {
	{{"tcp_echo_connected", FAMILY_GAUGE,
		 "1 while the connection to the target stands, 0 while it is down or being "
		 "dialled."},
		VALUE_CONNECTED, 0},
	{{"tcp_echo_last_rtt_seconds", FAMILY_GAUGE,
		 "Round-trip time of the latest answered probe; absent until the first reply. It "
		 "is "
		 "one sample out of many: for distributions use tcp_echo_rtt_seconds."},
		VALUE_SECONDS, AT(last_rtt_ns)},
	{{"tcp_echo_jitter_seconds", FAMILY_GAUGE,
		 "Smoothed difference between successive round-trip times (RFC 3550, section "
		 "6.4.1). "
		 "Rises when latency becomes unsteady, whatever its level."},
		VALUE_SECONDS, AT(jitter_ns)},
	{{"tcp_echo_sent", FAMILY_COUNTER,
		 "Probes that fell due, with those that could not be sent (tcp_echo_unsent_total). "
		 "Always the sum of received, timeouts and in flight."},
		VALUE_COUNT, AT(sent)},
	{{"tcp_echo_received", FAMILY_COUNTER,
		 "Probes answered in time. Its rate over that of tcp_echo_sent_total is the "
		 "success "
		 "ratio."},
		VALUE_COUNT, AT(received)},
	{{"tcp_echo_timeouts", FAMILY_COUNTER,
		 "Probes not answered in time: lost, delayed, or due while the connection was "
		 "down. "
		 "Its rate over that of tcp_echo_sent_total is the loss ratio."},
		VALUE_COUNT, AT(timeouts)},
	{{"tcp_echo_late", FAMILY_COUNTER,
		 "Timed-out probes whose reply came after all; a part of the timeouts. Many of "
		 "them "
		 "mean delay (often TCP sending lost segments again) rather than loss of data."},
		VALUE_COUNT, AT(late)},
	{{"tcp_echo_unsent", FAMILY_COUNTER,
		 "Probes that fell due while nothing could be sent: no connection, or its send "
		 "buffer "
		 "was full; a part of the timeouts. Tells an outage from a lossy path."},
		VALUE_COUNT, AT(unsent)},
	{{"tcp_echo_duplicates", FAMILY_COUNTER,
		 "Replies to a probe that had been answered before. Above 0 means that the target "
		 "is "
		 "no faithful echo server."},
		VALUE_COUNT, AT(duplicates)},
	{{"tcp_echo_missed_slots", FAMILY_COUNTER,
		 "Moments when a probe was due but this process did not run, its machine being "
		 "busy "
		 "or suspended. Neither sent nor lost: no fault of the target."},
		VALUE_COUNT, AT(missed_slots)},
	{{"tcp_echo_loss_percent", FAMILY_GAUGE,
		 "Share of timed-out probes in the window of the last settled ones, 0 to 100. For "
		 "a "
		 "span of time of your own choice use the counters."},
		VALUE_LOSS, 0},
	{{"tcp_echo_in_flight", FAMILY_GAUGE,
		 "Probes sent and neither answered nor timed out yet. Normally about the "
		 "round-trip "
		 "time divided by the interval."},
		VALUE_IN_FLIGHT, 0},
	{{"tcp_echo_connects", FAMILY_COUNTER,
		 "Connections established to the target. Each one beyond the first follows a "
		 "break."},
		VALUE_COUNT, AT(connects)},
	{{"tcp_echo_last_connect_seconds", FAMILY_GAUGE,
		 "Time that the last TCP handshake took; absent until the first one."},
		VALUE_SECONDS, AT(last_connect_ns)},
	{{"tcp_echo_tcp_retransmits", FAMILY_COUNTER,
		 "Segments that the kernel had to send again, over all connections to the target. "
		 "Rises with packet loss even while every probe is still answered in time."},
		VALUE_TCP_COUNT, AT(tcp_retransmits)},
	{{"tcp_echo_tcp_rtt_seconds", FAMILY_GAUGE,
		 "The kernel's own smoothed round-trip time of the connection. Where it stays far "
		 "below tcp_echo_rtt_seconds, time goes to the machines and not to the path."},
		VALUE_SECONDS, AT(tcp_rtt_ns)},
	{{"tcp_echo_tcp_min_rtt_seconds", FAMILY_GAUGE,
		 "The least round-trip time that the kernel has lately seen on the connection: the "
		 "path without its queues."},
		VALUE_SECONDS, AT(tcp_min_rtt_ns)},
};

const struct family families[FAMILIES] = {
	[FAMILY_UP] = {"tcp_echo_up", FAMILY_GAUGE,
		"Always 1. Where it is absent the exporter itself is gone, not its targets."},
	[FAMILY_BUILD] = {"tcp_echo_build", FAMILY_INFO,
		"Always 1. The labels tell what is running."},
	[FAMILY_TARGET] = {"tcp_echo_target", FAMILY_INFO,
		"Always 1. What a target stands for: its configured address, and the one that its "
		"connection uses or used last (peer; empty before the first connection)."},
	[FAMILY_RTT] = {"tcp_echo_rtt_seconds", FAMILY_HISTOGRAM,
		"Round-trip times of the answered probes as an application feels them: from just "
		"before the send to the reply's arrival. Its count equals "
		"tcp_echo_received_total."},
	[FAMILY_CONNECT_FAILURES] = {"tcp_echo_connect_failures", FAMILY_COUNTER,
		"Attempts to connect that failed, by reason: the name did not resolve, the host "
		"refused, was unreachable, or did not answer in time (timeout)."},
	[FAMILY_DISCONNECTS] = {"tcp_echo_disconnects", FAMILY_COUNTER,
		"Connections to the target that ended, by reason: the peer closed or reset, "
		"answers "
		"stayed out (stalled), or what came was no echo (invalid)."},
	[FAMILY_SEND_LAG] = {"tcp_echo_send_lag_seconds", FAMILY_HISTOGRAM,
		"How late probes left against their schedule, all targets together. High values "
		"mean "
		"that this process lacks CPU time: it probes unevenly, yet round-trip times stay "
		"true."},
	[FAMILY_SERVER_CONNECTIONS] = {"tcp_echo_server_connections", FAMILY_GAUGE,
		"Connections open at the echo server now."},
	[FAMILY_SERVER_ACCEPTED] = {"tcp_echo_server_accepted", FAMILY_COUNTER,
		"Connections that the echo server has accepted."},
	[FAMILY_SERVER_FRAMES] = {"tcp_echo_server_frames", FAMILY_COUNTER,
		"Whole frames that the echo server has returned."},
	[FAMILY_SERVER_CLOSED] = {"tcp_echo_server_closed", FAMILY_COUNTER,
		"Connections of the echo server that ended, by reason: the peer closed, reset, "
		"vanished (timeout), stopped reading (stalled), or sent a bad frame (invalid)."},
	[FAMILY_SERVER_REJECTED] = {"tcp_echo_server_rejected", FAMILY_COUNTER,
		"Connections that the echo server turned away, by what it had run out of. Above 0 "
		"means that a limit is too low for the number of peers."},
	[FAMILY_PROCESS_CPU] = {"process_cpu_seconds", FAMILY_COUNTER,
		"User and system CPU time that this process has used, in seconds."},
	[FAMILY_PROCESS_OPEN_FDS] = {"process_open_fds", FAMILY_GAUGE,
		"Open file descriptors; each target and each peer takes one."},
	[FAMILY_PROCESS_MAX_FDS] = {"process_max_fds", FAMILY_GAUGE,
		"How many file descriptors this process may have open."},
	[FAMILY_PROCESS_VIRTUAL_MEMORY] = {"process_virtual_memory_bytes", FAMILY_GAUGE,
		"Virtual memory of this process, in bytes."},
	[FAMILY_PROCESS_RESIDENT_MEMORY] = {"process_resident_memory_bytes", FAMILY_GAUGE,
		"Physical memory that this process occupies, in bytes."},
	[FAMILY_PROCESS_START_TIME] = {"process_start_time_seconds", FAMILY_GAUGE,
		"When this process started, in seconds since 1970-01-01 00:00 UTC."},
};

const char *family_suffix(enum family_type type)
{
	switch (type) {
	case FAMILY_COUNTER:
		return "_total";
	case FAMILY_INFO:
		return "_info";
	case FAMILY_GAUGE:
	case FAMILY_HISTOGRAM:
		return "";
	}
	__builtin_unreachable();
}

const char *family_type_name(enum family_type type)
{
	switch (type) {
	case FAMILY_COUNTER:
		return "counter";
	case FAMILY_GAUGE:
		return "gauge";
	case FAMILY_HISTOGRAM:
		return "histogram";
	case FAMILY_INFO:
		return "info";
	}
	__builtin_unreachable();
}
