/* SPDX-License-Identifier: MIT */
/* The system's headers for addresses and sockets, which have other names on Windows. */
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
