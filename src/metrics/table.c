/* SPDX-License-Identifier: MIT */
#include "metrics/table.h"

#include "measure/mesh_values.h"
#include "measure/period_values.h"
#include "measure/snapshot.h"
#include "measure/source_values.h"
#include "metrics/process_values.h"

static const char *connect_failure(unsigned reason)
{
	return connect_failure_name((enum connect_failure)reason);
}

static const char *disconnect(unsigned reason)
{
	return disconnect_name((enum disconnect)reason);
}

static const char *server_close(unsigned reason)
{
	return server_close_name((enum server_close)reason);
}

static const char *server_reject(unsigned reason)
{
	return server_reject_name((enum server_reject)reason);
}

static const char *http_reject(unsigned reason)
{
	return http_reject_name((enum http_reject)reason);
}

static const char *probe_refusal(unsigned reason)
{
	return probe_refusal_name((enum probe_refusal)reason);
}

static const char *direction(unsigned number)
{
	return direction_name((enum direction)number);
}

static const char *slow_where(unsigned number)
{
	return slow_where_name((enum slow_where)number);
}

static const struct metric_label connect_failures = {"reason", CONNECT_FAILURES, connect_failure};
static const struct metric_label disconnects = {"reason", DISCONNECTS, disconnect};
static const struct metric_label server_closes = {"reason", SERVER_CLOSES, server_close};
static const struct metric_label server_rejects = {"reason", SERVER_REJECTS, server_reject};
static const struct metric_label directions = {"direction", DIRECTIONS, direction};
static const struct metric_label slow_wheres = {"where", SLOW_WHERES, slow_where};
static const struct metric_label http_rejects = {"reason", HTTP_REJECTS, http_reject};
static const struct metric_label probe_refusals = {"reason", PROBE_REFUSALS, probe_refusal};

const struct metric metric_table[] = {
	{
		.name = "tcp_echo_up",
		.help = "1, or 0 while a thread of the prober or the echo server hangs. If it is absent, "
			"the exporter itself is gone, not its targets.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_PROCESS,
		.value = VALUE_FLAG,
		.offset = offsetof(struct process_values, is_alive),
	},
	{
		.name = "tcp_echo_build",
		.help = "Always 1. The labels version, revision and compiler tell what is running.",
		.type = METRIC_INFO,
		.subject = METRIC_OF_PROCESS,
		.value = VALUE_BUILD,
	},
	{
		.name = "tcp_echo_target",
		.help = "Always 1. The labels give the target's configured address and its peer: "
			"the address that its connection uses or last used, empty before the "
			"first one.",
		.type = METRIC_INFO,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_ADDRESSES,
		.is_lean = true,
	},
	{
		.name = "tcp_echo_connected",
		.help = "1 while the target is connected, 0 while it is down or being dialled. After "
			"a connection without a single reply it is 0 until one comes, however "
			"often the target accepts.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_FLAG,
		.offset = offsetof(struct target_values, connected),
		.is_lean = true,
	},
	{
		.name = "tcp_echo_last_rtt_seconds",
		.help = "Round-trip time of the latest answered probe; absent until the first "
			"reply. It is one sample of many: for distributions use "
			"tcp_echo_rtt_seconds.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_SECONDS,
		.known = KNOWN_UNLESS_NEGATIVE,
		.offset = offsetof(struct target_values, last_rtt_ns),
	},
	{
		.name = "tcp_echo_jitter_seconds",
		.help = "Smoothed difference between successive round-trip times (RFC 3550, "
			"section 6.4.1). Rises when latency becomes unsteady, whatever its level. "
			"Absent while the target is down.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_SECONDS,
		.known = KNOWN_UNLESS_NEGATIVE,
		.offset = offsetof(struct target_values, jitter_ns),
	},
	{
		.name = "tcp_echo_estimated_timeout_seconds",
		.help = "How long a reply may take at present, as estimated from round-trip times by "
			"TCP's own rule (RFC 6298). Only for targets whose timeout is auto.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_SECONDS,
		.known = KNOWN_UNLESS_ZERO,
		.offset = offsetof(struct target_values, timeout_ns),
	},
	{
		.name = "tcp_echo_sent",
		.help = "Probes that fell due, including those that could not be sent "
			"(tcp_echo_unsent_total). Always the sum of received, timeouts and in "
			"flight.",
		.type = METRIC_COUNTER,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_COUNT,
		.offset = offsetof(struct target_values, sent),
		.is_lean = true,
	},
	{
		.name = "tcp_echo_received",
		.help = "Probes answered in time. Its rate divided by that of tcp_echo_sent_total "
			"is the success ratio.",
		.type = METRIC_COUNTER,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_COUNT,
		.offset = offsetof(struct target_values, received),
		.is_lean = true,
	},
	{
		.name = "tcp_echo_timeouts",
		.help = "Probes not answered in time: lost, delayed, or due while nothing could "
			"be sent. Its rate divided by that of tcp_echo_sent_total is the loss "
			"ratio.",
		.type = METRIC_COUNTER,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_COUNT,
		.offset = offsetof(struct target_values, timeouts),
		.is_lean = true,
	},
	{
		.name = "tcp_echo_late",
		.help = "Timed-out probes whose reply arrived after all; part of the timeouts. "
			"Many of them point to delay (often TCP resending lost segments) rather "
			"than lost data.",
		.type = METRIC_COUNTER,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_COUNT,
		.offset = offsetof(struct target_values, late),
		.is_lean = true,
	},
	{
		.name = "tcp_echo_unsent",
		.help = "Probes that fell due while nothing could be sent, because there was no "
			"connection or its send buffer was full; part of the timeouts. "
			"Distinguishes an outage from a lossy path.",
		.type = METRIC_COUNTER,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_COUNT,
		.offset = offsetof(struct target_values, unsent),
		.is_lean = true,
	},
	{
		.name = "tcp_echo_duplicates",
		.help = "Replies to a probe that had already been answered. If above 0, the target "
			"is not a faithful echo server.",
		.type = METRIC_COUNTER,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_COUNT,
		.offset = offsetof(struct target_values, duplicates),
	},
	{
		.name = "tcp_echo_missed_slots",
		.help = "Probes that fell due while this process was not running because its "
			"machine was busy or suspended. Neither sent nor lost: not the target's "
			"fault.",
		.type = METRIC_COUNTER,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_COUNT,
		.offset = offsetof(struct target_values, missed_slots),
		.is_lean = true,
	},
	{
		.name = "tcp_echo_loss_ratio",
		.help = "Share of timed-out probes among the last settled ones (the window), 0 to 1. For a time "
			"span of your own choice use the counters.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_LOSS_RATIO,
	},
	{
		.name = "tcp_echo_loss_percent",
		.help = "The same in percent, 0 to 100.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_LOSS_PERCENT,
	},
	{
		.name = "tcp_echo_in_flight",
		.help = "Probes sent but not yet answered or timed out. Normally about the "
			"round-trip time divided by the interval.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_IN_FLIGHT,
	},
	{
		.name = "tcp_echo_connects",
		.help = "Connections established to the target. Each one after the first follows "
			"a break or a move.",
		.type = METRIC_COUNTER,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_COUNT,
		.offset = offsetof(struct target_values, connects),
	},
	{
		.name = "tcp_echo_moves",
		.help = "Moves to another address, as the target's name has the one before no "
			"longer.",
		.type = METRIC_COUNTER,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_COUNT,
		.offset = offsetof(struct target_values, moves),
	},
	{
		.name = "tcp_echo_last_connect_seconds",
		.help = "Duration of the last TCP handshake; absent until the first one.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_SECONDS,
		.known = KNOWN_UNLESS_NEGATIVE,
		.offset = offsetof(struct target_values, last_connect_ns),
	},
	{
		.name = "tcp_echo_tcp_retransmits",
		.help = "Segments that the kernel had to resend, over all connections to the "
			"target. Rises with packet loss even while every probe is answered in "
			"time.",
		.type = METRIC_COUNTER,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_COUNT,
		.known = KNOWN_WITH_TCP_INFO,
		.offset = offsetof(struct target_values, tcp_retransmits),
		.is_lean = true,
	},
	{
		.name = "tcp_echo_tcp_rtt_seconds",
		.help = "The kernel's own smoothed round-trip time of the connection. If it stays "
			"far below tcp_echo_rtt_seconds, the time is spent on the machines, not "
			"on the path.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_SECONDS,
		.known = KNOWN_UNLESS_NEGATIVE,
		.offset = offsetof(struct target_values, tcp_rtt_ns),
	},
	{
		.name = "tcp_echo_tcp_min_rtt_seconds",
		.help = "The lowest round-trip time that the kernel has recently seen on the "
			"connection: the path without its queues.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_SECONDS,
		.known = KNOWN_UNLESS_NEGATIVE,
		.offset = offsetof(struct target_values, tcp_min_rtt_ns),
	},
	{
		.name = "tcp_echo_connect_failures",
		.help = "Attempts to connect that failed, by reason: the name did not resolve, or "
			"the host refused, was unreachable or did not answer in time (timeout), or the "
			"prober itself had no descriptor or no memory (local).",
		.type = METRIC_COUNTER,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_COUNTS,
		.offset = offsetof(struct target_values, connect_failures),
		.label = &connect_failures,
		.is_lean = true,
	},
	{
		.name = "tcp_echo_disconnects",
		.help = "Connections to the target that ended, by reason: the peer closed or "
			"reset it, replies stopped coming (stalled), or something other than an "
			"echo came back (invalid).",
		.type = METRIC_COUNTER,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_COUNTS,
		.offset = offsetof(struct target_values, disconnects),
		.label = &disconnects,
		.is_lean = true,
	},
	{
		.name = "tcp_echo_rtt_seconds",
		.help = "Round-trip times of the answered probes as an application sees them: "
			"from just before the send to the arrival of the reply. Its count equals "
			"tcp_echo_received_total.",
		.type = METRIC_HISTOGRAM,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_HISTOGRAM,
		.offset = offsetof(struct target_values, rtt),
		.first_bound_ns = HISTOGRAM_RTT_FIRST_NS,
		.is_lean = true,
		.fine = offsetof(struct target_snapshot, distribution),
	},
	{
		.name = "tcp_echo_stamped",
		.help = "1 while the target's echo server reports when probes arrived and left, 0 if it did so "
			"earlier. This metric and the following ones exist only for such targets.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_COUNT,
		.known = KNOWN_UNLESS_NEGATIVE,
		.offset = offsetof(struct target_values, stamped),
	},
	{
		.name = "tcp_echo_peer_seconds",
		.help = "Total time that answered probes spent on the target's machine, from arrival in its "
			"kernel until its echo server returned them. Its rate divided by that of "
			"tcp_echo_received_total is the mean.",
		.type = METRIC_COUNTER,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_SECONDS,
		.known = KNOWN_WHERE_STAMPED,
		.offset = offsetof(struct target_values, peer_ns),
	},
	{
		.name = "tcp_echo_excess_seconds",
		.help = "Total time that answered probes took above the minimum of the last minutes, by "
			"direction (PDV in RFC 5481). Divided in the same way it is the mean.",
		.type = METRIC_COUNTER,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_SECONDS_EACH,
		.known = KNOWN_WHERE_STAMPED,
		.offset = offsetof(struct target_values, excess_ns),
		.label = &directions,
	},
	{
		.name = "tcp_echo_direction_excess_seconds",
		.help = "Distribution of that time over the probes. A native histogram only, and so present only with "
			"-native-histograms.",
		.type = METRIC_HISTOGRAM,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_DISTRIBUTIONS,
		.known = KNOWN_WHERE_STAMPED,
		.offset = offsetof(struct target_values, excess_ns),
		.label = &directions,
		.fine = offsetof(struct target_snapshot, excess),
	},
	{
		.name = "tcp_echo_slow",
		.help = "Probes answered in time but slowly, by where most of the time was lost. Slow means "
			"longer than the minimum round trip of the last minutes by more than half, and by "
			"more than 1 ms.",
		.type = METRIC_COUNTER,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_COUNTS,
		.known = KNOWN_WHERE_STAMPED,
		.offset = offsetof(struct target_values, slow),
		.label = &slow_wheres,
		.is_lean = true,
	},
	{
		.name = "tcp_echo_peer_tcp_retransmits",
		.help = "Segments that the target's kernel had to resend to this prober: loss on the way back, "
			"which tcp_echo_tcp_retransmits_total cannot show.",
		.type = METRIC_COUNTER,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_COUNT,
		.known = KNOWN_WHERE_STAMPED,
		.offset = offsetof(struct target_values, peer_tcp_retransmits),
		.is_lean = true,
	},
	{
		.name = "tcp_echo_stamps_rejected",
		.help = "Impossible stamps, such as a stay at the target longer than the round trip. They "
			"count in nothing else.",
		.type = METRIC_COUNTER,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_COUNT,
		.known = KNOWN_WHERE_STAMPED,
		.offset = offsetof(struct target_values, stamps_rejected),
	},
	{
		.name = "tcp_echo_one_way_seconds",
		.help = "Time that the latest answered probe spent on the way out and on the way back. Only "
			"while both machines' clocks are synchronised, and only as exact as "
			"tcp_echo_one_way_error_seconds says.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_SECONDS_EACH,
		.known = KNOWN_UNLESS_NEGATIVE,
		.offset = offsetof(struct target_values, one_way_ns),
		.label = &directions,
	},
	{
		.name = "tcp_echo_one_way_error_seconds",
		.help = "Upper bound of the error of tcp_echo_one_way_seconds: the sum of what both kernels "
			"report for their clocks (adjtimex, maxerror).",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_SECONDS,
		.known = KNOWN_UNLESS_NEGATIVE,
		.offset = offsetof(struct target_values, one_way_error_ns),
	},
	{
		.name = "tcp_echo_seen_ttl",
		.help = "Time to live, or hop limit, that the connection's first packet had left when it "
			"arrived at the target. A change means another path.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_COUNT,
		.known = KNOWN_UNLESS_NEGATIVE,
		.offset = offsetof(struct target_values, seen_ttl),
	},
	{
		.name = "tcp_echo_seen_dscp",
		.help = "Its codepoint (DSCP) on arrival. If it is not what the target is probed with, it was "
			"changed on the path.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_COUNT,
		.known = KNOWN_UNLESS_NEGATIVE,
		.offset = offsetof(struct target_values, seen_dscp),
	},
	{
		.name = "tcp_echo_seen_mss_bytes",
		.help = "Maximum segment size that it announced on arrival. If it is less than this machine's "
			"interface has room for, it was clamped on the path.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_TARGET,
		.value = VALUE_COUNT,
		.known = KNOWN_UNLESS_NEGATIVE,
		.offset = offsetof(struct target_values, seen_mss_bytes),
	},
	{
		.name = "tcp_echo_reading_loss_percent",
		.help = "Share of timed-out probes among those that were settled since the "
			"reading before, 0 to 100.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_READING,
		.value = VALUE_REAL_PERCENT,
		.offset = offsetof(struct period_values, loss_percent),
	},
	{
		.name = "tcp_echo_reading_rtt_mean_seconds",
		.help = "Mean of the round-trip times since the reading before.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_READING,
		.value = VALUE_REAL_SECONDS,
		.offset = offsetof(struct period_values, rtt_mean),
	},
	{
		.name = "tcp_echo_reading_rtt_min_seconds",
		.help = "The shortest of them.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_READING,
		.value = VALUE_REAL_SECONDS,
		.offset = offsetof(struct period_values, rtt_min),
	},
	{
		.name = "tcp_echo_reading_rtt_median_seconds",
		.help = "Their median.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_READING,
		.value = VALUE_REAL_SECONDS,
		.offset = offsetof(struct period_values, rtt_median),
	},
	{
		.name = "tcp_echo_reading_rtt_p90_seconds",
		.help = "Their 90th percentile.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_READING,
		.value = VALUE_REAL_SECONDS,
		.offset = offsetof(struct period_values, rtt_p90),
	},
	{
		.name = "tcp_echo_reading_rtt_p99_seconds",
		.help = "Their 99th percentile.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_READING,
		.value = VALUE_REAL_SECONDS,
		.offset = offsetof(struct period_values, rtt_p99),
	},
	{
		.name = "tcp_echo_reading_rtt_max_seconds",
		.help = "The longest of them.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_READING,
		.value = VALUE_REAL_SECONDS,
		.offset = offsetof(struct period_values, rtt_max),
	},
	{
		.name = "tcp_echo_send_lag_seconds",
		.help = "How late probes left against their schedule, all targets together. Up to "
			"10 ms they may be on purpose, as wake-ups are shared; more means that this "
			"process lacks CPU time: it probes unevenly, but round-trip times stay true.",
		.type = METRIC_HISTOGRAM,
		.subject = METRIC_OF_PROBER,
		.value = VALUE_HISTOGRAM,
		.offset = offsetof(struct snapshot, send_lag),
		.first_bound_ns = HISTOGRAM_LAG_FIRST_NS,
		.fine = offsetof(struct snapshot, send_lag_distribution),
	},
	{
		.name = "tcp_echo_tx_delay_seconds",
		.help = "Time that probes took from this program to the network device, for those that the "
			"kernel was asked about (tx_stamps); absent before the first one. This machine's own "
			"share of the way out.",
		.type = METRIC_HISTOGRAM,
		.subject = METRIC_OF_PROBER,
		.value = VALUE_HISTOGRAM,
		.known = KNOWN_UNLESS_ZERO,
		.offset = offsetof(struct snapshot, tx_delay),
		.first_bound_ns = HISTOGRAM_LAG_FIRST_NS,
		.fine = offsetof(struct snapshot, tx_delay_distribution),
	},
	{
		.name = "tcp_echo_server_connections",
		.help = "Connections currently open at the echo server.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_SERVER,
		.value = VALUE_COUNT,
		.offset = offsetof(struct server_values, connections),
	},
	{
		.name = "tcp_echo_server_accepted",
		.help = "Connections that the echo server has accepted.",
		.type = METRIC_COUNTER,
		.subject = METRIC_OF_SERVER,
		.value = VALUE_COUNT,
		.offset = offsetof(struct server_values, accepted),
	},
	{
		.name = "tcp_echo_server_frames",
		.help = "Whole frames that the echo server has returned.",
		.type = METRIC_COUNTER,
		.subject = METRIC_OF_SERVER,
		.value = VALUE_COUNT,
		.offset = offsetof(struct server_values, frames),
	},
	{
		.name = "tcp_echo_server_closed",
		.help = "Connections of the echo server that ended, by reason: the peer closed, "
			"reset, vanished (timeout), stopped reading (stalled) or sent a bad frame "
			"(invalid).",
		.type = METRIC_COUNTER,
		.subject = METRIC_OF_SERVER,
		.value = VALUE_COUNTS,
		.offset = offsetof(struct server_values, closed),
		.label = &server_closes,
	},
	{
		.name = "tcp_echo_server_rejected",
		.help = "Connections that the echo server turned away, by reason: the address is not "
			"allowed; as many connections as are wanted, or as one address may have, are "
			"there; there is no descriptor or no memory left for another.",
		.type = METRIC_COUNTER,
		.subject = METRIC_OF_SERVER,
		.value = VALUE_COUNTS,
		.offset = offsetof(struct server_values, rejected),
		.label = &server_rejects,
	},
	{
		.name = "tcp_echo_http_rejected",
		.help = "Clients of this HTTP server that were turned away, by reason: too many "
			"connections (limit), or of one address (address_limit), a resource that "
			"had run out, or one that did not complete its request (slow) or read its "
			"answer (stalled).",
		.type = METRIC_COUNTER,
		.subject = METRIC_OF_PROCESS,
		.value = VALUE_COUNTS,
		.offset = offsetof(struct process_values, http_rejected),
		.label = &http_rejects,
	},
	{
		.name = "tcp_echo_source_targets",
		.help = "Targets that this source gives: a file, a pattern of files, or one that is asked.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_SOURCE,
		.value = VALUE_COUNT,
		.offset = offsetof(struct source_values, targets),
	},
	{
		.name = "tcp_echo_source_failures",
		.help = "How often this source could not be read, or had something that was refused: the targets that it "
			"gave before then stay.",
		.type = METRIC_COUNTER,
		.subject = METRIC_OF_SOURCE,
		.value = VALUE_COUNT,
		.offset = offsetof(struct source_values, failures),
	},
	{
		.name = "tcp_echo_source_last_success_timestamp_seconds",
		.help = "When this source was last read successfully, in seconds since 1970-01-01 00:00 UTC; absent before "
			"that. Files are read when they change.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_SOURCE,
		.value = VALUE_SECONDS,
		.known = KNOWN_UNLESS_NEGATIVE,
		.offset = offsetof(struct source_values, success_ns),
	},
	{
		.name = "tcp_echo_mesh_members",
		.help = "Members of the list of targets that the machines of the mesh share.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_MESH,
		.value = VALUE_COUNT,
		.offset = offsetof(struct mesh_values, members),
	},
	{
		.name = "tcp_echo_mesh_targets",
		.help = "How many of them this machine probes.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_MESH,
		.value = VALUE_COUNT,
		.offset = offsetof(struct mesh_values, targets),
	},
	{
		.name = "tcp_echo_mesh_list_hash",
		.help = "A number that is the same on all machines with the same list, in whatever order; machines that "
			"differ choose by another list.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_MESH,
		.value = VALUE_COUNT,
		.offset = offsetof(struct mesh_values, list_hash),
	},
	{
		.name = "tcp_echo_probe_targets",
		.help = "Targets that are probed on request at present. This metric and the following three exist "
			"only where that is allowed (probe-allow).",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_PROCESS,
		.value = VALUE_COUNT,
		.known = KNOWN_WHERE_ALLOWED,
		.offset = offsetof(struct process_values, probes.targets),
	},
	{
		.name = "tcp_echo_probe_begun",
		.help = "Targets that were begun to be probed on request.",
		.type = METRIC_COUNTER,
		.subject = METRIC_OF_PROCESS,
		.value = VALUE_COUNT,
		.known = KNOWN_WHERE_ALLOWED,
		.offset = offsetof(struct process_values, probes.begun),
	},
	{
		.name = "tcp_echo_probe_ended",
		.help = "Those that ended, as nobody asked for them any more.",
		.type = METRIC_COUNTER,
		.subject = METRIC_OF_PROCESS,
		.value = VALUE_COUNT,
		.known = KNOWN_WHERE_ALLOWED,
		.offset = offsetof(struct process_values, probes.ended),
	},
	{
		.name = "tcp_echo_probe_refused",
		.help = "Requests to probe a target that were refused, by reason: the request is not valid, its target "
			"is not allowed, as many targets as are wanted are there (limit), too many came at once "
			"(rate), or a resource had run out.",
		.type = METRIC_COUNTER,
		.subject = METRIC_OF_PROCESS,
		.value = VALUE_COUNTS,
		.known = KNOWN_WHERE_ALLOWED,
		.offset = offsetof(struct process_values, probes.refused),
		.label = &probe_refusals,
	},
	{
		.name = "tcp_echo_config_last_reload_successful",
		.help = "1, or 0 if the last reload of the targets file or of the web configuration failed: then the "
			"previous one is still in use.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_PROCESS,
		.value = VALUE_FLAG,
		.offset = offsetof(struct process_values, is_reloaded),
	},
	{
		.name = "tcp_echo_config_last_reload_success_timestamp_seconds",
		.help = "When configuration was last loaded successfully, in seconds since 1970-01-01 00:00 UTC; at "
			"first the start.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_PROCESS,
		.value = VALUE_SECONDS,
		.offset = offsetof(struct process_values, reloaded_ns),
	},
	{
		.name = "process_cpu_seconds",
		.help = "User and system CPU time that this process has used, in seconds.",
		.type = METRIC_COUNTER,
		.subject = METRIC_OF_PROCESS,
		.value = VALUE_SECONDS,
		.known = KNOWN_UNLESS_NEGATIVE,
		.offset = offsetof(struct process_values, cpu_ns),
	},
	{
		.name = "process_open_fds",
		.help = "Open file descriptors; each target and each peer takes one.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_PROCESS,
		.value = VALUE_COUNT,
		.known = KNOWN_UNLESS_NEGATIVE,
		.offset = offsetof(struct process_values, open_fds),
	},
	{
		.name = "process_max_fds",
		.help = "Maximum number of open file descriptors.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_PROCESS,
		.value = VALUE_COUNT,
		.known = KNOWN_UNLESS_NEGATIVE,
		.offset = offsetof(struct process_values, max_fds),
	},
	{
		.name = "process_virtual_memory_bytes",
		.help = "Virtual memory of this process, in bytes.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_PROCESS,
		.value = VALUE_COUNT,
		.known = KNOWN_UNLESS_NEGATIVE,
		.offset = offsetof(struct process_values, virtual_bytes),
	},
	{
		.name = "process_resident_memory_bytes",
		.help = "Physical memory that this process occupies, in bytes.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_PROCESS,
		.value = VALUE_COUNT,
		.known = KNOWN_UNLESS_NEGATIVE,
		.offset = offsetof(struct process_values, resident_bytes),
	},
	{
		.name = "process_start_time_seconds",
		.help = "When this process started, in seconds since 1970-01-01 00:00 UTC, by the "
			"clock as it is set now.",
		.type = METRIC_GAUGE,
		.subject = METRIC_OF_PROCESS,
		.value = VALUE_SECONDS,
		.known = KNOWN_UNLESS_NEGATIVE,
		.offset = offsetof(struct process_values, start_time_ns),
	},
};

const size_t metric_table_size = sizeof(metric_table) / sizeof(metric_table[0]);
