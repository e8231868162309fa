/* SPDX-License-Identifier: MIT */
#include "engine/descriptors.h"

#include <errno.h>

#include "../unit.h"

#define MILLION 1000000

static const struct {
	const char *says;
	struct descriptor_wishes wishes;
	size_t front;
	size_t peers;
	size_t lone;
} good[] = {
	{"a server alone", {1024, false, 0, 0, 512, false, true, MILLION, false, 0, 0, 0, 0}, 257,
		727, 0},
	{"a small server", {64, false, 0, 0, 512, false, true, MILLION, false, 0, 0, 0, 0}, 17, 7,
		0},
	{"a prober alone: what is left is the front's",
		{1024, false, 1, 100, 512, false, false, 0, false, 0, 0, 0, 0}, 512, 0, 0},
	{"a prober of many", {256, false, 1, 200, 512, false, false, 0, false, 0, 0, 0, 0}, 16, 0,
		0},
	{"a prober of as many as there can be",
		{256, false, 1, 224, 512, false, false, 0, false, 0, 0, 0, 0}, 4, 0, 0},
	{"both", {256, false, 1, 1, 512, false, true, MILLION, false, 0, 0, 0, 0}, 62, 145, 0},
	{"both, with many targets",
		{256, false, 1, 150, 512, false, true, MILLION, false, 0, 0, 0, 0}, 21, 19, 0},
	{"both, with as many as there can be",
		{256, false, 1, 224, 512, false, true, MILLION, false, 0, 0, 0, 0}, 4, 4, 0},
	{"threads need some", {256, false, 3, 1, 512, false, true, MILLION, false, 0, 0, 0, 0}, 59,
		136, 0},
	{"a large limit", {MILLION, false, 1, 1, 512, false, true, MILLION, false, 0, 0, 0, 0}, 512,
		999439, 0},
	{"no limit", {INT64_MAX, false, 1, 10000, 512, false, true, MILLION, false, 0, 0, 0, 0},
		512, MILLION, 0},
	{"as many peers as wanted: the rest is the front's",
		{1024, false, 0, 0, 512, false, true, 10, false, 0, 0, 0, 0}, 512, 10, 0},
	{"no front", {256, false, 1, 1, 0, false, true, MILLION, false, 0, 0, 0, 0}, 0, 207, 0},
	{"neither", {256, false, 1, 1, 0, false, false, 0, false, 0, 0, 0, 0}, 0, 0, 0},
	{"collectd keeps half of what is left",
		{1024, true, 1, 100, 512, false, true, MILLION, false, 0, 0, 0, 0}, 121, 321, 0},
	{"the system's look-ups need some",
		{1024, false, 1, 1, 512, false, true, MILLION, true, 0, 0, 0, 0}, 222, 625, 0},
	{"but not all of a low limit",
		{256, false, 1, 100, 512, false, true, MILLION, true, 0, 0, 0, 0}, 19, 13, 0},
	{"some targets may be added",
		{1024, false, 1, 1, 512, false, true, MILLION, false, 100, 0, 0, 0}, 174, 479, 310},
	{"more than there is room for",
		{256, false, 1, 100, 512, false, true, MILLION, false, 1000, 0, 0, 0}, 16, 4, 96},
	{"what some of them have is not shared out again",
		{1024, false, 1, 101, 512, false, true, MILLION, false, 95, 0, 5, 95}, 172, 472,
		207},
	{"many where there is no limit",
		{INT64_MAX, false, 1, 1, 512, false, true, MILLION, false, 1000, 0, 0, 0}, 512,
		MILLION, 8000},
	{"asking for targets needs some",
		{256, false, 1, 1, 512, false, true, MILLION, false, 0, 48, 0, 0}, 50, 109, 0},
	{"targets come: the front keeps what it has",
		{256, false, 1, 100, 62, true, true, MILLION, false, 0, 0, 0, 0}, 62, 34, 0},
	{"targets come, and hardly anything is left",
		{256, false, 1, 200, 62, true, true, MILLION, false, 0, 0, 0, 0}, 16, 4, 0},
};

START_TEST(the_limit_is_shared_out)
{
	struct descriptor_shares shares = {0};
	size_t needed;
	ck_assert_int_eq(descriptors_share(&good[_i].wishes, &shares, &needed), 0);
	ck_assert_msg(shares.front == good[_i].front && shares.peers == good[_i].peers &&
			      shares.lone == good[_i].lone,
		"%s: front %zu, peers %zu, lone %zu", good[_i].says, shares.front, shares.peers,
		shares.lone);
}
END_TEST

static const struct {
	const char *says;
	struct descriptor_wishes wishes;
	size_t needed;
} bad[] = {
	{"one target too many", {256, false, 1, 225, 512, false, true, MILLION, false, 0, 0, 0, 0},
		257},
	{"a server without room", {31, false, 0, 0, 512, false, true, MILLION, false, 0, 0, 0, 0},
		32},
	{"a thread too many", {256, false, 2, 220, 512, false, false, 0, false, 0, 0, 0, 0}, 258},
	{"asking for targets, with too many of them",
		{256, false, 1, 220, 512, false, false, 0, false, 0, 16, 0, 0}, 268},
	{"a limit of none", {0, false, 0, 0, 0, false, true, MILLION, false, 0, 0, 0, 0}, 32},
};

START_TEST(a_limit_that_is_too_low_is_refused)
{
	struct descriptor_shares shares = {17, 18, 19, 20};
	size_t needed = 0;
	ck_assert_msg(descriptors_share(&bad[_i].wishes, &shares, &needed) == -EMFILE, "%s",
		bad[_i].says);
	ck_assert_uint_eq(needed, bad[_i].needed);
	ck_assert_uint_eq(shares.front, 17);
	ck_assert_uint_eq(shares.peers, 18);
	ck_assert_uint_eq(shares.dials, 19);
}
END_TEST

/* Unless the limit is so low that all have just the least. */
START_TEST(shares_never_exceed_the_limit)
{
	for (int64_t limit = 300; limit < 3000; limit += 7)
		for (size_t targets = 0; targets < 240; targets += 13)
			for (unsigned more = 0; more < 16; more++) {
				struct descriptor_wishes wishes = {limit, more & 1, 1, targets, 512,
					false, more & 2, more & 4 ? MILLION : 50, more & 8,
					more & 4 ? targets : 0, 0, 0, 0};
				struct descriptor_shares shares;
				size_t needed;
				ck_assert_int_eq(descriptors_share(&wishes, &shares, &needed), 0);
				ck_assert_uint_le(targets + shares.front + shares.peers +
							  shares.dials + shares.lone,
					(size_t)limit - 40);
				ck_assert_uint_ge(shares.front, 16);
				wishes.front = shares.front;
				wishes.front_is_fixed = true;
				struct descriptor_shares again;
				descriptors_share(&wishes, &again, &needed);
				ck_assert_uint_eq(again.front, shares.front);
				ck_assert_uint_le(targets + again.front + again.peers + again.dials,
					(size_t)limit - 40);
			}
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("descriptors");
	tcase_add_loop_test(tcase, the_limit_is_shared_out, 0, ROWS(good));
	tcase_add_loop_test(tcase, a_limit_that_is_too_low_is_refused, 0, ROWS(bad));
	tcase_add_test(tcase, shares_never_exceed_the_limit);
	return unit_run("engine/descriptors", tcase);
}
