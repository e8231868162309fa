/* SPDX-License-Identifier: MIT */
/* Any bytes as a name server's answer about services. */
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/srv_answer.h"

/* The name is libFuzzer's. NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct srv_list list = {0};
	if (size > INT_MAX || srv_answer_read(data, (int)size, &list) != 0)
		return 0;
	if (list.valid_s < 0)
		abort();
	for (size_t i = 0; i < list.count; i++)
		if (list.records[i].port == 0 || list.records[i].host[0] == '\0' ||
			strnlen(list.records[i].host, DNS_NAME_MAX) == DNS_NAME_MAX)
			abort();
	srv_list_clear(&list);
	return 0;
}
