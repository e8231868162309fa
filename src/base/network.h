/* SPDX-License-Identifier: MIT */
/* The system's own headers for addresses and sockets, which Windows has under other names. */
#ifndef BASE_NETWORK_H
#define BASE_NETWORK_H

#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#endif

#endif
