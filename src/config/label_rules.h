/* SPDX-License-Identifier: MIT */
/* What labels a user may give a target, by Prometheus's data model
 * (https://prometheus.io/docs/concepts/data_model/). */
#ifndef CONFIG_LABEL_RULES_H
#define CONFIG_LABEL_RULES_H

#include <stdbool.h>

#include "base/labels.h"
#include "base/text_error.h"

#define LABELS_MAX 32
#define LABEL_NAME_MAX 128   /* Bytes. */
#define LABEL_VALUE_MAX 1024 /* Bytes. */

/*
 * Returns NULL where a label may be added to those that are there, or what is wrong with it
 * (static): "is not a valid label name". *is_value: whether that is about its value.
 */
const char *label_rules_check(
	const struct labels *labels, const char *name, const char *value, bool *is_value);

/*
 * Adds a label, if it has a value: an empty one is none. value: NULL for one that is no text. Returns 0, or -EINVAL
 * or -ENOMEM with error: `label "x": its value is too long; ...`.
 */
int label_rules_add(
	struct labels *labels, const char *name, const char *value, struct text_error *error);

#endif
