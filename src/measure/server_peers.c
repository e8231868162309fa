/* SPDX-License-Identifier: MIT */
#include "measure/server_peers.h"

#include <stdlib.h>

void server_peers_clear(struct server_peers *peers)
{
	free(peers->peers);
	*peers = (struct server_peers){0};
}
