/* SPDX-License-Identifier: MIT */
#include "net/tcp_info.h"

#ifdef __linux__

/* Not <netinet/tcp.h>: the C library's struct tcp_info ends before tcpi_min_rtt. */
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/clock.h"

/* What the kernel says before it has measured the minimum. */
#define MIN_RTT_UNKNOWN UINT32_MAX

bool tcp_info_is_available(void)
{
	return true;
}

bool tcp_info_read(evutil_socket_t fd, struct tcp_facts *facts)
{
	struct tcp_info info = {0};
	/* Nothing after that is needed. The kernel fills as much as it is asked for, and knows. */
	socklen_t length =
		offsetof(struct tcp_info, tcpi_rcv_ooopack) + sizeof(info.tcpi_rcv_ooopack);
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0)
		return false;
	bool has_min =
		length >= offsetof(struct tcp_info, tcpi_min_rtt) + sizeof(info.tcpi_min_rtt) &&
		info.tcpi_min_rtt != 0 && info.tcpi_min_rtt != MIN_RTT_UNKNOWN;
	facts->retransmits = info.tcpi_total_retrans;
	facts->out_of_order = info.tcpi_rcv_ooopack;
	facts->rtt_ns = info.tcpi_rtt ? info.tcpi_rtt * NS_PER_US : -1;
	facts->min_rtt_ns = has_min ? info.tcpi_min_rtt * NS_PER_US : -1;
	return true;
}

#elif defined(TCP_CONNECTION_INFO)

bool tcp_info_is_available(void)
{
	return true;
}

/* macOS. Its round-trip times count milliseconds, which is too coarse to be of use. */
bool tcp_info_read(evutil_socket_t fd, struct tcp_facts *facts)
{
	struct tcp_connection_info info = {0};
	socklen_t length = sizeof(info);
	if (getsockopt(fd, IPPROTO_TCP, TCP_CONNECTION_INFO, &info, &length) != 0)
		return false;
	facts->retransmits = (uint32_t)info.tcpi_txretransmitpackets;
	/* In bytes, but only used to see whether it rose. */
	facts->out_of_order = (uint32_t)info.tcpi_rxoutoforderbytes;
	facts->rtt_ns = -1;
	facts->min_rtt_ns = -1;
	return true;
}

#else

bool tcp_info_is_available(void)
{
	return false;
}

bool tcp_info_read(evutil_socket_t fd, struct tcp_facts *facts)
{
	(void)fd;
	(void)facts;
	return false;
}

#endif
