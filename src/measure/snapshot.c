/* SPDX-License-Identifier: MIT */
#include "measure/snapshot.h"

#include <stdlib.h>

void snapshot_clear(struct snapshot *snapshot)
{
	free(snapshot->targets);
	free(snapshot->text);
	free(snapshot->distributions);
	*snapshot = (struct snapshot){0};
}
