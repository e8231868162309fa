/* SPDX-License-Identifier: MIT */
/*
 * Prometheus's target groups, as its file_sd and http_sd have them: {"targets": ["a:4000"], "labels": {...}}
 * (https://prometheus.io/docs/prometheus/latest/http_sd/).
 */
#ifndef CONFIG_TARGET_GROUP_H
#define CONFIG_TARGET_GROUP_H

#include <cjson/cJSON.h>
#include <stddef.h>

#include "base/text_error.h"
#include "config/target_list.h"

/*
 * Appends the targets of one group. Each is named by its address, unless the label __tcp_echo_name__ says otherwise;
 * other labels of that kind, such as __tcp_echo_interval__, are its options, all other labels that begin with "__"
 * are left out. number: its place, from 1, for messages. Returns 0, or -EINVAL or -ENOMEM with error.
 */
int target_group_read(const cJSON *group, size_t number, const struct target_options *defaults,
	struct target_list *list, struct text_error *error);

#endif
