/* SPDX-License-Identifier: MIT */
#include "net/saved_syn.h"

#ifdef __linux__
#include <netinet/in.h>
#include <netinet/tcp.h>
#endif

#include "net/socket.h"

#define IPV4_HEADER_MIN 20
#define IPV6_HEADER 40

bool saved_syn_parse(const unsigned char *packet, size_t length, struct packet_mark *mark)
{
	unsigned version = length > 0 ? packet[0] >> 4 : 0;
	if (version == 4 && length >= IPV4_HEADER_MIN) {
		*mark = (struct packet_mark){AF_INET, packet[1] >> 2};
		return true;
	}
	if (version == 6 && length >= IPV6_HEADER) {
		*mark = (struct packet_mark){
			AF_INET6, (unsigned)(packet[0] & 0x0f) << 2 | packet[1] >> 6};
		return true;
	}
	return false;
}

#ifdef TCP_SAVED_SYN

/* IP's header and TCP's with the most options, and room for extension headers: the kernel gives all or
 * nothing. */
#define SYN_MAX 1024

void saved_syn_keep(evutil_socket_t listener)
{
	socket_set_option(listener, IPPROTO_TCP, TCP_SAVE_SYN, 1);
}

bool saved_syn_take(evutil_socket_t accepted, struct packet_mark *mark)
{
	unsigned char packet[SYN_MAX];
	socklen_t length = sizeof(packet);
	return getsockopt(accepted, IPPROTO_TCP, TCP_SAVED_SYN, packet, &length) == 0 &&
	       saved_syn_parse(packet, length, mark);
}

#else

void saved_syn_keep(evutil_socket_t listener)
{
	(void)listener;
}

bool saved_syn_take(evutil_socket_t accepted, struct packet_mark *mark)
{
	(void)accepted;
	(void)mark;
	return false;
}

#endif
