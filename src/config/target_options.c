/* SPDX-License-Identifier: MIT */
#include "config/target_options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/duration.h"
#include "measure/loss_window.h"

#define DEFAULT_INTERVAL_NS (200 * NS_PER_MS)
#define DEFAULT_TIMEOUT_NS (800 * NS_PER_MS)
#define DEFAULT_WINDOW 100

/* Bytes of an interface's name, at the most. */
#define INTERFACE_MAX 15

static const char no_number[] = "is no whole number";
static const char no_range[] = "is out of range";

void target_options_init(struct target_options *options)
{
	*options = (struct target_options){
		.interval_ns = DEFAULT_INTERVAL_NS,
		.timeout_ns = DEFAULT_TIMEOUT_NS,
		.window = DEFAULT_WINDOW,
		.probe = PROBE_KIND_ECHO,
		.ip_version = IP_VERSION_ANY,
		.has_dscp = true,
	};
}

static int set_duration(int64_t duration_ns, int64_t *to_ns, const char **reason)
{
	*reason = no_range;
	if (duration_ns < TARGET_DURATION_MIN_NS || duration_ns > TARGET_DURATION_MAX_NS)
		return -EINVAL;
	*to_ns = duration_ns;
	return 0;
}

static int64_t *duration_of(struct target_options *options, enum target_option option)
{
	return option == TARGET_OPTION_INTERVAL ? &options->interval_ns : &options->timeout_ns;
}

static int set_window(struct target_options *options, double number, const char **reason)
{
	*reason = no_range;
	if (!(number >= 1 && number <= LOSS_WINDOW_MAX))
		return -EINVAL;
	options->window = (uint32_t)number;
	return 0;
}

static int set_dscp(struct target_options *options, double number, const char **reason)
{
	*reason = no_range;
	if (!(number >= 0 && number <= TARGET_DSCP_MAX))
		return -EINVAL;
	options->has_dscp = true;
	options->dscp = (uint8_t)number;
	return 0;
}

static int set_ip_version(struct target_options *options, double number, const char **reason)
{
	*reason = "is no IP version";
	if (number < 4 || number > 4) {
		if (number < 6 || number > 6)
			return -EINVAL;
		options->ip_version = IP_VERSION_6;
		return 0;
	}
	options->ip_version = IP_VERSION_4;
	return 0;
}

/* Class selectors (RFC 2474), assured (RFC 2597) and expedited forwarding (RFC 3246), VOICE-ADMIT
 * (RFC 5865), lower effort (RFC 8622). Returns -1 for another name. */
static int dscp_of_name(const char *name)
{
	size_t length = strlen(name);
	if (length == 3 && strncasecmp(name, "cs", 2) == 0 && name[2] >= '0' && name[2] <= '7')
		return 8 * (name[2] - '0');
	if (length == 4 && strncasecmp(name, "af", 2) == 0 && name[2] >= '1' && name[2] <= '4' &&
		name[3] >= '1' && name[3] <= '3')
		return 8 * (name[2] - '0') + 2 * (name[3] - '0');
	if (strcasecmp(name, "ef") == 0)
		return 46;
	if (strcasecmp(name, "va") == 0 || strcasecmp(name, "voice-admit") == 0)
		return 44;
	return strcasecmp(name, "le") == 0 ? 1 : -1;
}

static int set_probe(struct target_options *options, const char *text, const char **reason)
{
	*reason = "is no kind of probe";
	if (strcasecmp(text, "echo") == 0)
		options->probe = PROBE_KIND_ECHO;
	else if (strcasecmp(text, "connect") == 0)
		options->probe = PROBE_KIND_CONNECT;
	else
		return -EINVAL;
	return 0;
}

/* The name or number behind a '%'. What is said of the target quotes it: nothing else may be there.
 */
static bool is_interface(const char *text)
{
	size_t length = strlen(text);
	if (length < 1 || length > INTERFACE_MAX)
		return false;
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text > '~' || *text == '/')
			return false;
	return true;
}

static int set_source(struct target_options *options, const char *text, const char **reason)
{
	const char *scope = strchr(text, '%');
	*reason = "is no IP address";
	if (strlen(text) >= sizeof(options->source) || address_family(text) == AF_UNSPEC)
		return -EINVAL;
	if (scope != NULL && !is_interface(scope + 1))
		return -EINVAL;
	snprintf(options->source, sizeof(options->source), "%s", text);
	return 0;
}

/* Digits alone, perhaps behind a minus sign. */
static int parse_whole(const char *text, double *number)
{
	bool is_negative = text[0] == '-';
	const char *digits = text + (is_negative ? 1 : 0);
	size_t count = strspn(digits, "0123456789");
	if (count == 0 || digits[count] != '\0')
		return -EINVAL;
	double read = 0;
	for (size_t i = 0; i < count; i++)
		read = read * 10 + (digits[i] - '0');
	*number = is_negative ? -read : read;
	return 0;
}

static int set_dscp_text(struct target_options *options, const char *text, const char **reason)
{
	double number = dscp_of_name(text);
	*reason = "is no codepoint";
	if (number < 0 && parse_whole(text, &number) != 0)
		return -EINVAL;
	return set_dscp(options, number, reason);
}

int target_options_set_text(struct target_options *options, enum target_option option,
	const char *text, const char **reason)
{
	int64_t duration_ns = 0;
	double number = 0;
	int wrong = 0;
	switch (option) {
	case TARGET_OPTION_INTERVAL:
	case TARGET_OPTION_TIMEOUT:
		wrong = duration_parse(text, &duration_ns);
		*reason = wrong == -ERANGE ? no_range : "is no duration";
		return wrong ? -EINVAL
			     : set_duration(duration_ns, duration_of(options, option), reason);
	case TARGET_OPTION_WINDOW:
		*reason = no_number;
		wrong = parse_whole(text, &number);
		return wrong ? wrong : set_window(options, number, reason);
	case TARGET_OPTION_PROBE:
		return set_probe(options, text, reason);
	case TARGET_OPTION_SOURCE:
		return set_source(options, text, reason);
	case TARGET_OPTION_DSCP:
		return set_dscp_text(options, text, reason);
	case TARGET_OPTION_IP_VERSION:
		if (strcasecmp(text, "any") == 0) {
			options->ip_version = IP_VERSION_ANY;
			return 0;
		}
		if (parse_whole(text, &number) != 0)
			number = -1;
		return set_ip_version(options, number, reason);
	case TARGET_OPTIONS:
		break;
	}
	__builtin_unreachable();
}

int target_options_set_number(struct target_options *options, enum target_option option,
	double number, const char **reason)
{
	bool is_duration = option == TARGET_OPTION_INTERVAL || option == TARGET_OPTION_TIMEOUT;
	/* What is no number at all, or too large to be converted, is out of every range. */
	if (!(number >= -1e9 && number <= 1e9))
		number = is_duration ? 0 : -1;
	if (is_duration)
		return set_duration((int64_t)(number * (double)NS_PER_S + 0.5),
			duration_of(options, option), reason);
	*reason = no_number;
	if (number < (double)(int64_t)number || number > (double)(int64_t)number)
		return -EINVAL;
	if (option == TARGET_OPTION_WINDOW)
		return set_window(options, number, reason);
	if (option == TARGET_OPTION_DSCP)
		return set_dscp(options, number, reason);
	if (option == TARGET_OPTION_IP_VERSION)
		return set_ip_version(options, number, reason);
	*reason = "is a number, not a text";
	return -EINVAL;
}

const char *target_option_allowed(enum target_option option)
{
	static const char *const allowed[TARGET_OPTIONS] = {
		[TARGET_OPTION_INTERVAL] = "1ms to 24h, with its unit, e.g. 200ms",
		[TARGET_OPTION_TIMEOUT] = "1ms to 24h, with its unit, e.g. 800ms",
		[TARGET_OPTION_WINDOW] = "1 to 1000000",
		[TARGET_OPTION_PROBE] = "echo or connect",
		[TARGET_OPTION_SOURCE] = "an IP address of this machine",
		[TARGET_OPTION_DSCP] = "0 to 63, or a name like ef, af41, cs1",
		[TARGET_OPTION_IP_VERSION] = "4, 6 or any",
	};
	return allowed[option];
}

void target_options_inherit(struct target_options *options, const struct target_options *defaults)
{
	if (options->interval_ns == 0)
		options->interval_ns = defaults->interval_ns;
	if (options->timeout_ns == 0)
		options->timeout_ns = defaults->timeout_ns;
	if (options->window == 0)
		options->window = defaults->window;
	if (options->probe == PROBE_KIND_UNSET)
		options->probe = defaults->probe;
	if (options->ip_version == IP_VERSION_UNSET)
		options->ip_version = defaults->ip_version;
	if (!options->has_dscp)
		options->dscp = defaults->dscp;
	options->has_dscp = true;
	if (options->source[0] == '\0')
		memcpy(options->source, defaults->source, sizeof(options->source));
}

bool target_options_are_equal(const struct target_options *a, const struct target_options *b)
{
	return a->interval_ns == b->interval_ns && a->timeout_ns == b->timeout_ns &&
	       a->window == b->window && a->probe == b->probe && a->ip_version == b->ip_version &&
	       a->has_dscp == b->has_dscp && a->dscp == b->dscp &&
	       strcmp(a->source, b->source) == 0;
}

/* why: what the least value is due to, "" or beginning with a space. */
static int check_duration(const char *name, int64_t value_ns, int64_t min_ns, const char *why,
	struct text_error *error)
{
	if (value_ns >= min_ns && value_ns <= TARGET_DURATION_MAX_NS)
		return 0;
	char value[DURATION_TEXT_MAX];
	char min[DURATION_TEXT_MAX];
	char max[DURATION_TEXT_MAX];
	duration_format(value_ns, value);
	duration_format(min_ns, min);
	duration_format(TARGET_DURATION_MAX_NS, max);
	text_error_set(error, 0, "%s: %s is out of range%s; allowed: %s to %s", name, value, why,
		min, max);
	return -EINVAL;
}

static int check_durations(const struct target_options *options, struct text_error *error)
{
	bool is_connect = options->probe == PROBE_KIND_CONNECT;
	int64_t min_ns = is_connect ? TARGET_CONNECT_INTERVAL_MIN_NS : TARGET_DURATION_MIN_NS;
	const char *why = is_connect ? " for a new connection each time" : "";
	int wrong = check_duration("interval", options->interval_ns, min_ns, why, error);
	if (wrong == 0)
		wrong = check_duration(
			"timeout", options->timeout_ns, TARGET_DURATION_MIN_NS, "", error);
	return wrong;
}

static int check_records(const struct target_options *options, struct text_error *error)
{
	int64_t kept_ns = options->timeout_ns + TARGET_GRACE_NS;
	if (kept_ns <= options->interval_ns * TARGET_RECORDS_MAX)
		return 0;
	/* Rounded up to a whole millisecond: shorter to read, and still allowed. */
	int64_t least_ns = (kept_ns + TARGET_RECORDS_MAX - 1) / TARGET_RECORDS_MAX;
	least_ns = (least_ns + NS_PER_MS - 1) / NS_PER_MS * NS_PER_MS;
	char interval[DURATION_TEXT_MAX];
	char timeout[DURATION_TEXT_MAX];
	char least[DURATION_TEXT_MAX];
	duration_format(options->interval_ns, interval);
	duration_format(options->timeout_ns, timeout);
	duration_format(least_ns, least);
	text_error_set(error, 0,
		"interval: %s is too short for a timeout of %s (over %d probes would have to be "
		"remembered); allowed: %s or more",
		interval, timeout, TARGET_RECORDS_MAX, least);
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
	int host = address != NULL ? address_family(address->host) : AF_UNSPEC;
	const char *version = ip_version_name(options->ip_version);
	if (!fits(source, options->ip_version)) {
		text_error_set(
			error, 0, "source: %s is no IPv%s address", options->source, version);
		return -EINVAL;
	}
	if (!fits(host, options->ip_version)) {
		text_error_set(error, 0, "address: %s is no IPv%s address", address->host, version);
		return -EINVAL;
	}
	if (source != AF_UNSPEC && host != AF_UNSPEC && source != host) {
		text_error_set(error, 0,
			"source: from %s there is no way to %s; allowed: an IPv%c "
			"address",
			options->source, address->host, host == AF_INET6 ? '6' : '4');
		return -EINVAL;
	}
	return 0;
}

int target_options_check(const struct target_options *options, const struct endpoint *address,
	struct text_error *error)
{
	int wrong = check_durations(options, error);
	if (wrong == 0)
		wrong = check_records(options, error);
	if (wrong != 0)
		return wrong;
	if (options->window < 1 || options->window > LOSS_WINDOW_MAX) {
		text_error_set(error, 0, "window: %lu is out of range; allowed: 1 to %d",
			(unsigned long)options->window, LOSS_WINDOW_MAX);
		return -EINVAL;
	}
#ifdef _WIN32
	if (options->dscp != 0) {
		text_error_set(error, 0,
			"dscp: %u has no effect on Windows, which marks packets by its own "
			"policies; allowed: 0",
			options->dscp);
		return -EINVAL;
	}
#endif
	return check_families(options, address, error);
}

uint32_t target_options_records(const struct target_options *options)
{
	return (uint32_t)((options->timeout_ns + TARGET_GRACE_NS) / options->interval_ns) + 2;
}

const char *probe_kind_name(enum probe_kind kind)
{
	return kind == PROBE_KIND_CONNECT ? "connect" : "echo";
}

const char *ip_version_name(enum ip_version version)
{
	if (version == IP_VERSION_4)
		return "4";
	return version == IP_VERSION_6 ? "6" : "any";
}
