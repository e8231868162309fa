/* SPDX-License-Identifier: MIT */
#include "probe/probed_target.h"

#include <errno.h>
#include <stdlib.h>

static const struct probe_operations *operations_of(enum probe_kind kind)
{
	return kind == PROBE_KIND_CONNECT ? &connect_probe_operations : &echo_probe_operations;
}

int probed_target_new(const char *name, const struct endpoint *endpoint,
	const struct target_options *options, struct probed_target **made)
{
	struct probed_target *target = calloc(1, sizeof(*target));
	if (!target)
		return -ENOMEM;
	int error =
		link_init(&target->link, operations_of(options->probe), name, endpoint, options);
	if (error) {
		free(target);
		return error;
	}
	*made = target;
	return 0;
}

void probed_target_free(struct probed_target *target)
{
	if (!target)
		return;
	link_abort(&target->link);
	link_clear(&target->link);
	free(target);
}
