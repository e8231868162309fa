/* SPDX-License-Identifier: MIT */
#include "net/saved_syn.h"

#ifdef __linux__
#include <netinet/in.h>
#include <netinet/tcp.h>
#endif

#include "net/socket.h"

#define IPV4_HEADER_MIN 20
#define IPV6_HEADER 40
#define TCP_HEADER_MIN 20

/* Kinds of TCP options (RFC 9293, section 3.2), and the length of the one. */
#define TCP_OPTION_END 0
#define TCP_OPTION_NOTHING 1
#define TCP_OPTION_MSS 2
#define TCP_OPTION_MSS_LENGTH 4

/* IPv6's extension headers (RFC 8200, section 4) that may come before TCP's, and TCP itself. */
#define NEXT_HOP_BY_HOP 0
#define NEXT_TCP 6
#define NEXT_ROUTING 43
#define NEXT_DESTINATION 60

/* Returns where TCP's header is; length if that cannot be told. */
static size_t skip_extensions(const unsigned char *packet, size_t length)
{
	unsigned next = packet[6];
	size_t at = IPV6_HEADER;
	while (next != NEXT_TCP) {
		if (next != NEXT_HOP_BY_HOP && next != NEXT_ROUTING && next != NEXT_DESTINATION)
			return length;
		if (length - at < 8)
			return length;
		next = packet[at];
		size_t extension = ((size_t)packet[at + 1] + 1) * 8;
		if (extension > length - at)
			return length;
		at += extension;
	}
	return at;
}

static uint16_t find_mss(const unsigned char *tcp, size_t length)
{
	if (length < TCP_HEADER_MIN)
		return 0;
	size_t end = (size_t)(tcp[12] >> 4) * 4;
	if (end > length)
		end = length;
	for (size_t at = TCP_HEADER_MIN; at < end && tcp[at] != TCP_OPTION_END;) {
		if (tcp[at] == TCP_OPTION_NOTHING) {
			at++;
			continue;
		}
		size_t option = end - at >= 2 ? tcp[at + 1] : 0;
		if (option < 2 || option > end - at)
			return 0;
		if (tcp[at] == TCP_OPTION_MSS && option == TCP_OPTION_MSS_LENGTH)
			return (uint16_t)(tcp[at + 2] << 8 | tcp[at + 3]);
		at += option;
	}
	return 0;
}

bool saved_syn_parse(const unsigned char *packet, size_t length, struct saved_syn *syn)
{
	unsigned version = length > 0 ? packet[0] >> 4 : 0;
	size_t tcp;
	if (version == 4 && length >= IPV4_HEADER_MIN) {
		tcp = (size_t)(packet[0] & 0x0f) * 4;
		*syn = (struct saved_syn){AF_INET, packet[1] >> 2, packet[8], 0};
	} else if (version == 6 && length >= IPV6_HEADER) {
		tcp = skip_extensions(packet, length);
		*syn = (struct saved_syn){AF_INET6,
			(uint8_t)((packet[0] & 0x0f) << 2 | packet[1] >> 6), packet[7], 0};
	} else {
		return false;
	}
	if (tcp < length)
		syn->mss = find_mss(packet + tcp, length - tcp);
	return true;
}

#ifdef TCP_SAVED_SYN

/* IP's header and TCP's with the most options, and room for extension headers: the kernel gives all or
 * nothing. */
#define SYN_MAX 1024

void saved_syn_keep(evutil_socket_t listener)
{
	socket_set_option(listener, IPPROTO_TCP, TCP_SAVE_SYN, 1);
}

bool saved_syn_take(evutil_socket_t accepted, struct saved_syn *syn)
{
	unsigned char packet[SYN_MAX];
	socklen_t length = sizeof(packet);
	return getsockopt(accepted, IPPROTO_TCP, TCP_SAVED_SYN, packet, &length) == 0 &&
	       saved_syn_parse(packet, length, syn);
}

#else

void saved_syn_keep(evutil_socket_t listener)
{
	(void)listener;
}

bool saved_syn_take(evutil_socket_t accepted, struct saved_syn *syn)
{
	(void)accepted;
	(void)syn;
	return false;
}

#endif
