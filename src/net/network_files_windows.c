/* SPDX-License-Identifier: MIT */
#include "net/network_files.h"

#include "base/hash.h"
#include "base/network.h"

/* It needs the headers of sockets before it. */
#include <iphlpapi.h>
#include <stdlib.h>

#define FLAGS                                                                                      \
	(GAA_FLAG_SKIP_UNICAST | GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST |                 \
		GAA_FLAG_SKIP_FRIENDLY_NAME)
#define HOSTS L"%SystemRoot%\\System32\\drivers\\etc\\hosts"

/* The system has no file of name servers: what it has is taken for the time of a change. */
static void read_servers(struct network_file *file)
{
	ULONG size = 65536;
	IP_ADAPTER_ADDRESSES *adapters = malloc(size);
	uint64_t hash = FNV1A_64_START;
	if (adapters && GetAdaptersAddresses(AF_UNSPEC, FLAGS, NULL, adapters, &size) == NO_ERROR)
		for (const IP_ADAPTER_ADDRESSES *each = adapters; each; each = each->Next)
			for (const IP_ADAPTER_DNS_SERVER_ADDRESS *server =
					each->FirstDnsServerAddress;
				server; server = server->Next)
				hash = fnv1a_64(hash, server->Address.lpSockaddr,
					(size_t)server->Address.iSockaddrLength);
	free(adapters);
	*file = (struct network_file){.changed_ns = hash};
}

static uint64_t join(DWORD high, DWORD low)
{
	return (uint64_t)high << 32 | low;
}

static void read_hosts(struct network_file *file)
{
	WCHAR path[MAX_PATH];
	WIN32_FILE_ATTRIBUTE_DATA facts;
	*file = (struct network_file){0};
	DWORD length = ExpandEnvironmentStringsW(HOSTS, path, MAX_PATH);
	if (length == 0 || length > MAX_PATH ||
		!GetFileAttributesExW(path, GetFileExInfoStandard, &facts))
		return;
	file->changed_ns =
		join(facts.ftLastWriteTime.dwHighDateTime, facts.ftLastWriteTime.dwLowDateTime);
	file->size = join(facts.nFileSizeHigh, facts.nFileSizeLow);
}

void network_files_read(const char *resolv_conf, struct network_files *files)
{
	(void)resolv_conf;
	*files = (struct network_files){0};
	read_servers(&files->files[0]);
	read_hosts(&files->files[1]);
}
