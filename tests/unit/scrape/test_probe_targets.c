/* SPDX-License-Identifier: MIT */
#include "scrape/probe_targets.h"

#include <stdio.h>
#include <string.h>

#include "../unit.h"
#include "base/clock.h"

#define START_NS (1000 * NS_PER_S)

static const struct log silence;

struct fixture {
	struct settings settings;
	struct engine *engine;
	struct probe_targets *targets;
};

/* Nobody listens where that leads; that does not matter here. */
static void set_up(struct fixture *fixture, size_t most)
{
	struct text_error error;
	const char *reason;
	settings_init(&fixture->settings);
	fixture->settings.probe = true;
	fixture->settings.probe_max = most;
	ck_assert_int_eq(destinations_add(&fixture->settings.probe_allow,
				 "127.0.0.0/8:1-9,[2001:db8::/32]:7", &reason),
		0);
	ck_assert_int_eq(
		engine_start(&fixture->settings, &silence, NULL, &fixture->engine, &error), 0);
	const struct probe_rules rules = {
		&fixture->settings.probe_allow, most, &fixture->settings.defaults};
	ck_assert_int_eq(
		probe_targets_new(&rules, fixture->engine, &silence, START_NS, &fixture->targets),
		0);
}

static void tear_down(struct fixture *fixture)
{
	probe_targets_free(fixture->targets);
	engine_stop(fixture->engine);
	settings_clear(&fixture->settings);
}

/* Returns the status, 0 for none. */
static unsigned ask(
	struct fixture *fixture, const char *query, int64_t now_ns, struct text_error *error)
{
	uint64_t id = 0;
	struct snapshot snapshot;
	unsigned status = probe_targets_ask(fixture->targets, query, now_ns, &id, error);
	if (status != 0)
		return status;
	ck_assert_int_eq(engine_snapshot_added(fixture->engine, id, false, &snapshot), 0);
	snapshot_clear(&snapshot);
	return 0;
}

static struct probe_values read_values(const struct fixture *fixture)
{
	struct probe_values values;
	probe_targets_read(fixture->targets, &values);
	ck_assert(values.is_on);
	ck_assert_uint_eq(values.begun - values.ended, values.targets);
	return values;
}

static const struct {
	const char *says;
	const char *query;
	unsigned status;
	enum probe_refusal refusal;
	const char *reason; /* How it begins. */
} requests[] = {
	{"an address", "target=127.0.0.1:9", 0, 0, ""},
	{"an IPv6 address", "target=[2001:db8::1]:7", 0, 0, ""},
	{"a mapped address is IPv4", "target=[::ffff:127.0.0.1]:9", 0, 0, ""},
	{"a name, whose addresses nobody knows yet", "target=name.invalid:9", 0, 0, ""},
	{"this machine", "target=:9", 0, 0, ""},
	{"by name", "target=localhost:9", 0, 0, ""},
	{"another port", "target=127.0.0.1:10", 403, PROBE_REFUSAL_NOT_ALLOWED,
		"target: \"127.0.0.1:10\" is not among what may be probed; see -probe-allow"},
	{"another address", "target=128.0.0.1:9", 403, PROBE_REFUSAL_NOT_ALLOWED,
		"target: \"128.0.0.1:9\" is not among"},
	{"another IPv6 address", "target=[::1]:7", 403, PROBE_REFUSAL_NOT_ALLOWED,
		"target: \"[::1]:7\""},
	{"a mapped one", "target=[::ffff:128.0.0.1]:9", 403, PROBE_REFUSAL_NOT_ALLOWED, "target: "},
	{"a zone that is not known here", "target=[fe80::1%25nosuch]:7", 403,
		PROBE_REFUSAL_NOT_ALLOWED, "target: "},
	{"a zone where there is none", "target=[2001:db8::1%25lo]:7", 403,
		PROBE_REFUSAL_NOT_ALLOWED, "target: "},
	{"any IPv6 address", "target=[::]:7", 403, PROBE_REFUSAL_NOT_ALLOWED, "target: "},
	{"any address", "target=0.0.0.0:9", 403, PROBE_REFUSAL_NOT_ALLOWED, "target: "},
	{"a name with a port that no network has", "target=name.invalid:10", 403,
		PROBE_REFUSAL_NOT_ALLOWED, "target: \"name.invalid:10\""},
	{"what is not valid", "target=127.0.0.1:9&module=tcp", 400, PROBE_REFUSAL_INVALID,
		"unknown parameter \"module\""},
};

START_TEST(begins_what_is_allowed)
{
	struct fixture fixture;
	struct text_error error = {0};
	const char *says = requests[_i].says;
	const char *reason = requests[_i].reason;
	set_up(&fixture, 10);
	unsigned status = ask(&fixture, requests[_i].query, START_NS, &error);
	ck_assert_msg(status == requests[_i].status, "%s: %u %s", says, status, error.reason);
	ck_assert_msg(
		strncmp(error.reason, reason, strlen(reason)) == 0, "%s: %s", says, error.reason);
	struct probe_values values = read_values(&fixture);
	ck_assert_uint_eq(values.targets, status == 0 ? 1 : 0);
	for (unsigned i = 0; i < PROBE_REFUSALS; i++)
		ck_assert_uint_eq(values.refused[i],
			status != 0 && i == (unsigned)requests[_i].refusal ? 1 : 0);
	tear_down(&fixture);
}
END_TEST

START_TEST(shares_and_ends_them)
{
	struct fixture fixture;
	struct text_error error = {0};
	set_up(&fixture, 2);
	ck_assert_uint_eq(ask(&fixture, "target=127.0.0.1:9", START_NS, &error), 0);
	ck_assert_uint_eq(ask(&fixture, "target=127.0.0.1:9&dscp=0", START_NS, &error), 0);
	ck_assert_uint_eq(read_values(&fixture).targets, 1);
	ck_assert_uint_eq(ask(&fixture, "target=127.0.0.1:8", START_NS, &error), 0);
	ck_assert_uint_eq(ask(&fixture, "target=127.0.0.1:7", START_NS, &error), 503);
	ck_assert_str_eq(
		error.reason, "as many targets are probed on request as may be: 2; see -probe-max");
	ck_assert_uint_eq(read_values(&fixture).refused[PROBE_REFUSAL_LIMIT], 1);
	/* Those that are there still answer. */
	int64_t later_ns = START_NS + 200 * NS_PER_S;
	ck_assert_uint_eq(ask(&fixture, "target=127.0.0.1:9", later_ns, &error), 0);
	/* One has ended by then, and makes room. */
	later_ns = START_NS + 300 * NS_PER_S;
	ck_assert_uint_eq(ask(&fixture, "target=127.0.0.1:7", later_ns, &error), 0);
	ck_assert_uint_eq(read_values(&fixture).ended, 1);
	probe_targets_end_due(fixture.targets, START_NS + 3600 * NS_PER_S);
	ck_assert_uint_eq(read_values(&fixture).begun, 3);
	ck_assert_uint_eq(read_values(&fixture).targets, 0);
	tear_down(&fixture);
}
END_TEST

START_TEST(begins_so_many_a_second)
{
	struct fixture fixture;
	struct text_error error = {0};
	char query[64];
	set_up(&fixture, 300);
	unsigned begun = 0;
	unsigned status = 0;
	for (unsigned i = 0; i < 600; i++) {
		/* All are gone by now, and there are tokens for half a second. */
		if (i == 300)
			probe_targets_end_due(fixture.targets, START_NS + 400 * NS_PER_S);
		snprintf(query, sizeof(query), "target=127.0.%u.%u:9", i / 200, i % 200 + 1);
		status = ask(&fixture, query, START_NS + (i < 300 ? 0 : NS_PER_S / 2), &error);
		begun += status == 0;
	}
	ck_assert_uint_eq(begun, 325);
	ck_assert_uint_eq(status, 503);
	ck_assert_str_eq(
		error.reason, "too many new targets at a time: at most 50 may begin a second");
	ck_assert_uint_eq(read_values(&fixture).refused[PROBE_REFUSAL_RATE], 275);
	tear_down(&fixture);
}
END_TEST

START_TEST(without_any_there_are_no_values)
{
	struct probe_values values;
	probe_targets_read(NULL, &values);
	ck_assert(!values.is_on);
	probe_targets_free(NULL);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("probe_targets");
	tcase_add_loop_test(tcase, begins_what_is_allowed, 0, ROWS(requests));
	tcase_add_test(tcase, shares_and_ends_them);
	tcase_add_test(tcase, begins_so_many_a_second);
	tcase_add_test(tcase, without_any_there_are_no_values);
	return unit_run("scrape/probe_targets", tcase);
}
