/* SPDX-License-Identifier: MIT */
#include "config/target_options.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/duration.h"
#include "base/packet_options.h"
#include "measure/timeout_estimate.h"

/* Where in struct target_options an option lies; size 0 for those that are not of a target. */
static const struct {
	size_t offset;
	size_t size;
} fields[OPTIONS] = {
#define TARGET_OPTION(id, kind, type, field, ...)                                                  \
	[OPTION_##id] = {offsetof(struct target_options, field), sizeof(type)},
#include "config/options.def"
};

static const void *field_of(const struct target_options *options, enum option_id id)
{
	return (const char *)options + fields[id].offset;
}

/* By way of the options, so that constant ones stay so. */
static void *field_to_set(struct target_options *options, enum option_id id)
{
	return (char *)options + fields[id].offset;
}

/* Numbers are of several sizes. */
static int64_t load_number(const void *field, size_t size)
{
	uint8_t small;
	uint32_t middle;
	int64_t large;
	switch (size) {
	case sizeof(small):
		memcpy(&small, field, size);
		return small;
	case sizeof(middle):
		memcpy(&middle, field, size);
		return middle;
	default:
		memcpy(&large, field, sizeof(large));
		return large;
	}
}

static void store_number(void *field, size_t size, int64_t number)
{
	uint8_t small = (uint8_t)number;
	uint32_t middle = (uint32_t)number;
	switch (size) {
	case sizeof(small):
		memcpy(field, &small, size);
		return;
	case sizeof(middle):
		memcpy(field, &middle, size);
		return;
	default:
		memcpy(field, &number, sizeof(number));
	}
}

static bool is_text(const struct option *option)
{
	return option->kind == OPTION_KIND_IP_ADDRESS || option->kind == OPTION_KIND_INTERFACE;
}

bool target_options_has(const struct target_options *options, enum option_id id)
{
	return options->given & option_bit(id);
}

void target_options_set(struct target_options *options, const struct option *option,
	const struct option_value *value)
{
	size_t size = fields[option->id].size;
	void *field = field_to_set(options, option->id);
	if (is_text(option)) {
		/* Zeroes behind it, so that equal texts are equal fields. */
		memset(field, 0, size);
		memcpy(field, value->text, strnlen(value->text, size - 1));
	} else {
		store_number(field, size, value->number);
	}
	options->given |= option_bit(option->id);
}

void target_options_format(
	const struct target_options *options, const struct option *option, char *text)
{
	text[0] = '\0';
	if (!target_options_has(options, option->id))
		return;
	const void *field = field_of(options, option->id);
	struct option_value value = {0};
	if (is_text(option))
		value.text = field;
	else
		value.number = load_number(field, fields[option->id].size);
	option_value_format(option, &value, text);
}

void target_options_init(struct target_options *options)
{
	*options = (struct target_options){0};
	for (int id = 0; id < OPTIONS; id++) {
		const struct option *option = option_get((enum option_id)id);
		if (option->scope != OPTION_OF_TARGET || !option->initial)
			continue;
		struct option_value value = {0};
		option_value_initial(option, &value);
		target_options_set(options, option, &value);
	}
}

void target_options_inherit(struct target_options *options, const struct target_options *defaults)
{
	uint64_t missing = defaults->given & ~options->given;
	for (int id = 0; id < OPTIONS; id++) {
		enum option_id each = (enum option_id)id;
		if (missing & option_bit(each))
			memcpy(field_to_set(options, each), field_of(defaults, each),
				fields[id].size);
	}
	options->given |= missing;
}

bool target_options_are_equal(const struct target_options *a, const struct target_options *b)
{
	for (int id = 0; id < OPTIONS; id++) {
		enum option_id each = (enum option_id)id;
		if (memcmp(field_of(a, each), field_of(b, each), fields[id].size) != 0)
			return false;
	}
	return a->given == b->given;
}

static int check_ranges(const struct target_options *options, struct text_error *error)
{
	for (int id = 0; id < OPTIONS; id++) {
		const struct option *option = option_get((enum option_id)id);
		if (!target_options_has(options, option->id) || !option_has_range(option))
			continue;
		int64_t number =
			load_number(field_of(options, option->id), fields[option->id].size);
		int result = option_check_range(option, number, error);
		if (result != 0)
			return result;
	}
	return 0;
}

static int check_interval(const struct target_options *options, struct text_error *error)
{
	if (options->probe != PROBE_KIND_CONNECT ||
		options->interval_ns >= TARGET_CONNECT_INTERVAL_MIN_NS)
		return 0;
	char interval[DURATION_TEXT_MAX];
	char least[DURATION_TEXT_MAX];
	char most[DURATION_TEXT_MAX];
	duration_format(options->interval_ns, interval);
	duration_format(TARGET_CONNECT_INTERVAL_MIN_NS, least);
	duration_format(option_get(OPTION_INTERVAL)->most, most);
	text_error_set(error, 0,
		"interval: %s is too short for connect probes, a new connection each; allowed: %s to %s",
		interval, least, most);
	return -EINVAL;
}

int64_t target_options_patience_ns(const struct target_options *options)
{
	bool is_estimated = options->timeout_ns == TARGET_TIMEOUT_AUTO;
	return (is_estimated ? TIMEOUT_ESTIMATE_MOST_NS : options->timeout_ns) + TARGET_GRACE_NS;
}

static int check_records(const struct target_options *options, struct text_error *error)
{
	int64_t kept_ns = target_options_patience_ns(options);
	if (kept_ns <= options->interval_ns * TARGET_RECORDS_MAX)
		return 0;
	/* Rounded up to a whole millisecond: shorter to read, and still allowed. */
	int64_t least_ns = (kept_ns + TARGET_RECORDS_MAX - 1) / TARGET_RECORDS_MAX;
	least_ns = (least_ns + NS_PER_MS - 1) / NS_PER_MS * NS_PER_MS;
	char interval[DURATION_TEXT_MAX];
	char timeout[DURATION_TEXT_MAX];
	char least[DURATION_TEXT_MAX];
	duration_format(options->interval_ns, interval);
	duration_format(kept_ns - TARGET_GRACE_NS, timeout);
	duration_format(least_ns, least);
	text_error_set(error, 0,
		"interval: %s is too short for a timeout of %s (over %d probes would have to be remembered); allowed: %s or more",
		interval, timeout, TARGET_RECORDS_MAX, least);
	return -EINVAL;
}

/* With FRAME_KIND_AUTO those of 16 bytes come first; of the others there are as many as fit. */
static int check_size(const struct target_options *options, struct text_error *error)
{
	unsigned frame = options->frame == FRAME_KIND_24 ? 24 : 16;
	if (options->size % frame == 0)
		return 0;
	text_error_set(error, 0,
		"size: %u is not a multiple of a frame; allowed: %u to %u, in steps of %u",
		(unsigned)options->size, frame, OPTION_SIZE_MAX - OPTION_SIZE_MAX % frame, frame);
	return -EINVAL;
}

static int check_dscp(const struct target_options *options, struct text_error *error)
{
	if (options->dscp == 0 || packet_mark_is_possible())
		return 0;
	text_error_set(error, 0,
		"dscp: %u has no effect on Windows, which marks packets by its own policies; allowed: 0",
		options->dscp);
	return -EINVAL;
}

static int check_interface(const struct target_options *options, struct text_error *error)
{
	if (options->interface_name[0] == '\0' || packet_interface_is_possible())
		return 0;
	text_error_set(error, 0,
		"interface: %s cannot be chosen on this system, which goes by its routes; allowed: none",
		options->interface_name);
	return -EINVAL;
}

static int check_tx_stamps(const struct target_options *options, struct text_error *error)
{
	if (options->tx_stamps == 0 || packet_departures_are_known())
		return 0;
	text_error_set(error, 0,
		"tx_stamps: 1/%u cannot be had on this system, which does not tell when packets leave; allowed: off",
		(unsigned)options->tx_stamps);
	return -EINVAL;
}

/* Whether an address of that family, AF_UNSPEC for a name, can be of that version. */
static bool fits(int family, enum ip_version version)
{
	if (family == AF_UNSPEC || version == IP_VERSION_ANY)
		return true;
	return (family == AF_INET6) == (version == IP_VERSION_6);
}

static int check_families(const struct target_options *options, const struct endpoint *address,
	struct text_error *error)
{
	int source = options->source[0] != '\0' ? address_family(options->source) : AF_UNSPEC;
	int host = address ? address_family(address->host) : AF_UNSPEC;
	char version = options->ip_version == IP_VERSION_6 ? '6' : '4';
	if (!fits(source, options->ip_version)) {
		text_error_set(error, 0, "source: %s is not an IPv%c address, but ip_version is %c",
			options->source, version, version);
		return -EINVAL;
	}
	if (!fits(host, options->ip_version)) {
		text_error_set(error, 0,
			"address: %s is not an IPv%c address, but ip_version is %c", address->host,
			version, version);
		return -EINVAL;
	}
	if (source != AF_UNSPEC && host != AF_UNSPEC && source != host) {
		text_error_set(error, 0, "source: %s cannot reach %s; allowed: an IPv%c address",
			options->source, address->host, host == AF_INET6 ? '6' : '4');
		return -EINVAL;
	}
	return 0;
}

int target_options_check(const struct target_options *options, const struct endpoint *address,
	struct text_error *error)
{
	int result = check_ranges(options, error);
	if (result == 0)
		result = check_interval(options, error);
	if (result == 0)
		result = check_records(options, error);
	if (result == 0)
		result = check_size(options, error);
	if (result == 0)
		result = check_dscp(options, error);
	if (result == 0)
		result = check_interface(options, error);
	if (result == 0)
		result = check_tx_stamps(options, error);
	return result == 0 ? check_families(options, address, error) : result;
}

uint32_t target_options_records(const struct target_options *options)
{
	return (uint32_t)(target_options_patience_ns(options) / options->interval_ns) + 2;
}
